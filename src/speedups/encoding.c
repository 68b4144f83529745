/* encoding.c: what goes out: messages as bytes of whatever holds them, and their bytes on the wire. */
#include "speedups.h"

/* ---------------------------------------------------------------- bytes of any kind */

int speedups_view_any(const State *state, PyObject *object, View *view) {
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

/* ---------------------------------------------------------------- one message */

/* Writes a message that must be copied through the encoder. */
static int encoding_copy(Framing *self, const View *view, Buffer *out) {
  const wt_framing *framing = &self->decoder.framing;
  if (speedups_room(out, wt_encoded_most(framing, view->size)) < 0) {
    return -1;
  }
  ptrdiff_t size = wt_encode(framing, view->bytes, view->size, out->bytes + out->used, out->capacity - out->used);
  out->used += size > 0 ? (size_t)size : 0;
  return 0;
}

/* Writes a message between what goes before and after it. The envelope's parts are copied at their full size, which
   compilers make a move or two of, into room that is there for it. */
static int encoding_wrap(const View *view, const wti_envelope_t *envelope, Buffer *out) {
  if (speedups_room(out, view->size + sizeof envelope->head + sizeof envelope->tail) < 0) {
    return -1;
  }
  char *at = out->bytes + out->used;
  memcpy(at, envelope->head, sizeof envelope->head);
  at += envelope->head_size;
  memcpy(at, view->bytes, view->size);
  at += view->size;
  memcpy(at, envelope->tail, sizeof envelope->tail);
  out->used += envelope->head_size + view->size + envelope->tail_size;
  return 0;
}

int speedups_append(Framing *self, PyObject *message, Buffer *out) {
  View view;
  if (speedups_view(self->state, message, &view) < 0) {
    return -1;
  }
  wti_envelope_t envelope;
  int copied = wti_envelope(&self->decoder.framing, view.bytes, view.size, &envelope);
  int appended = -1;
  if (copied < 0) {
    speedups_raise_refused(self, view.bytes, view.size);
  } else {
    appended = copied ? encoding_copy(self, &view, out) : encoding_wrap(&view, &envelope, out);
  }
  speedups_release(&view);
  return appended;
}

/* ---------------------------------------------------------------- bytes of their own */

/* Returns whether a message's size tells how many bytes it takes on the wire. */
static int encoding_is_exact(const Framing *self) {
  return self->decoder.framing.kind != WTI_SLIP && self->decoder.framing.kind != WTI_COBS;
}

/* Writes a message at `*at`, where there is room, and moves that. Returns 0, or -1 with an exception set. */
static int encoding_lay(Framing *self, const View *view, char **at, size_t room) {
  if (self->decoder.framing.kind == WTI_RAW) {
    memcpy(*at, view->bytes, view->size);
    *at += view->size;
    return 0;
  }
  ptrdiff_t written = wt_encode(&self->decoder.framing, view->bytes, view->size, *at, room);
  if (written < 0) {
    speedups_raise_refused(self, view->bytes, view->size);
    return -1;
  }
  *at += written;
  return 0;
}

static PyObject *encoding_one_exact(Framing *self, const View *view) {
  size_t size = wt_encoded_most(&self->decoder.framing, view->size);
  PyObject *wire = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
  char *at = wire == NULL ? NULL : PyBytes_AsString(wire);
  if (wire != NULL && encoding_lay(self, view, &at, size) < 0) {
    Py_CLEAR(wire);
  }
  return wire;
}

/* Lays down a list of bytes where they stay. */
static PyObject *encoding_all_exact(Framing *self, PyObject *messages) {
  Py_ssize_t count = PyList_Size(messages);
  size_t size = 0;
  for (Py_ssize_t i = 0; i < count; i++) {
    size_t more = wt_encoded_most(&self->decoder.framing, (size_t)Py_SIZE(PyList_GetItem(messages, i)));
    if (more > (size_t)PY_SSIZE_T_MAX - size) {
      return PyErr_NoMemory();
    }
    size += more;
  }
  PyObject *wire = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
  char *begin = wire == NULL ? NULL : PyBytes_AsString(wire);
  char *at = begin;
  for (Py_ssize_t i = 0; i < count && wire != NULL; i++) {
    PyObject *message = PyList_GetItem(messages, i);
    View view = {PyBytes_AsString(message), (size_t)Py_SIZE(message), NULL};
    if (encoding_lay(self, &view, &at, size - (size_t)(at - begin)) < 0) {
      Py_CLEAR(wire);
    }
  }
  return wire;
}

/* The same for what only the encoder tells the size of. */
static PyObject *encoding_all_copied(Framing *self, PyObject *messages) {
  Buffer out = speedups_take(&self->state->spare_out);
  Py_ssize_t count = PyList_Size(messages);
  Py_ssize_t done = 0;
  while (done < count && speedups_append(self, PyList_GetItem(messages, done), &out) == 0) {
    done++;
  }
  PyObject *wire = done == count ? PyBytes_FromStringAndSize(out.bytes, (Py_ssize_t)out.used) : NULL;
  speedups_give(&self->state->spare_out, &out, (size_t)self->state->read_bytes * 2);
  return wire;
}

/* ---------------------------------------------------------------- the methods */

PyObject *speedups_encode(PyObject *object, PyObject *message) {
  Framing *self = (Framing *)object;
  if (self->decoder.framing.kind == WTI_RAW && Py_IS_TYPE(message, &PyBytes_Type)) {
    return Py_NewRef(message);
  }
  PyObject *wire = NULL;
  if (encoding_is_exact(self)) {
    View view;
    if (speedups_view(self->state, message, &view) == 0) {
      wire = encoding_one_exact(self, &view);
      speedups_release(&view);
    }
    return wire;
  }
  Buffer out = speedups_take(&self->state->spare_out);
  if (speedups_append(self, message, &out) == 0) {
    wire = PyBytes_FromStringAndSize(out.bytes, (Py_ssize_t)out.used);
  }
  speedups_give(&self->state->spare_out, &out, (size_t)self->state->read_bytes * 2);
  return wire;
}

/* Returns a list of bytes alone. It is the caller's own, if that is such a list: no Python code runs while it is
   used. Else it is another, for what makes bytes of a message may run Python code, which could change the
   caller's. What is no bytes at all is refused before anything else is looked at. */
static PyObject *encoding_bytes_alone(const State *state, PyObject *messages) {
  Py_ssize_t count = PyList_CheckExact(messages) ? PyList_Size(messages) : -1;
  Py_ssize_t bytes = 0;
  while (bytes < count && Py_IS_TYPE(PyList_GetItem(messages, bytes), &PyBytes_Type)) {
    bytes++;
  }
  if (bytes == count) {
    return Py_NewRef(messages);
  }
  PyObject *own = PySequence_List(messages);
  count = own == NULL ? 0 : PyList_Size(own);
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *message = PyList_GetItem(own, i);
    if (!PyBytes_Check(message)) {
      message = PyObject_CallFunctionObjArgs(state->as_bytes, message, NULL);
      if (message == NULL || PyList_SetItem(own, i, message) < 0) {
        Py_CLEAR(own);
        break;
      }
    }
  }
  return own;
}

PyObject *speedups_encode_all(PyObject *object, PyObject *messages) {
  Framing *self = (Framing *)object;
  PyObject *bytes = encoding_bytes_alone(self->state, messages);
  if (bytes == NULL) {
    return NULL;
  }
  PyObject *wire = encoding_is_exact(self) ? encoding_all_exact(self, bytes) : encoding_all_copied(self, bytes);
  Py_DECREF(bytes);
  return wire;
}
