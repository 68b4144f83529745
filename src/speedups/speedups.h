/* speedups.h: what the sources of wiretalk._speedups share. No framing is written here: that is c/src/framing, and
   this is Python's face on it, with the loops around it that a server's time goes to.

   The rules of this room:

   - The limited API of Python 3.11 and nothing else, so that one build serves every later Python.
   - All state is the module's or an object's, so that every interpreter of a process has its own.
   - The interpreter's lock is held all the time. What must not change while Python code runs in between is `busy`.
   - What is refused is refused with the exceptions and the words of the twin in Python. */
#ifndef SPEEDUPS_H
#define SPEEDUPS_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include "framing/framing.h"

#define SPEEDUPS_FRAMINGS 10

/* The most messages that are asked for before their answers are encoded; limits.REPLY_BATCH may be fewer. */
#define SPEEDUPS_BATCH 64

/* Bytes that grow. All zero is empty. */
typedef struct {
  char *bytes;
  size_t used;
  size_t capacity;
} Buffer;

/* What the module holds for all of its objects. */
typedef struct {
  PyTypeObject *framings[SPEEDUPS_FRAMINGS];
  PyTypeObject *answering;
  PyTypeObject *crossing;
  /* of wiretalk.errors and wiretalk.framing.base */
  PyObject *limit_error, *malformed_error, *truncated_error;
  PyObject *as_bytes;
  /* names, interned */
  PyObject *name_by, *name_messages, *name_reason;
  PyObject *name_data, *name_interrupted;
  PyObject *name_break, *name_behind, *name_end_of_input, *name_hold, *name_unreadable;
  /* of wiretalk.limits */
  Py_ssize_t read_bytes, reply_batch;
  /* Memory for the next read and its answers; taken while in use, since Python code may lead to another read. */
  Buffer spare_in, spare_out;
  PyObject *spare_arguments; /* a tuple of one */
} State;

/* A framing: both directions of one stream. */
typedef struct {
  PyObject_HEAD
  State *state; /* lives as long as the type, which the object keeps */
  PyObject *fault_type; /* once there has been a fault: what makes it again */
  char busy;            /* a reply function runs between two of its messages */
  wt_decoder decoder;
  PyObject *fault_args, *fault_reason;
  PyObject *spec;
  PyObject *max_message_bytes;
} Framing;

/* Messages in, answers out. */
typedef struct {
  PyObject_HEAD
  State *state;
  Framing *framing;
  PyObject *reply;
  PyObject *owner;
  Py_ssize_t received, sent;
} Answering;

/* ---------------------------------------------------------------- buffers.c */

/* Makes room for `more` bytes behind those used. Returns 0, or -1 with MemoryError set. */
int speedups_grow(Buffer *buffer, size_t more);
static inline int speedups_room(Buffer *buffer, size_t more) {
  return buffer->capacity - buffer->used >= more ? 0 : speedups_grow(buffer, more);
}
void speedups_free(Buffer *buffer);

/* Take the spare buffer, or an empty one where somebody else has it; and give it back for the next. */
Buffer speedups_take(Buffer *spare);
void speedups_give(Buffer *spare, Buffer *buffer, size_t most);

/* ---------------------------------------------------------------- framing.c */

int speedups_add_framings(PyObject *module, State *state);

/* Returns 1 for one of our own framings. */
int speedups_is_framing(const State *state, PyObject *object);

/* Returns 1 and the next message of `*at` up to `end`, 0 where there is none, -1 where there is a fault (which
   speedups_raise_fault raises) and -2 with an exception set. Moves `*at` behind what was taken. */
int speedups_next(Framing *framing, const char **at, const char *end, wt_message *message);

/* Appends what is left of the messages to a list. Returns 0, or as speedups_next. */
int speedups_rest(Framing *framing, const char **at, const char *end, PyObject *messages);

/* Lets go of the buffer where nothing is held. */
void speedups_settle(Framing *framing);

/* Returns 0, or -1 with RuntimeError set where a reply function runs for this framing. */
int speedups_check_free(const Framing *framing);

/* ---------------------------------------------------------------- faults.c */

/* Returns the exception for the decoder's new fault, with the messages before it; keeps what makes it again. */
PyObject *speedups_fault(Framing *framing, PyObject *messages);

/* Sets the exception once more, if there has been a fault. Returns -1 then, else 0. */
int speedups_check_fault(Framing *framing);

/* Sets the exception for an end within a message. Returns NULL. */
PyObject *speedups_raise_cut(Framing *framing, const wt_message *rest);

/* Sets the exception for a message that is refused. */
void speedups_raise_refused(Framing *framing, const char *message, size_t size);

/* ---------------------------------------------------------------- encoding.c */

/* Bytes for as long as they are needed. */
typedef struct {
  const char *bytes;
  size_t size;
  PyObject *owner; /* holds them, where the object itself does not */
} View;

/* Looks at an object as bytes. Returns 0, or -1 with TypeError set and nothing to release. */
int speedups_view_any(const State *state, PyObject *object, View *view);
static inline int speedups_view(const State *state, PyObject *object, View *view) {
  if (!Py_IS_TYPE(object, &PyBytes_Type)) {
    return speedups_view_any(state, object, view);
  }
  view->bytes = PyBytes_AsString(object);
  view->size = (size_t)Py_SIZE(object);
  view->owner = NULL;
  return 0;
}
static inline void speedups_release(View *view) { Py_CLEAR(view->owner); }

/* Appends a message as it goes out. Returns 0, or -1 with an exception set and nothing appended. */
int speedups_append(Framing *framing, PyObject *message, Buffer *out);

PyObject *speedups_encode(PyObject *self, PyObject *message);
PyObject *speedups_encode_all(PyObject *self, PyObject *messages);

/* ---------------------------------------------------------------- rounds.c */

/* Why an answering was interrupted, in the words that its owner is told. */
#define SPEEDUPS_FAULT "fault"   /* the stream is broken */
#define SPEEDUPS_REPLY "reply"   /* the function failed */
#define SPEEDUPS_ANSWER "answer" /* an answer cannot be sent */

/* One call: where its messages come from, the answers of one batch, and what has interrupted it. */
typedef struct {
  Answering *self;
  const char *at, *end; /* bytes of the stream … */
  PyObject *list;       /* … or a list of messages, from `index` on */
  Py_ssize_t index;
  PyObject *arguments; /* of the function */
  PyObject *answers[SPEEDUPS_BATCH];
  Py_ssize_t count; /* of answers */
  Buffer *out;
  const char *why; /* NULL: not interrupted */
  PyObject *error; /* what is behind that, or NULL */
  PyObject *rest;  /* messages not yet asked for, or NULL */
} Round;

/* Begins a call, whose messages the caller then says the place of; what it leaves is in `out`. */
void speedups_begin_round(Round *round, Answering *answering, Buffer *out);

/* Answers all, with this fault behind the messages of a list, or NULL; and ends the call. Returns 0, interrupted
   or not, or -1 with an exception set: an order to leave (KeyboardInterrupt, SystemExit) is no interruption. */
int speedups_go_round(Round *round, PyObject *fault);

/* Ends a call that has not gone round. */
void speedups_end_round(Round *round);

/* Interrupts for the exception that is set, and clears that. */
void speedups_interrupt(Round *round, const char *why);

/* Returns what interrupted: the bytes of the answers so far, why, the error or None, and what is left. */
PyObject *speedups_told(Round *round);

/* ---------------------------------------------------------------- answering.c */

int speedups_add_answering(PyObject *module, State *state);

/* The method `answer`, to be known again. */
PyObject *speedups_answer(PyObject *self, PyObject *data);

/* Takes what came, and leaves in `out` what is to be written. Returns 0, or -1 with an exception set. */
int speedups_answer_bytes(Answering *answering, const char *data, size_t size, Buffer *out);

/* ---------------------------------------------------------------- crossing.c */

int speedups_add_crossing(PyObject *module, State *state);

/* ---------------------------------------------------------------- passing.c */

/* The function `pass_on`. */
PyObject *speedups_pass_on(PyObject *module, PyObject *const *arguments, Py_ssize_t count);

/* ---------------------------------------------------------------- module.c */

/* Returns the module's state for a type of it or one derived from such, which an object keeps alive. */
State *speedups_state(PyTypeObject *type);

#endif
