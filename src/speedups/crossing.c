/* crossing.c: where the bytes of a stream socket cross between the kernel and us: one recv a wake-up, one send a
   write. Twin of wiretalk.transport.crossing; what both have in common, and when to give up, is written in Python
   on top. */
#include "speedups.h"

#include <errno.h>
#include <structmember.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* Python has SIGPIPE ignored */
#endif

/* No socket's calls wait, so the interpreter's lock is not let go of for them: asking for it again would cost
   more, and wait for who holds it then. */

typedef struct {
  PyObject_HEAD
  State *state;
  PyObject *sink;       /* None once it is over */
  PyObject *take;       /* the sink's `data`, which is asked for once; NULL: not yet */
  Answering *answering; /* whose method that is, if it is one of ours */
  PyObject *broken;     /* why nothing can be sent any more, or None */
  int fd;
  char reading, finishing, closing;
  Py_ssize_t backlog_bytes;
  unsigned long long wire_received, wire_sent;
  PyObject *sock;
} Crossing;

/* ---------------------------------------------------------------- what Python may have set or deleted */

static int crossing_is_none(const PyObject *object) { return object == NULL || object == Py_None; }

/* Returns 0, or -1 with RuntimeError set where a type on top has not called our __init__. */
static int crossing_check_made(const Crossing *self) {
  if (self->state == NULL) {
    PyErr_SetString(PyExc_RuntimeError, "this Crossing has not been made: call its __init__");
    return -1;
  }
  return 0;
}

/* ---------------------------------------------------------------- calls of what is written on top */

/* Calls a method of ours with one argument, which is taken (NULL where an exception is set), or none. */
static int crossing_call(Crossing *self, PyObject *name, PyObject *argument, int with) {
  if (with && argument == NULL) {
    return -1;
  }
  PyObject *done = PyObject_CallMethodObjArgs((PyObject *)self, name, with ? argument : NULL, NULL);
  Py_XDECREF(argument);
  Py_XDECREF(done);
  return done != NULL ? 0 : -1;
}

/* Calls such a method with the OSError of a call that has failed. */
static int crossing_call_with_errno(Crossing *self, PyObject *name, int number) {
  errno = number;
  PyErr_SetFromErrno(PyExc_OSError);
  PyObject *type, *error, *trace;
  PyErr_Fetch(&type, &error, &trace);
  PyErr_NormalizeException(&type, &error, &trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return crossing_call(self, name, error, 1);
}

static int crossing_would_wait(int number) { return number == EAGAIN || number == EWOULDBLOCK || number == EINTR; }

/* ---------------------------------------------------------------- out */

/* Sends bytes, or has them held. They are those of `owner`, or are copied where they must be kept. */
static int crossing_send(Crossing *self, const char *bytes, size_t size, PyObject *owner) {
  if (self->finishing || crossing_is_none(self->sink) || !crossing_is_none(self->broken)) {
    return 0;
  }
  size_t sent = 0;
  if (self->backlog_bytes == 0) {
    ssize_t done = send(self->fd, bytes, size, MSG_NOSIGNAL);
    if (done < 0 && !crossing_would_wait(errno)) {
      return crossing_call_with_errno(self, self->state->name_break, errno);
    }
    sent = done > 0 ? (size_t)done : 0;
    self->wire_sent += sent;
    if (sent == size) {
      return 0;
    }
  }
  int whole = owner != NULL && sent == 0;
  PyObject *rest = whole ? Py_NewRef(owner) : PyBytes_FromStringAndSize(bytes + sent, (Py_ssize_t)(size - sent));
  return crossing_call(self, self->state->name_hold, rest, 1);
}

static PyObject *crossing_write(PyObject *object, PyObject *data) {
  Crossing *self = (Crossing *)object;
  Py_buffer view;
  if (crossing_check_made(self) < 0 || PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
    return NULL;
  }
  int done = crossing_send(self, view.buf, (size_t)view.len, data);
  PyBuffer_Release(&view);
  return done < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---------------------------------------------------------------- in */

/* Pushes what came to the sink, and sends what it answers. */
static int crossing_push(Crossing *self, PyObject *take, const char *bytes, Py_ssize_t size) {
  PyObject *data = PyBytes_FromStringAndSize(bytes, size);
  PyObject *answer = data == NULL ? NULL : PyObject_CallFunctionObjArgs(take, data, NULL);
  Py_XDECREF(data);
  int sends = answer == NULL ? -1 : PyObject_IsTrue(answer);
  int done = sends < 0 ? -1 : 0;
  if (sends > 0) {
    PyObject *written = crossing_write((PyObject *)self, answer);
    Py_XDECREF(written);
    done = written != NULL ? 0 : -1;
  }
  Py_XDECREF(answer);
  return done;
}

/* The same for a sink that is an Answering's `answer`, without objects in between. */
static int crossing_answer(Crossing *self, Answering *answering, const char *bytes, size_t size) {
  Buffer out = speedups_take(&self->state->spare_out);
  int done = speedups_answer_bytes(answering, bytes, size, &out);
  if (done == 0 && out.used > 0) {
    done = crossing_send(self, out.bytes, out.used, NULL);
  }
  speedups_give(&self->state->spare_out, &out, (size_t)self->state->read_bytes * 2);
  return done;
}

/* Asks the sink where to push to. */
static int crossing_ask(Crossing *self) {
  self->take = PyObject_GetAttr(self->sink, self->state->name_data);
  if (self->take == NULL) {
    return -1;
  }
  if (Py_IS_TYPE(self->take, &PyCFunction_Type) && PyCFunction_GetFunction(self->take) == speedups_answer) {
    self->answering = (Answering *)PyCFunction_GetSelf(self->take);
  }
  return 0;
}

static void crossing_forget(Crossing *self) {
  self->answering = NULL;
  Py_CLEAR(self->take);
}

/* Sees whether an error waits behind what has just been read, where no write has shown that there is none; the
   twin says why. */
static int crossing_look_behind(Crossing *self) {
  if (crossing_is_none(self->sink) || !self->reading || self->closing) {
    return 0;
  }
  int number = 0;
  socklen_t size = sizeof number;
  if (crossing_is_none(self->broken)) {
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0) {
      number = errno;
    }
    if (number == 0) {
      return 0;
    }
  }
  return crossing_call(self, self->state->name_behind, PyLong_FromLong(number), 1);
}

static PyObject *crossing_looks_behind(PyObject *object, PyObject *unused) {
  (void)unused;
  Crossing *self = (Crossing *)object;
  return crossing_check_made(self) < 0 || crossing_look_behind(self) < 0 ? NULL : Py_NewRef(Py_None);
}

/* Hands over what has been read. */
static int crossing_came(Crossing *self, const char *bytes, size_t size) {
  self->wire_received += size;
  unsigned long long sent = self->wire_sent;
  if (self->take == NULL && crossing_ask(self) < 0) {
    return -1;
  }
  /* The sink may be let go of meanwhile. */
  PyObject *take = Py_NewRef(self->take);
  int done = self->answering != NULL ? crossing_answer(self, self->answering, bytes, size)
                                     : crossing_push(self, take, bytes, (Py_ssize_t)size);
  Py_DECREF(take);
  if (done == 0 && self->wire_sent == sent) {
    done = crossing_look_behind(self);
  }
  return done;
}

static PyObject *crossing_readable(PyObject *object, PyObject *unused) {
  (void)unused;
  Crossing *self = (Crossing *)object;
  if (crossing_check_made(self) < 0) {
    return NULL;
  }
  if (crossing_is_none(self->sink)) {
    return Py_NewRef(Py_None);
  }
  State *state = self->state;
  Buffer in = speedups_take(&state->spare_in);
  if (speedups_room(&in, (size_t)state->read_bytes) < 0) {
    return NULL;
  }
  ssize_t size = recv(self->fd, in.bytes, (size_t)state->read_bytes, 0);
  int done = 0;
  if (size > 0) {
    done = crossing_came(self, in.bytes, (size_t)size);
  } else if (size == 0) {
    done = crossing_call(self, state->name_end_of_input, NULL, 0);
  } else if (!crossing_would_wait(errno)) {
    done = crossing_call_with_errno(self, state->name_unreadable, errno);
  }
  speedups_give(&state->spare_in, &in, (size_t)state->read_bytes * 2);
  return done < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---------------------------------------------------------------- the type */

static int crossing_init(PyObject *object, PyObject *arguments, PyObject *keywords) {
  static char *names[] = {"sock", "sink", NULL};
  Crossing *self = (Crossing *)object;
  PyObject *sock, *sink;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO:Crossing", names, &sock, &sink)) {
    return -1;
  }
  if (self->state != NULL) {
    PyErr_SetString(PyExc_RuntimeError, "a Crossing is made once");
    return -1;
  }
  State *state = speedups_state(Py_TYPE(object));
  self->fd = state == NULL ? -1 : PyObject_AsFileDescriptor(sock);
  if (self->fd < 0) {
    return -1;
  }
  self->state = state;
  self->sock = Py_NewRef(sock);
  self->sink = Py_NewRef(sink);
  self->broken = Py_NewRef(Py_None);
  return 0;
}

static int crossing_traverse(PyObject *object, visitproc visit, void *arg) {
  Crossing *self = (Crossing *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->sock);
  Py_VISIT(self->sink);
  Py_VISIT(self->take);
  Py_VISIT(self->broken);
  return 0;
}

static int crossing_clear(PyObject *object) {
  Crossing *self = (Crossing *)object;
  crossing_forget(self);
  Py_CLEAR(self->sock);
  Py_CLEAR(self->sink);
  Py_CLEAR(self->broken);
  return 0;
}

static void crossing_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  crossing_clear(object);
  PyObject_GC_Del(object);
  Py_DECREF(type);
}

static PyMethodDef crossing_methods[] = {
    {"_readable", crossing_readable, METH_NOARGS, "Read once, push what came to the sink, send what it answers."},
    {"_look_behind", crossing_looks_behind, METH_NOARGS, "See whether an error waits behind what has been read."},
    {"write", crossing_write, METH_O, "Send all of `data`, now as far as the kernel takes it, the rest when it can."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef crossing_members[] = {
    {"_closing", T_BOOL, offsetof(Crossing, closing), 0, "Whether both directions are being ended."},
    {"_reading", T_BOOL, offsetof(Crossing, reading), 0, "Whether the loop watches for something to read."},
    {"_finishing", T_BOOL, offsetof(Crossing, finishing), 0, "Whether nothing more is to be written."},
    {"backlog_bytes", T_PYSSIZET, offsetof(Crossing, backlog_bytes), 0, "Bytes held until the system has room."},
    {"broken", T_OBJECT, offsetof(Crossing, broken), 0, "Why nothing can be sent any more, or None."},
    {"sock", T_OBJECT, offsetof(Crossing, sock), READONLY, "The socket."},
    {"wire_received", T_ULONGLONG, offsetof(Crossing, wire_received), 0, "Bytes read so far."},
    {"wire_sent", T_ULONGLONG, offsetof(Crossing, wire_sent), 0, "Bytes that the system has taken so far."},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *crossing_get_sink(PyObject *object, void *unused) {
  (void)unused;
  Crossing *self = (Crossing *)object;
  return Py_NewRef(self->sink != NULL ? self->sink : Py_None);
}

static int crossing_set_sink(PyObject *object, PyObject *sink, void *unused) {
  (void)unused;
  Crossing *self = (Crossing *)object;
  PyObject *before = self->sink;
  self->sink = Py_XNewRef(sink);
  crossing_forget(self);
  Py_XDECREF(before);
  return 0;
}

static PyGetSetDef crossing_getset[] = {
    {"sink", crossing_get_sink, crossing_set_sink, "Who is told; None once it is over.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot crossing_slots[] = {
    {Py_tp_init, (void *)(uintptr_t)crossing_init},
    {Py_tp_dealloc, (void *)(uintptr_t)crossing_dealloc},
    {Py_tp_traverse, (void *)(uintptr_t)crossing_traverse},
    {Py_tp_clear, (void *)(uintptr_t)crossing_clear},
    {Py_tp_methods, crossing_methods},
    {Py_tp_members, crossing_members},
    {Py_tp_getset, crossing_getset},
    {0, NULL},
};

static PyType_Spec crossing_spec = {
    .name = "wiretalk._speedups.Crossing",
    .basicsize = sizeof(Crossing),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = crossing_slots,
};

int speedups_add_crossing(PyObject *module, State *state) {
  state->crossing = (PyTypeObject *)PyType_FromModuleAndSpec(module, &crossing_spec, NULL);
  return state->crossing == NULL ? -1 : PyModule_AddType(module, state->crossing);
}
