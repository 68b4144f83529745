/* answering.c: a function between what comes in and what goes out: bytes of the stream to messages, each message to the
   function, its answers to bytes. Twin of wiretalk.framing.answering, whose docstrings say what holds for both. */
#include "speedups.h"

#include <structmember.h>

/* Why the answering was interrupted, in the words that the owner is told. */
#define ANSWERING_FAULT "fault"   /* the stream is broken */
#define ANSWERING_REPLY "reply"   /* the function failed */
#define ANSWERING_ANSWER "answer" /* an answer cannot be sent */

/* One call: where its messages come from, the answers of one batch, and what has interrupted it. */
typedef struct {
  Answering *self;
  const char *at, *end; /* bytes of the stream … */
  PyObject *list;       /* … or a list of messages, from `index` on */
  Py_ssize_t index;
  PyObject *arguments; /* of the function */
  PyObject *answers[SPEEDUPS_BATCH];
  Py_ssize_t count; /* of answers */
  Buffer *out;
  const char *why; /* NULL: not interrupted */
  PyObject *error; /* what is behind that, or NULL */
  PyObject *rest;  /* messages not yet asked for, or NULL */
} Round;

/* As an initializer would, but for the answers: this is the hot path. */
static void answering_begin(Round *round, Answering *self, Buffer *out) {
  round->self = self;
  round->at = round->end = NULL;
  round->list = NULL;
  round->index = 0;
  round->arguments = NULL;
  round->count = 0;
  round->out = out;
  round->why = NULL;
  round->error = round->rest = NULL;
}

/* ---------------------------------------------------------------- interruptions */

/* Returns the exception that is set, and clears it. */
static PyObject *answering_caught(void) {
  PyObject *type, *error, *trace;
  PyErr_Fetch(&type, &error, &trace);
  PyErr_NormalizeException(&type, &error, &trace);
  if (trace != NULL && error != NULL) {
    PyException_SetTraceback(error, trace);
  }
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return error;
}

/* Interrupts for the exception that is set; the first one counts. */
static void answering_interrupt(Round *round, const char *why) {
  PyObject *error = answering_caught();
  Py_XDECREF(round->error);
  round->error = error;
  round->why = why;
}

/* Takes what is left of the messages: `rest` holds them, and `error` the fault behind them. Returns 0, or -1 with an
   exception set. */
static int answering_take_rest(Round *round) {
  if (round->list != NULL) {
    round->rest = PyList_GetSlice(round->list, round->index, PyList_Size(round->list));
    return round->rest != NULL ? 0 : -1;
  }
  round->rest = PyList_New(0);
  if (round->rest == NULL) {
    return -1;
  }
  Framing *framing = round->self->framing;
  int found = speedups_rest(framing, &round->at, round->end, round->rest);
  if (found == -1) {
    round->error = speedups_fault(framing, round->rest);
  }
  return found == -2 || (found == -1 && round->error == NULL) ? -1 : 0;
}

/* Takes what is left of the bytes, so that the stream could go on behind them, and drops it: after a failure nothing more
   is answered. */
static int answering_drop_rest(Round *round) {
  PyObject *error = round->error;
  round->error = NULL;
  int dropped = round->list != NULL ? 0 : answering_take_rest(round);
  Py_XDECREF(round->error);
  round->error = error;
  Py_CLEAR(round->rest);
  return dropped;
}

/* ---------------------------------------------------------------- a batch */

/* Returns 1 and the next message, 0, or -1 and -2 as speedups_next does. */
static int answering_next(Round *round, PyObject **bytes) {
  if (round->list != NULL) {
    if (round->index >= PyList_Size(round->list)) {
      return 0;
    }
    *bytes = Py_NewRef(PyList_GetItem(round->list, round->index++));
    return 1;
  }
  wt_message message;
  int found = speedups_next(round->self->framing, &round->at, round->end, &message);
  if (found > 0) {
    *bytes = PyBytes_FromStringAndSize(message.data, (Py_ssize_t)message.size);
    found = *bytes != NULL ? 1 : -2;
  }
  return found;
}

/* Calls the function with a message, which is taken. The limited API of 3.11 has no faster call than that with a tuple, if
   the tuple is made once: it serves again unless somebody has kept it. */
static PyObject *answering_call(Round *round, PyObject *bytes) {
  if (round->arguments != NULL && Py_REFCNT(round->arguments) != 1) {
    Py_CLEAR(round->arguments);
  }
  if (round->arguments == NULL) {
    round->arguments = PyTuple_New(1);
    if (round->arguments == NULL) {
      Py_DECREF(bytes);
      return NULL;
    }
  }
  if (PyTuple_SetItem(round->arguments, 0, bytes) < 0) {
    return NULL;
  }
  return PyObject_Call(round->self->reply, round->arguments, NULL);
}

/* Hands a batch of messages to the function. Returns as answering_next for the last of them; -2 may be the function's
   own failure, and `why` says so then. */
static int answering_ask(Round *round) {
  Answering *self = round->self;
  PyObject *bytes;
  int found = 1;
  for (Py_ssize_t asked = 0; asked < self->state->reply_batch; asked++) {
    found = answering_next(round, &bytes);
    if (found <= 0) {
      return found;
    }
    self->received++;
    PyObject *answer = answering_call(round, bytes);
    if (answer == NULL) {
      answering_interrupt(round, ANSWERING_REPLY);
      return -2;
    }
    if (answer == Py_None) {
      Py_DECREF(answer);
    } else {
      round->answers[round->count++] = answer;
    }
  }
  return found;
}

/* Encodes the answers of a batch, as far as they can be sent, and lets go of them. */
static void answering_encode(Round *round) {
  Answering *self = round->self;
  Py_ssize_t done = 0;
  while (done < round->count && speedups_append(self->framing, round->answers[done], round->out) == 0) {
    done++;
  }
  self->sent += done;
  if (done < round->count) {
    answering_interrupt(round, ANSWERING_ANSWER);
  }
  while (round->count > 0) {
    Py_DECREF(round->answers[--round->count]);
  }
}

/* Answers batch after batch. Returns 0, interrupted or not, or -1 with an exception set. */
static int answering_rounds(Round *round, PyObject *fault) {
  Answering *self = round->self;
  for (;;) {
    int found = answering_ask(round);
    if (found == -2 && round->why == NULL) {
      return -1;
    }
    answering_encode(round);
    if (round->why != NULL) {
      return answering_drop_rest(round);
    }
    if (found == 0) {
      break;
    }
    if (found == -1) {
      round->rest = PyList_New(0);
      round->error = round->rest == NULL ? NULL : speedups_fault(self->framing, round->rest);
      round->why = ANSWERING_FAULT;
      return round->error != NULL ? 0 : -1;
    }
    if (round->out->used > (size_t)self->state->read_bytes) {
      if (answering_take_rest(round) < 0) {
        return -1;
      }
      if (PyList_Size(round->rest) > 0) {
        round->why = "";
      } else if (round->error != NULL) {
        round->why = ANSWERING_FAULT;
      }
      break;
    }
  }
  if (fault != NULL && round->error == NULL) {
    round->error = Py_NewRef(fault);
    round->why = round->why != NULL ? round->why : ANSWERING_FAULT;
  }
  return 0;
}

/* Begins, goes round, and ends; an order to leave (KeyboardInterrupt, SystemExit) is no interruption but raised. */
static int answering_go(Round *round, PyObject *fault) {
  Framing *framing = round->self->framing;
  char busy = framing->busy;
  framing->busy = 1;
  int done = answering_rounds(round, fault);
  framing->busy = busy;
  while (round->count > 0) {
    Py_DECREF(round->answers[--round->count]);
  }
  Py_CLEAR(round->arguments);
  speedups_settle(framing);
  if (done == 0 && round->error != NULL && !PyObject_IsInstance(round->error, PyExc_Exception)) {
    PyErr_SetObject((PyObject *)Py_TYPE(round->error), round->error);
    done = -1;
  }
  if (done < 0) {
    Py_CLEAR(round->error);
    Py_CLEAR(round->rest);
  }
  return done;
}

/* Returns what interrupted: the answers so far, why, the error or None, and what is left. */
static PyObject *answering_told(Round *round) {
  PyObject *error = round->error != NULL ? round->error : Py_NewRef(Py_None);
  PyObject *rest = round->rest != NULL ? round->rest : PyList_New(0);
  round->error = round->rest = NULL;
  const char *bytes = round->out->bytes != NULL ? round->out->bytes : "";
  const char *why = round->why != NULL ? round->why : "";
  PyObject *told = Py_BuildValue("(y#sNN)", bytes, (Py_ssize_t)round->out->used, why, error, rest);
  round->out->used = 0;
  return told;
}

/* ---------------------------------------------------------------- its calls */

int speedups_answer_bytes(Answering *self, const char *data, size_t size, Buffer *out) {
  if (speedups_check_free(self->framing) < 0) {
    return -1;
  }
  Round round;
  answering_begin(&round, self, out);
  round.at = data;
  round.end = data + size;
  if (speedups_check_fault(self->framing) < 0) {
    answering_interrupt(&round, ANSWERING_FAULT);
  } else if (answering_go(&round, NULL) < 0) {
    return -1;
  }
  if (round.why == NULL) {
    Py_XDECREF(round.rest);
    return 0;
  }
  PyObject *told = answering_told(&round);
  PyObject *interrupted = told == NULL ? NULL : PyObject_GetAttr(self->owner, self->state->name_interrupted);
  PyObject *done = interrupted == NULL ? NULL : PyObject_CallObject(interrupted, told);
  Py_XDECREF(told);
  Py_XDECREF(interrupted);
  Py_XDECREF(done);
  return done != NULL ? 0 : -1;
}

PyObject *speedups_answer(PyObject *object, PyObject *data) {
  Answering *self = (Answering *)object;
  Py_buffer view;
  if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
    return NULL;
  }
  Buffer out = speedups_take(&self->state->spare_out);
  PyObject *wire = NULL;
  if (speedups_answer_bytes(self, view.buf, (size_t)view.len, &out) == 0) {
    wire = out.used > 0 ? PyBytes_FromStringAndSize(out.bytes, (Py_ssize_t)out.used) : Py_NewRef(Py_None);
  }
  speedups_give(&self->state->spare_out, &out, (size_t)self->state->read_bytes * 2);
  PyBuffer_Release(&view);
  return wire;
}

static PyObject *answering_ask_all(PyObject *object, PyObject *arguments) {
  Answering *self = (Answering *)object;
  PyObject *messages, *fault = Py_None;
  if (!PyArg_ParseTuple(arguments, "O!|O:ask", &PyList_Type, &messages, &fault)) {
    return NULL;
  }
  Buffer out = speedups_take(&self->state->spare_out);
  Round round;
  answering_begin(&round, self, &out);
  round.list = messages;
  PyObject *told = NULL;
  if (answering_go(&round, fault == Py_None ? NULL : fault) == 0) {
    told = answering_told(&round);
  }
  speedups_give(&self->state->spare_out, &out, (size_t)self->state->read_bytes * 2);
  return told;
}

/* ---------------------------------------------------------------- the type */

static PyObject *answering_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  static char *names[] = {"framing", "reply", "owner", NULL};
  PyObject *framing, *reply, *owner;
  State *state = speedups_state(type);
  if (state == NULL ||
      !PyArg_ParseTupleAndKeywords(arguments, keywords, "OOO:Answering", names, &framing, &reply, &owner)) {
    return NULL;
  }
  if (!speedups_is_framing(state, framing)) {
    PyErr_SetString(PyExc_TypeError, "this Answering is for the framings of wiretalk._speedups alone");
    return NULL;
  }
  Answering *self = (Answering *)PyType_GenericAlloc(type, 0);
  if (self != NULL) {
    self->state = state;
    self->framing = (Framing *)Py_NewRef(framing);
    self->reply = Py_NewRef(reply);
    self->owner = Py_NewRef(owner);
  }
  return (PyObject *)self;
}

static int answering_traverse(PyObject *object, visitproc visit, void *arg) {
  Answering *self = (Answering *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->framing);
  Py_VISIT(self->reply);
  Py_VISIT(self->owner);
  return 0;
}

static int answering_clear(PyObject *object) {
  Answering *self = (Answering *)object;
  Py_CLEAR(self->framing);
  Py_CLEAR(self->reply);
  Py_CLEAR(self->owner);
  return 0;
}

static void answering_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  answering_clear(object);
  PyObject_GC_Del(object);
  Py_DECREF(type);
}

static PyMethodDef answering_methods[] = {
    {"answer", speedups_answer, METH_O, "Take bytes as they arrived; return the answers to the messages they complete."},
    {"ask", answering_ask_all, METH_VARARGS, "Return the answers to messages, and what interrupted the answering."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef answering_members[] = {
    {"received", T_PYSSIZET, offsetof(Answering, received), READONLY, "Messages handed to the function so far."},
    {"sent", T_PYSSIZET, offsetof(Answering, sent), READONLY, "Answers made ready to be sent so far."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot answering_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)answering_new},
    {Py_tp_dealloc, (void *)(uintptr_t)answering_dealloc},
    {Py_tp_traverse, (void *)(uintptr_t)answering_traverse},
    {Py_tp_clear, (void *)(uintptr_t)answering_clear},
    {Py_tp_methods, answering_methods},
    {Py_tp_members, answering_members},
    {0, NULL},
};

static PyType_Spec answering_spec = {
    .name = "wiretalk._speedups.Answering",
    .basicsize = sizeof(Answering),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = answering_slots,
};

int speedups_add_answering(PyObject *module, State *state) {
  state->answering = (PyTypeObject *)PyType_FromModuleAndSpec(module, &answering_spec, NULL);
  return state->answering == NULL ? -1 : PyModule_AddType(module, state->answering);
}
