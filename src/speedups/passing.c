/* passing.c: small pieces from one stream socket to another, as a relay passes them: one recv and one send a wake-up,
   and no object of Python's for the bytes. Twin of wiretalk.transport.passing, which says what is returned. */
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

static PyObject *passing_told(const char *bytes, ssize_t came, ssize_t sent, int unreadable, int failed, int behind) {
  Py_ssize_t size = (Py_ssize_t)came;
  return Py_BuildValue("(y#niii)", bytes, size, (Py_ssize_t)sent, unreadable, failed, behind);
}

/* Reads into room for so many bytes, and sends what came. */
static PyObject *passing_pass(int source, int target, char *room, size_t capacity) {
  ssize_t came = recv(source, room, capacity, 0);
  if (came < 0) {
    return passing_would_wait(errno) ? PyLong_FromLong(0) : passing_told(room, 0, 0, errno, 0, 0);
  }
  if (came == 0) {
    return passing_told(room, 0, 0, 0, 0, 0);
  }
  ssize_t sent = send(target, room, (size_t)came, MSG_NOSIGNAL);
  int failed = sent < 0 && !passing_would_wait(errno) ? errno : 0;
  int behind = passing_behind(source);
  if (sent == came && behind == 0) {
    return PyLong_FromSsize_t(came);
  }
  return passing_told(room, came, sent > 0 ? sent : 0, 0, failed, behind);
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
  PyObject *told = passing_pass(source, target, in.bytes, (size_t)state->read_bytes);
  speedups_give(&state->spare_in, &in, (size_t)state->read_bytes * 2);
  return told;
}
