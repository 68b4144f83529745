/* framing.c: the types that bear the names of the framings in Python, and what comes in: feed and finish. */
#include "speedups.h"

#include <structmember.h>

/* By the order of State.framings: the type's name, its twin's module, and what wt_framing must be. raw:utf8 is not
   among them: what Python does for it is done once a read, and it need not copy what it passes on. */
static const struct {
  const char *name;
  const char *twin;
  uint8_t kind;
  int variant; /* -1: any */
} framing_types[SPEEDUPS_FRAMINGS] = {
    {"wiretalk._speedups.Raw", "wiretalk.framing.raw", WTI_RAW, 0},
    {"wiretalk._speedups.Line", "wiretalk.framing.line", WTI_LINE, 0},
    {"wiretalk._speedups.LineCrlf", "wiretalk.framing.line", WTI_LINE, 1},
    {"wiretalk._speedups.Delimiter", "wiretalk.framing.delimiter", WTI_DELIMITER, -1},
    {"wiretalk._speedups.Length", "wiretalk.framing.length", WTI_LENGTH, -1},
    {"wiretalk._speedups.Varint", "wiretalk.framing.varint", WTI_VARINT, -1},
    {"wiretalk._speedups.Netstring", "wiretalk.framing.netstring", WTI_NETSTRING, -1},
    {"wiretalk._speedups.Fixed", "wiretalk.framing.fixed", WTI_FIXED, -1},
    {"wiretalk._speedups.Slip", "wiretalk.framing.slip", WTI_SLIP, -1},
    {"wiretalk._speedups.Cobs", "wiretalk.framing.cobs", WTI_COBS, -1},
};

static const char *framing_short_name(int number) {
  return strrchr(framing_types[number].name, '.') + 1;
}

static int framing_number(const State *state, const PyTypeObject *type) {
  for (int i = 0; i < SPEEDUPS_FRAMINGS; i++) {
    if (state->framings[i] == type) {
      return i;
    }
  }
  return -1;
}

int speedups_is_framing(const State *state, PyObject *object) { return framing_number(state, Py_TYPE(object)) >= 0; }

/* ---------------------------------------------------------------- making */

/* Refuses a value with the words of the twin in Python, which refuses the same. */
static void framing_refuse(int number, PyObject *spec, PyObject *max_message_bytes) {
  PyObject *twin = PyImport_ImportModule(framing_types[number].twin);
  PyObject *made = NULL;
  if (twin != NULL) {
    made = PyObject_CallMethod(twin, framing_short_name(number), "OO", spec, max_message_bytes);
    Py_DECREF(twin);
  }
  if (made != NULL) {
    Py_DECREF(made);
    PyErr_Format(PyExc_ValueError, "%s cannot be made of %R", framing_short_name(number), spec);
  }
}

/* Reads the largest message's size. No message comes near what C cannot count. */
static int framing_read_limit(PyObject *number, size_t *most) {
  int overflow;
  long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
  if (overflow < 0 || (overflow == 0 && value < 0)) {
    PyErr_SetString(PyExc_OverflowError, "max_message_bytes cannot be negative");
    return -1;
  }
  *most = overflow > 0 || value > PY_SSIZE_T_MAX ? (size_t)PY_SSIZE_T_MAX : (size_t)value;
  return 0;
}

/* Reads a specification. Returns 0, or -1 with an exception set. */
static int framing_parse(Framing *self, int number) {
  size_t most;
  if (framing_read_limit(self->max_message_bytes, &most) < 0) {
    return -1;
  }
  wt_framing framing;
  const char *text = PyUnicode_AsUTF8AndSize(self->spec, NULL);
  if (text == NULL) {
    PyErr_Clear();
  } else if (wt_framing_parse(&framing, text, most, NULL) == 0 && framing.kind == framing_types[number].kind &&
             (framing_types[number].variant < 0 || framing.variant == framing_types[number].variant)) {
    framing.max_message = most; /* 0 is a limit here */
    wt_decoder_init(&self->decoder, &framing, NULL, 0);
    return 0;
  }
  framing_refuse(number, self->spec, self->max_message_bytes);
  return -1;
}

static PyObject *framing_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  static char *names[] = {"spec", "max_message_bytes", NULL};
  PyObject *spec, *max_message_bytes;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "UO!:Framing", names, &spec, &PyLong_Type,
                                   &max_message_bytes)) {
    return NULL;
  }
  State *state = speedups_state(type);
  Framing *self = state == NULL ? NULL : (Framing *)PyType_GenericAlloc(type, 0);
  if (self == NULL) {
    return NULL;
  }
  self->state = state;
  self->spec = Py_NewRef(spec);
  self->max_message_bytes = Py_NewRef(max_message_bytes);
  if (framing_parse(self, framing_number(state, type)) < 0) {
    Py_DECREF(self);
    return NULL;
  }
  return (PyObject *)self;
}

static void framing_dealloc(PyObject *object) {
  Framing *self = (Framing *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyMem_Free(self->decoder.buffer);
  Py_XDECREF(self->spec);
  Py_XDECREF(self->max_message_bytes);
  Py_XDECREF(self->fault_type);
  Py_XDECREF(self->fault_args);
  Py_XDECREF(self->fault_reason);
  PyObject_Free(object);
  Py_DECREF(type);
}

static PyObject *framing_repr(PyObject *object) {
  Framing *self = (Framing *)object;
  int number = framing_number(self->state, Py_TYPE(object));
  return PyUnicode_FromFormat("<%s %U max_message_bytes=%S>", framing_short_name(number), self->spec,
                              self->max_message_bytes);
}

/* ---------------------------------------------------------------- the buffer */

/* Gives the decoder this much room. */
static int framing_grow(Framing *self, size_t room) {
  void *buffer = PyMem_Realloc(self->decoder.buffer, room);
  if (buffer == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  /* What is held has moved along. */
  self->decoder.buffer = buffer;
  wt_decoder_rebuffer(&self->decoder, buffer, room);
  return 0;
}

void speedups_settle(Framing *self) {
  if (self->decoder.buffer != NULL && self->decoder.held == 0) {
    PyMem_Free(self->decoder.buffer);
    self->decoder.buffer = NULL;
    self->decoder.capacity = 0;
  }
}

/* ---------------------------------------------------------------- decoding */

int speedups_next(Framing *self, const char **at, const char *end, wt_message *message) {
  for (;;) {
    ptrdiff_t taken = wt_decode(&self->decoder, *at, (size_t)(end - *at), message);
    if (taken > 0) {
      *at += taken;
      return 1;
    }
    if (taken == 0) {
      *at = end;
      return 0;
    }
    if (taken != WT_EROOM) {
      return -1;
    }
    if (framing_grow(self, wt_decoder_room(&self->decoder)) < 0) {
      return -2;
    }
  }
}

int speedups_rest(Framing *self, const char **at, const char *end, PyObject *messages) {
  wt_message message;
  int found;
  while ((found = speedups_next(self, at, end, &message)) > 0) {
    PyObject *bytes = PyBytes_FromStringAndSize(message.data, (Py_ssize_t)message.size);
    int appended = bytes == NULL ? -1 : PyList_Append(messages, bytes);
    Py_XDECREF(bytes);
    if (appended < 0) {
      return -2;
    }
  }
  speedups_settle(self);
  return found;
}

int speedups_check_free(const Framing *self) {
  if (self->busy) {
    PyErr_SetString(PyExc_RuntimeError, "a reply function cannot feed the stream whose message it answers");
    return -1;
  }
  return 0;
}

static PyObject *framing_feed_bytes(Framing *self, const char *data, size_t size) {
  PyObject *messages = PyList_New(0);
  if (messages == NULL) {
    return NULL;
  }
  const char *at = data;
  int found = speedups_rest(self, &at, data + size, messages);
  if (found == -1) {
    PyObject *fault = speedups_fault(self, messages);
    if (fault != NULL) {
      PyErr_SetObject((PyObject *)Py_TYPE(fault), fault);
      Py_DECREF(fault);
    }
  }
  if (found < 0) {
    Py_CLEAR(messages);
  }
  return messages;
}

/* Returns what raw framing makes of one read: itself. */
static PyObject *framing_whole(PyObject *data, Py_ssize_t size) {
  return size > 0 ? Py_BuildValue("[O]", data) : PyList_New(0);
}

static PyObject *framing_feed(PyObject *object, PyObject *data) {
  Framing *self = (Framing *)object;
  if (speedups_check_free(self) < 0 || speedups_check_fault(self) < 0) {
    return NULL;
  }
  const wt_framing *framing = &self->decoder.framing;
  if (PyBytes_CheckExact(data)) {
    Py_ssize_t size = PyBytes_Size(data);
    if (framing->kind == WTI_RAW && framing->variant == 0 && (size_t)size <= framing->max_message) {
      return framing_whole(data, size);
    }
    return framing_feed_bytes(self, PyBytes_AsString(data), (size_t)size);
  }
  Py_buffer view;
  if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
    return NULL;
  }
  PyObject *messages = framing_feed_bytes(self, view.buf, (size_t)view.len);
  PyBuffer_Release(&view);
  return messages;
}

static PyObject *framing_finish(PyObject *object, PyObject *unused) {
  (void)unused;
  Framing *self = (Framing *)object;
  if (speedups_check_free(self) < 0 || speedups_check_fault(self) < 0) {
    return NULL;
  }
  /* What is known of an unfinished message but not held yet shall have room behind what is. */
  size_t held = self->decoder.held;
  if (held > 0 && framing_grow(self, held + sizeof self->decoder.head) < 0) {
    return NULL;
  }
  wt_message rest;
  if (wt_decode_end(&self->decoder, &rest, NULL) < 0) {
    return speedups_raise_cut(self, &rest);
  }
  return PyList_New(0);
}

/* ---------------------------------------------------------------- the types */

static PyMethodDef framing_methods[] = {
    {"feed", framing_feed, METH_O, "Take bytes as they arrived; return the messages they complete, in order."},
    {"finish", framing_finish, METH_NOARGS, "Take the end of the stream; return the messages that it completes."},
    {"encode", speedups_encode, METH_O, "Return the wire bytes of one message."},
    {"encode_all", speedups_encode_all, METH_O, "Return the wire bytes of many messages; all of them, or an error."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef framing_members[] = {
    {"spec", T_OBJECT, offsetof(Framing, spec), READONLY, "What made it, as the user wrote it."},
    {"max_message_bytes", T_OBJECT, offsetof(Framing, max_message_bytes), READONLY, "The largest message."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot framing_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)framing_new},
    {Py_tp_dealloc, (void *)(uintptr_t)framing_dealloc},
    {Py_tp_repr, (void *)(uintptr_t)framing_repr},
    {Py_tp_methods, framing_methods},
    {Py_tp_members, framing_members},
    {0, NULL},
};

/* Adds `FRAMINGS`, all of the types, for whoever asks whether a framing is one of ours. */
static int framing_add_all(PyObject *module, const State *state) {
  PyObject *all = PyTuple_New(SPEEDUPS_FRAMINGS);
  for (Py_ssize_t i = 0; i < SPEEDUPS_FRAMINGS && all != NULL; i++) {
    if (PyTuple_SetItem(all, i, Py_NewRef((PyObject *)state->framings[i])) < 0) {
      Py_CLEAR(all);
    }
  }
  int added = all == NULL ? -1 : PyModule_AddObjectRef(module, "FRAMINGS", all);
  Py_XDECREF(all);
  return added;
}

int speedups_add_framings(PyObject *module, State *state) {
  PyObject *base = PyImport_ImportModule("wiretalk.framing.base");
  PyObject *abstract = base == NULL ? NULL : PyObject_GetAttrString(base, "Framing");
  Py_XDECREF(base);
  int added = abstract == NULL ? -1 : 0;
  for (int i = 0; i < SPEEDUPS_FRAMINGS && added == 0; i++) {
    PyType_Spec spec = {framing_types[i].name, sizeof(Framing), 0, Py_TPFLAGS_DEFAULT, framing_slots};
    state->framings[i] = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    if (state->framings[i] == NULL || PyModule_AddType(module, state->framings[i]) < 0) {
      added = -1;
      break;
    }
    PyObject *registered = PyObject_CallMethod(abstract, "register", "O", state->framings[i]);
    added = registered == NULL ? -1 : 0;
    Py_XDECREF(registered);
  }
  Py_XDECREF(abstract);
  return added < 0 ? -1 : framing_add_all(module, state);
}
