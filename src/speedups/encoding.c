/* encoding.c: what goes out: messages as bytes of whatever holds them, and their bytes on the wire. */
#include "speedups.h"

/* ---------------------------------------------------------------- bytes of any kind */

int speedups_view(const State *state, PyObject *object, View *view) {
  view->owner = NULL;
  if (!PyBytes_Check(object)) {
    view->owner = PyObject_CallFunctionObjArgs(state->as_bytes, object, NULL);
    if (view->owner == NULL) {
      return -1;
    }
    object = view->owner;
  }
  char *bytes;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(object, &bytes, &size) < 0) {
    Py_CLEAR(view->owner);
    return -1;
  }
  view->bytes = bytes;
  view->size = (size_t)size;
  return 0;
}

void speedups_release(View *view) { Py_CLEAR(view->owner); }

/* ---------------------------------------------------------------- one message */

int speedups_append(Framing *self, PyObject *message, Buffer *out) {
  View view;
  if (speedups_view(self->state, message, &view) < 0) {
    return -1;
  }
  const wt_framing *framing = &self->decoder.framing;
  int appended = speedups_room(out, wt_encoded_most(framing, view.size));
  if (appended == 0) {
    ptrdiff_t size = wt_encode(framing, view.bytes, view.size, out->bytes + out->used, out->capacity - out->used);
    if (size >= 0) {
      out->used += (size_t)size;
    } else {
      speedups_raise_refused(self, view.bytes, view.size);
      appended = -1;
    }
  }
  speedups_release(&view);
  return appended;
}

/* Returns one message's bytes on the wire, laid down where they stay. */
static PyObject *encoding_exact(Framing *self, const View *view) {
  wti_envelope_t envelope;
  int copied = wti_envelope(&self->decoder.framing, view->bytes, view->size, &envelope);
  if (copied < 0) {
    speedups_raise_refused(self, view->bytes, view->size);
    return NULL;
  }
  size_t size = envelope.head_size + view->size + envelope.tail_size;
  PyObject *wire = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
  if (wire != NULL) {
    char *at = PyBytes_AsString(wire);
    memcpy(at, envelope.head, envelope.head_size);
    memcpy(at + envelope.head_size, view->bytes, view->size);
    memcpy(at + envelope.head_size + view->size, envelope.tail, envelope.tail_size);
  }
  return wire;
}

PyObject *speedups_encode(PyObject *object, PyObject *message) {
  Framing *self = (Framing *)object;
  uint8_t kind = self->decoder.framing.kind;
  if (kind == WTI_RAW && PyBytes_CheckExact(message)) {
    return Py_NewRef(message);
  }
  PyObject *wire = NULL;
  if (kind == WTI_SLIP || kind == WTI_COBS) {
    Buffer out = speedups_take(&self->state->spare_out);
    if (speedups_append(self, message, &out) == 0) {
      wire = PyBytes_FromStringAndSize(out.bytes, (Py_ssize_t)out.used);
    }
    speedups_give(&self->state->spare_out, &out, (size_t)self->state->read_bytes);
    return wire;
  }
  View view;
  if (speedups_view(self->state, message, &view) == 0) {
    wire = encoding_exact(self, &view);
    speedups_release(&view);
  }
  return wire;
}

/* ---------------------------------------------------------------- many */

/* Returns a list of our own with bytes alone in it: what makes bytes of a message may run Python code, and that could
   change the caller's list. What is no bytes at all is refused before anything else is looked at. */
static PyObject *encoding_own(const State *state, PyObject *messages) {
  PyObject *own = PySequence_List(messages);
  Py_ssize_t count = own == NULL ? 0 : PyList_Size(own);
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *message = PyList_GetItem(own, i);
    if (!PyBytes_Check(message)) {
      PyObject *bytes = PyObject_CallFunctionObjArgs(state->as_bytes, message, NULL);
      if (bytes == NULL || PyList_SetItem(own, i, bytes) < 0) {
        Py_CLEAR(own);
        break;
      }
    }
  }
  return own;
}

PyObject *speedups_encode_all(PyObject *object, PyObject *messages) {
  Framing *self = (Framing *)object;
  PyObject *own = encoding_own(self->state, messages);
  if (own == NULL) {
    return NULL;
  }
  Buffer out = speedups_take(&self->state->spare_out);
  Py_ssize_t count = PyList_Size(own);
  Py_ssize_t done = 0;
  while (done < count && speedups_append(self, PyList_GetItem(own, done), &out) == 0) {
    done++;
  }
  PyObject *wire = done == count ? PyBytes_FromStringAndSize(out.bytes, (Py_ssize_t)out.used) : NULL;
  speedups_give(&self->state->spare_out, &out, (size_t)self->state->read_bytes);
  Py_DECREF(own);
  return wire;
}
