/* answering.c: a function between what comes in and what goes out: bytes of the stream to messages, each message
   to the function, its answers to bytes. Twin of wiretalk.framing.answering, whose docstrings say what holds for
   both. How it goes round is in rounds.c. */
#include "speedups.h"

#include <structmember.h>

/* ---------------------------------------------------------------- its calls */

int speedups_answer_bytes(Answering *self, const char *data, size_t size, Buffer *out) {
  if (speedups_check_free(self->framing) < 0) {
    return -1;
  }
  Round round;
  speedups_begin_round(&round, self, out);
  round.at = data;
  round.end = data + size;
  if (speedups_check_fault(self->framing) < 0) {
    speedups_interrupt(&round, SPEEDUPS_FAULT);
    speedups_end_round(&round);
  } else if (speedups_go_round(&round, NULL) < 0) {
    return -1;
  }
  if (round.why == NULL) {
    Py_XDECREF(round.rest);
    return 0;
  }
  PyObject *told = speedups_told(&round);
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
  speedups_begin_round(&round, self, &out);
  round.list = messages;
  PyObject *told = NULL;
  if (speedups_go_round(&round, fault == Py_None ? NULL : fault) == 0) {
    told = speedups_told(&round);
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
    {"answer", speedups_answer, METH_O, "Take bytes as they arrived; return the answers to what they complete."},
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
