/* stream.c: whole messages through a connected stream socket. What the system does not take at once is waited for;
   what has come is decoded where it lies. How a connection is made and ended is not here. */
#include "connection/connection.h"
#include "framing/framing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  STREAM_FIRST_READ_BYTES = 4096, /* asked of the system at first; more once a read has filled it */
  STREAM_PENDING_SLACK = 64       /* what a framing may hold beside the bytes of a message */
};

/* ---- receiving */

/* Puts back the byte that the zero byte behind the last message stands on. */
static void stream_uncover(wt_connection *connection) {
  if (connection->covered != NULL) {
    *connection->covered = connection->covered_byte;
    connection->covered = NULL;
  }
}

static bool stream_within(const char *at, const wti_buffer_t *buffer) {
  return buffer->data != NULL && at >= buffer->data && at < buffer->data + buffer->room;
}

/* Gives a message to the caller, with a zero byte behind it. */
static int stream_deliver(wt_connection *connection, wt_message *message, const wt_message *decoded) {
  const wti_buffer_t *within = stream_within(decoded->data, &connection->input) ? &connection->input
                               : stream_within(decoded->data, &connection->store) ? &connection->store
                                                                                   : NULL;
  message->size = decoded->size;
  if (decoded->size == 0) {
    message->data = "";
  } else if (within != NULL) {
    connection->covered = within->data + (decoded->data - within->data) + decoded->size;
    connection->covered_byte = *connection->covered;
    *connection->covered = '\0';
    message->data = decoded->data;
  } else {
    /* One character, which the decoder has put together in itself. */
    size_t size = decoded->size < sizeof connection->small ? decoded->size : sizeof connection->small - 1;
    memcpy(connection->small, decoded->data, size);
    connection->small[size] = '\0';
    message->data = connection->small;
  }
  return 1;
}

/* Gives the decoder as much room as it asks for. The old buffer is kept until what it holds has been copied. */
static int stream_grow_store(wt_connection *connection) {
  size_t room = wt_decoder_room(&connection->decoder);
  char *data = malloc(room + 1);
  if (data == NULL) {
    return wti_fail(&connection->error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  data[room] = '\0';
  wt_decoder_rebuffer(&connection->decoder, data, room);
  free(connection->store.data);
  connection->store.data = data;
  connection->store.room = room + 1;
  return 0;
}

/* Decodes what has been read. Returns 1 and the message; 0: more is needed; or a code. */
static int stream_decode(wt_connection *connection, wt_message *message) {
  while (connection->start < connection->end) {
    wt_message decoded;
    ptrdiff_t taken = wt_decode(&connection->decoder, connection->input.data + connection->start,
                                connection->end - connection->start, &decoded);
    if (taken > 0) {
      connection->start += (size_t)taken;
      return stream_deliver(connection, message, &decoded);
    }
    if (taken == 0) {
      connection->start = connection->end = 0;
    } else if (taken == WT_EROOM) {
      if (stream_grow_store(connection) < 0) {
        return WT_EMEMORY;
      }
    } else {
      wt_decoder_explain(&connection->decoder, &connection->error);
      return (int)taken;
    }
  }
  /* What is read next begins at the beginning, also where a message ended with the last byte read. */
  connection->start = connection->end = 0;
  return 0;
}

/* Says how the input ended, once all of it has been received. */
static int stream_ended(wt_connection *connection) {
  /* A send that failed says more than the end does; but one that took too long says nothing about receiving. */
  if (connection->input_state == WTI_INPUT_BROKEN) {
    return wti_explain(&connection->error, connection->input_error, connection->peer, WTI_RECEIVE);
  }
  if (connection->broken == WT_ERESET || connection->broken == WT_ESYSTEM) {
    return wti_explain(&connection->error, connection->broken_error, connection->peer, WTI_SEND);
  }
  int code = wt_decode_end(&connection->decoder, NULL, NULL);
  if (code < 0) {
    wt_decoder_explain(&connection->decoder, &connection->error);
  }
  return code;
}

/* Makes room for the next read: little at first, more for who sends much. Nothing is in the buffer. */
static int stream_make_room(wt_connection *connection) {
  size_t room = connection->input.room > 0 ? connection->input.room - 1 : 0;
  if (room > 0 && (!connection->eager || room == WTI_READ_BYTES)) {
    return 0;
  }
  room = room == 0 ? (size_t)STREAM_FIRST_READ_BYTES : room * 4 < WTI_READ_BYTES ? room * 4 : (size_t)WTI_READ_BYTES;
  if (wti_buffer_grow(&connection->input, room + 1) < 0 && connection->input.data == NULL) {
    return wti_fail(&connection->error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  return 0;
}

/* Reads what is there. Returns 1: something was, or the end; 0: nothing yet; or WT_EMEMORY. */
static int stream_read(wt_connection *connection) {
  if (stream_make_room(connection) < 0) {
    return WT_EMEMORY;
  }
  size_t room = connection->input.room - 1;
  ssize_t received = wti_receive(connection->fd, connection->input.data, room);
  connection->eager = received == (ssize_t)room;
  if (received > 0) {
    connection->end = (size_t)received;
  } else if (received == 0) {
    connection->input_state = WTI_INPUT_ENDED;
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    return 0;
  } else {
    connection->input_state = WTI_INPUT_BROKEN;
    connection->input_error = errno;
  }
  return 1;
}

/* Waits for input. Returns 0, or a code. */
static int stream_await(wt_connection *connection, int64_t deadline, int timeout_ms) {
  int ready = wti_poll_one(connection->fd, POLLIN, deadline, connection->flags);
  if (ready > 0) {
    return 0;
  }
  if (ready == 0) {
    return wti_timed_out(&connection->error, connection->peer, "receive", timeout_ms);
  }
  return ready == WT_EINTERRUPTED ? wti_interrupted(&connection->error, connection->peer)
                                  : wti_explain(&connection->error, errno, connection->peer, WTI_RECEIVE);
}

WTI_PRIVATE int wti_stream_receive(wt_connection *connection, wt_message *message, int timeout_ms) {
  int64_t deadline = wti_deadline(timeout_ms);
  stream_uncover(connection);
  for (;;) {
    int got = stream_decode(connection, message);
    if (got != 0) {
      return got;
    }
    if (connection->decoder.fault != 0 || connection->input_state != WTI_INPUT_OPEN) {
      return stream_ended(connection);
    }
    if (!connection->eager) {
      int failed = stream_await(connection, deadline, timeout_ms);
      if (failed < 0) {
        return failed;
      }
    }
    got = stream_read(connection);
    if (got < 0) {
      return got;
    }
  }
}

/* Whether the bytes that have been read complete a message, or break the framing. The decoder is a plain value, so a
   copy of it can look ahead; between two messages it holds nothing in its buffer. */
static int stream_look_ahead(const wt_connection *connection) {
  wt_decoder ahead = connection->decoder;
  wt_message message;
  if (ahead.held > 0) {
    /* There was no memory for the rest of a message that has come; the next wt_recv tries again. */
    return 1;
  }
  const char *data = connection->input.data + connection->start;
  size_t size = connection->end - connection->start;
  ahead.buffer = NULL;
  ahead.capacity = 0;
  ptrdiff_t taken = wt_decode(&ahead, data, size, &message);
  if (taken == WT_EROOM) {
    /* A message that these bytes complete needs no more room than they have. */
    char *scratch = malloc(size + STREAM_PENDING_SLACK);
    if (scratch == NULL) {
      return 0;
    }
    wt_decoder_rebuffer(&ahead, scratch, size + STREAM_PENDING_SLACK);
    taken = wt_decode(&ahead, data, size, &message);
    free(scratch);
  }
  return taken != 0 && taken != WT_EROOM;
}

WTI_PRIVATE int wti_stream_pending(const wt_connection *connection) {
  if (connection->start == connection->end) {
    return connection->input_state != WTI_INPUT_OPEN || connection->decoder.fault != 0;
  }
  /* The message given last keeps its zero byte. */
  char *covered = connection->covered;
  if (covered != NULL) {
    *covered = connection->covered_byte;
  }
  int pending = stream_look_ahead(connection);
  if (covered != NULL) {
    *covered = '\0';
  }
  return pending;
}

/* ---- sending */

/* What is on its way out: the pieces, and how much of them the system has taken. */
typedef struct stream_outgoing {
  struct iovec pieces[3];
  int count;
  size_t size;
  size_t sent;
} stream_outgoing_t;

static void stream_add_piece(stream_outgoing_t *outgoing, const void *bytes, size_t size) {
  /* sendmsg only reads them, although its type does not say so. */
  union {
    const void *given;
    void *taken;
  } piece = {bytes};
  if (size > 0) {
    outgoing->pieces[outgoing->count].iov_base = piece.taken;
    outgoing->pieces[outgoing->count++].iov_len = size;
    outgoing->size += size;
  }
}

/* Takes note of what the system has taken. */
static void stream_advance(stream_outgoing_t *outgoing, size_t sent) {
  outgoing->sent += sent;
  int done = 0;
  while (done < outgoing->count && sent >= outgoing->pieces[done].iov_len) {
    sent -= outgoing->pieces[done++].iov_len;
  }
  outgoing->count -= done;
  memmove(outgoing->pieces, outgoing->pieces + done, (size_t)outgoing->count * sizeof outgoing->pieces[0]);
  if (outgoing->count > 0) {
    outgoing->pieces[0].iov_base = (char *)outgoing->pieces[0].iov_base + sent;
    outgoing->pieces[0].iov_len -= sent;
  }
}

/* Frames a message. Returns 0, or why it cannot be sent. */
static int stream_frame(wt_connection *connection, stream_outgoing_t *outgoing, wti_envelope_t *envelope,
                        const void *message, size_t size) {
  const wt_framing *framing = &connection->plan.framing;
  int copied = wti_envelope(framing, message, size, envelope);
  if (copied < 0) {
    wt_encode_explain(framing, message, size, &connection->error);
    return copied;
  }
  if (copied == 0) {
    stream_add_piece(outgoing, envelope->head, envelope->head_size);
    stream_add_piece(outgoing, message, size);
    stream_add_piece(outgoing, envelope->tail, envelope->tail_size);
    return 0;
  }
  if (wti_buffer_grow(&connection->output, wt_encoded_most(framing, size)) < 0) {
    return wti_fail(&connection->error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  ptrdiff_t encoded = wt_encode(framing, message, size, connection->output.data, connection->output.room);
  stream_add_piece(outgoing, connection->output.data, (size_t)encoded);
  return 0;
}

/* Says again why nothing more can be sent. */
static int stream_why_not(wt_connection *connection) {
  wt_error *error = &connection->error;
  const char *peer = connection->peer;
  if (connection->broken == WT_ECLOSED) {
    return wti_fail(error, WT_ECLOSED, "%s: closed by us", peer);
  }
  if (connection->broken == WT_ETIMEDOUT || connection->broken == WT_EINTERRUPTED) {
    return wti_fail(error, connection->broken,
                    "%s: %s in send: a part of a message is out, and no other can follow it", peer,
                    connection->broken == WT_ETIMEDOUT ? "timed out" : "interrupted");
  }
  return wti_explain(error, connection->broken_error, peer, WTI_SEND);
}

/* Takes note of a failure: whether another message can follow depends on how much of this one is out. */
static int stream_break(wt_connection *connection, const stream_outgoing_t *outgoing, int code, int os_error) {
  wt_error *error = &connection->error;
  bool over = outgoing->sent > 0 || code == WT_ERESET || code == WT_ESYSTEM;
  if (!over) {
    return code;
  }
  connection->broken = code == WT_ELIMIT ? WT_ESYSTEM : code;
  connection->broken_error = os_error;
  size_t used = strlen(error->text);
  snprintf(error->text + used, sizeof error->text - used, "; %zu bytes unsent%s", outgoing->size - outgoing->sent,
           code == WT_ERESET ? "" : ": a part of the message is out, and no other can follow it");
  error->code = connection->broken;
  return connection->broken;
}

static int stream_transmit(wt_connection *connection, stream_outgoing_t *outgoing, int64_t deadline, int timeout_ms) {
  wt_error *error = &connection->error;
  while (outgoing->count > 0) {
    ssize_t sent = wti_send_pieces(connection->fd, outgoing->pieces, outgoing->count);
    if (sent >= 0) {
      stream_advance(outgoing, (size_t)sent);
      continue;
    }
    int os_error = errno;
    if (os_error != EAGAIN && os_error != EWOULDBLOCK) {
      int code = wti_explain(error, os_error, connection->peer, WTI_SEND);
      return stream_break(connection, outgoing, code, os_error);
    }
    int ready = wti_poll_one(connection->fd, POLLOUT, deadline, connection->flags);
    if (ready == 0) {
      return stream_break(connection, outgoing, wti_timed_out(error, connection->peer, "send", timeout_ms), 0);
    }
    if (ready == WT_EINTERRUPTED) {
      return stream_break(connection, outgoing, wti_interrupted(error, connection->peer), 0);
    }
    if (ready < 0) {
      return wti_explain(error, errno, connection->peer, WTI_SEND);
    }
  }
  return 0;
}

WTI_PRIVATE int wti_stream_send(wt_connection *connection, const void *message, size_t size, int timeout_ms) {
  stream_outgoing_t outgoing = {.count = 0};
  wti_envelope_t envelope;
  if (connection->broken != 0) {
    return stream_why_not(connection);
  }
  int failed = stream_frame(connection, &outgoing, &envelope, message, size);
  if (failed < 0) {
    return failed;
  }
  return stream_transmit(connection, &outgoing, wti_deadline(timeout_ms), timeout_ms);
}
