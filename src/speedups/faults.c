/* faults.c: what the decoder and the encoder refuse, as the exceptions of wiretalk.errors. The words are
   c/src/framing's, which are those of the framings in Python. */
#include "speedups.h"

/* Returns why, without the limit's name and value, which LimitError adds itself. */
static PyObject *faults_reason(const wt_error *error) {
  const char *end = error->code == WT_ELIMIT ? strstr(error->text, ": the limit ") : NULL;
  size_t size = end != NULL ? (size_t)(end - error->text) : strlen(error->text);
  return PyUnicode_FromStringAndSize(error->text, (Py_ssize_t)size);
}

/* Returns the arguments of the exception for an error, `by` whom: "us" or "peer"; and its type. Takes the reason. */
static PyObject *faults_arguments(Framing *self, const wt_error *error, PyObject *reason, const char *by,
                                  PyObject **type) {
  if (reason == NULL) {
    return NULL;
  }
  if (error->code == WT_ELIMIT) {
    *type = self->state->limit_error;
    return Py_BuildValue("(sONs)", "max_message_bytes", self->max_message_bytes, reason, by);
  }
  *type = self->state->malformed_error;
  return Py_BuildValue("(Ns)", reason, by);
}

/* Keeps what makes the fault again. Takes all three; `reason` may be NULL where the arguments make it. */
static int faults_keep(Framing *self, PyObject *type, PyObject *arguments, PyObject *reason) {
  if (arguments == NULL) {
    Py_XDECREF(reason);
    return -1;
  }
  self->fault_type = Py_NewRef(type);
  self->fault_args = arguments;
  self->fault_reason = reason;
  speedups_settle(self);
  return 0;
}

/* Returns the fault that is kept, as a new exception. */
static PyObject *faults_make(Framing *self) {
  PyObject *fault = PyObject_CallObject(self->fault_type, self->fault_args);
  if (fault != NULL && self->fault_reason != NULL &&
      PyObject_SetAttr(fault, self->state->name_reason, self->fault_reason) < 0) {
    Py_CLEAR(fault);
  }
  return fault;
}

static PyObject *faults_raise(Framing *self) {
  PyObject *fault = faults_make(self);
  if (fault != NULL) {
    PyErr_SetObject(self->fault_type, fault);
    Py_DECREF(fault);
  }
  return NULL;
}

PyObject *speedups_fault(Framing *self, PyObject *messages) {
  wt_error error;
  PyObject *type = NULL;
  wt_decoder_explain(&self->decoder, &error);
  PyObject *arguments = faults_arguments(self, &error, faults_reason(&error), "peer", &type);
  if (faults_keep(self, type, arguments, NULL) < 0) {
    return NULL;
  }
  PyObject *fault = faults_make(self);
  if (fault != NULL && PyObject_SetAttr(fault, self->state->name_messages, messages) < 0) {
    Py_CLEAR(fault);
  }
  return fault;
}

int speedups_check_fault(Framing *self) {
  if (self->fault_type == NULL) {
    return 0;
  }
  faults_raise(self);
  return -1;
}

PyObject *speedups_raise_cut(Framing *self, const wt_message *rest) {
  wt_error error;
  wt_decoder_explain(&self->decoder, &error);
  Py_ssize_t size = (Py_ssize_t)rest->size;
  unsigned long long have = self->decoder.fault_size;
  PyObject *arguments;
  if (self->decoder.fault_reason == WTI_CUT) {
    arguments = Py_BuildValue("(KOy#)", have, Py_None, rest->data, size);
  } else {
    arguments = Py_BuildValue("(KKy#)", have, (unsigned long long)self->decoder.need, rest->data, size);
  }
  /* The decoder holds the rest no longer than this. */
  self->decoder.held = 0;
  if (faults_keep(self, self->state->truncated_error, arguments, faults_reason(&error)) < 0) {
    return NULL;
  }
  return faults_raise(self);
}

void speedups_raise_refused(Framing *self, const char *message, size_t size) {
  wt_error error;
  PyObject *type = NULL;
  wt_encode_explain(&self->decoder.framing, message, size, &error);
  PyObject *arguments = faults_arguments(self, &error, faults_reason(&error), "us", &type);
  PyObject *refusal = arguments == NULL ? NULL : PyObject_CallObject(type, arguments);
  Py_XDECREF(arguments);
  if (refusal != NULL) {
    PyErr_SetObject(type, refusal);
    Py_DECREF(refusal);
  }
}
