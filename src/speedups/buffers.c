/* buffers.c: bytes that grow, and the two that lie ready for the next read. */
#include "speedups.h"

#define BUFFER_LEAST 4096

int speedups_grow(Buffer *buffer, size_t more) {
  size_t capacity = buffer->capacity < BUFFER_LEAST ? BUFFER_LEAST : buffer->capacity;
  while (capacity - buffer->used < more) {
    if (capacity > PY_SSIZE_T_MAX / 2) {
      PyErr_NoMemory();
      return -1;
    }
    capacity *= 2;
  }
  char *bytes = PyMem_Realloc(buffer->bytes, capacity);
  if (bytes == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  buffer->bytes = bytes;
  buffer->capacity = capacity;
  return 0;
}

void speedups_free(Buffer *buffer) {
  PyMem_Free(buffer->bytes);
  memset(buffer, 0, sizeof *buffer);
}

Buffer speedups_take(Buffer *spare) {
  Buffer taken = *spare;
  memset(spare, 0, sizeof *spare);
  taken.used = 0;
  return taken;
}

void speedups_give(Buffer *spare, Buffer *buffer, size_t most) {
  if (spare->bytes == NULL && buffer->capacity <= most) {
    *spare = *buffer;
  } else {
    PyMem_Free(buffer->bytes);
  }
}
