/* passing.c: small pieces from one stream socket to another, as a relay passes them: one recv and one send a wake-up, and
   no object of Python's for the bytes. Twin of wiretalk.transport.passing, which says what is returned. */
#include "speedups.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* Python has SIGPIPE ignored */
#endif

static int passing_would_wait(int number) { return number == EAGAIN || number == EWOULDBLOCK || number == EINTR; }

/* Returns the error that waits behind what was read, or 0. */
static int passing_behind(int fd) {
  int number = 0;
  socklen_t size = sizeof number;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0 ? errno : number;
}

PyObject *speedups_pass_on(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  State *state = PyModule_GetState(module);
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "pass_on takes two sockets");
    return NULL;
  }
  int source = PyObject_AsFileDescriptor(arguments[0]);
  int target = source < 0 ? -1 : PyObject_AsFileDescriptor(arguments[1]);
  if (target < 0) {
    return NULL;
  }
  Buffer in = speedups_take(&state->spare_in);
  if (speedups_room(&in, (size_t)state->read_bytes) < 0) {
    return NULL;
  }
  PyObject *told = NULL;
  ssize_t came = recv(source, in.bytes, (size_t)state->read_bytes, 0);
  if (came < 0) {
    told = passing_would_wait(errno) ? PyLong_FromLong(0) : Py_BuildValue("(y#niii)", "", (Py_ssize_t)0, (Py_ssize_t)0, errno, 0, 0);
  } else if (came == 0) {
    told = Py_BuildValue("(y#niii)", "", (Py_ssize_t)0, (Py_ssize_t)0, 0, 0, 0);
  } else {
    ssize_t sent = send(target, in.bytes, (size_t)came, MSG_NOSIGNAL);
    int failed = sent < 0 && !passing_would_wait(errno) ? errno : 0;
    int behind = passing_behind(source);
    told = sent == came && behind == 0
               ? PyLong_FromSsize_t(came)
               : Py_BuildValue("(y#niii)", in.bytes, (Py_ssize_t)came, (Py_ssize_t)(sent > 0 ? sent : 0), 0, failed, behind);
  }
  speedups_give(&state->spare_in, &in, (size_t)state->read_bytes * 2);
  return told;
}
