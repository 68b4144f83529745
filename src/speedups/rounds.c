/* rounds.c: one call of an answering: batch after batch, the messages are taken, handed to the function, and its
   answers encoded, until there are no more or something interrupts. */
#include "speedups.h"

/* As an initializer would, but for the answers: this is the hot path. */
void speedups_begin_round(Round *round, Answering *self, Buffer *out) {
  round->self = self;
  round->at = round->end = NULL;
  round->list = NULL;
  round->index = 0;
  round->arguments = self->state->spare_arguments;
  self->state->spare_arguments = NULL;
  round->count = 0;
  round->out = out;
  round->why = NULL;
  round->error = round->rest = NULL;
}

/* ---------------------------------------------------------------- interruptions */

/* Returns the exception that is set, and clears it. */
static PyObject *round_caught(void) {
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
void speedups_interrupt(Round *round, const char *why) {
  PyObject *error = round_caught();
  Py_XDECREF(round->error);
  round->error = error;
  round->why = why;
}

/* Takes what is left of the messages: `rest` holds them, and `error` the fault behind them. Returns 0, or -1 with an
   exception set. */
static int round_take_rest(Round *round) {
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

/* Takes what is left of the bytes, so that the stream could go on behind them, and drops it: after a failure
   nothing more is answered. */
static int round_drop_rest(Round *round) {
  PyObject *error = round->error;
  round->error = NULL;
  int dropped = round->list != NULL ? 0 : round_take_rest(round);
  Py_XDECREF(round->error);
  round->error = error;
  Py_CLEAR(round->rest);
  return dropped;
}

/* ---------------------------------------------------------------- a batch */

/* Returns 1 and the next message, 0, or -1 and -2 as speedups_next does. */
static int round_next(Round *round, PyObject **bytes) {
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

/* Calls the function with a message, which is taken. The limited API of 3.11 has no faster call than that with a
   tuple, if the tuple is made once: it serves again, unless somebody has kept it. */
static PyObject *round_call(Round *round, PyObject *bytes) {
  if (round->arguments == NULL || Py_REFCNT(round->arguments) != 1) {
    Py_XDECREF(round->arguments);
    round->arguments = PyTuple_New(1);
  }
  if (round->arguments == NULL) {
    Py_DECREF(bytes);
    return NULL;
  }
  if (PyTuple_SetItem(round->arguments, 0, bytes) < 0) {
    return NULL;
  }
  return PyObject_Call(round->self->reply, round->arguments, NULL);
}

/* Keeps the tuple for the next round, but nothing in it. */
void speedups_end_round(Round *round) {
  PyObject **spare = &round->self->state->spare_arguments;
  PyObject *arguments = round->arguments;
  round->arguments = NULL;
  if (arguments != NULL && Py_REFCNT(arguments) == 1 && *spare == NULL &&
      PyTuple_SetItem(arguments, 0, Py_NewRef(Py_None)) == 0) {
    *spare = arguments;
  } else {
    Py_XDECREF(arguments);
  }
}

/* Hands a batch of messages to the function. Returns as round_next for the last of them; -2 may be the function's
   own failure, and `why` says so then. */
static int round_ask(Round *round) {
  Answering *self = round->self;
  PyObject *bytes;
  int found = 1;
  for (Py_ssize_t asked = 0; asked < self->state->reply_batch; asked++) {
    found = round_next(round, &bytes);
    if (found <= 0) {
      return found;
    }
    self->received++;
    PyObject *answer = round_call(round, bytes);
    if (answer == NULL) {
      speedups_interrupt(round, SPEEDUPS_REPLY);
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
static void round_encode(Round *round) {
  Answering *self = round->self;
  Py_ssize_t done = 0;
  while (done < round->count && speedups_append(self->framing, round->answers[done], round->out) == 0) {
    done++;
  }
  self->sent += done;
  if (done < round->count) {
    speedups_interrupt(round, SPEEDUPS_ANSWER);
  }
  while (round->count > 0) {
    Py_DECREF(round->answers[--round->count]);
  }
}

/* Answers batch after batch. Returns 0, interrupted or not, or -1 with an exception set. */
static int round_all(Round *round, PyObject *fault) {
  Answering *self = round->self;
  for (;;) {
    int found = round_ask(round);
    if (found == -2 && round->why == NULL) {
      return -1;
    }
    round_encode(round);
    if (round->why != NULL) {
      return round_drop_rest(round);
    }
    if (found == 0) {
      break;
    }
    if (found == -1) {
      round->rest = PyList_New(0);
      round->error = round->rest == NULL ? NULL : speedups_fault(self->framing, round->rest);
      round->why = SPEEDUPS_FAULT;
      return round->error != NULL ? 0 : -1;
    }
    if (round->out->used > (size_t)self->state->read_bytes) {
      if (round_take_rest(round) < 0) {
        return -1;
      }
      if (PyList_Size(round->rest) > 0) {
        round->why = "";
      } else if (round->error != NULL) {
        round->why = SPEEDUPS_FAULT;
      }
      break;
    }
  }
  if (fault != NULL && round->error == NULL) {
    round->error = Py_NewRef(fault);
    round->why = round->why != NULL ? round->why : SPEEDUPS_FAULT;
  }
  return 0;
}

/* Begins, goes round, and ends; an order to leave (KeyboardInterrupt, SystemExit) is no interruption but raised. */
int speedups_go_round(Round *round, PyObject *fault) {
  Framing *framing = round->self->framing;
  char busy = framing->busy;
  framing->busy = 1;
  int done = round_all(round, fault);
  framing->busy = busy;
  while (round->count > 0) {
    Py_DECREF(round->answers[--round->count]);
  }
  speedups_end_round(round);
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
PyObject *speedups_told(Round *round) {
  PyObject *error = round->error != NULL ? round->error : Py_NewRef(Py_None);
  PyObject *rest = round->rest != NULL ? round->rest : PyList_New(0);
  round->error = round->rest = NULL;
  const char *bytes = round->out->bytes != NULL ? round->out->bytes : "";
  const char *why = round->why != NULL ? round->why : "";
  PyObject *told = Py_BuildValue("(y#sNN)", bytes, (Py_ssize_t)round->out->used, why, error, rest);
  round->out->used = 0;
  return told;
}
