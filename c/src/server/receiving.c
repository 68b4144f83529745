/* receiving.c: from the system's bytes to messages told. One read a wake-up, into memory that all sessions share;
   only what is unfinished, or must wait, is kept with a session. */
#include "server/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

WTI_PRIVATE void wti_session_tell(wt_session *session, const wt_message *message) {
  wt_server *server = session->server;
  if (server->callbacks.on_message == NULL) {
    return;
  }
  if (message->data == NULL) {
    wt_message empty = {"", 0};
    server->callbacks.on_message(session, &empty, server->context);
    return;
  }
  /* The memory is ours, and one byte longer than what it holds. */
  char *end = (char *)message->data + message->size;
  char kept = *end;
  *end = '\0';
  server->callbacks.on_message(session, message, server->context);
  *end = kept;
}

/* Makes the buffer of the unfinished message as large as the decoder asks for, and a byte larger for the zero. */
static bool receiving_grow(wt_session *session) {
  wt_decoder *decoder = &session->decoder;
  size_t room = wt_decoder_room(decoder);
  unsigned char *old = decoder->buffer;
  unsigned char *larger = malloc(room + 1);
  if (larger == NULL) {
    return false;
  }
  wt_decoder_rebuffer(decoder, larger, room);
  free(old);
  return true;
}

/* Between two messages no memory is held. */
static void receiving_let_go(wt_session *session) {
  wt_decoder *decoder = &session->decoder;
  if (decoder->buffer != NULL && decoder->held == 0) {
    free(decoder->buffer);
    decoder->buffer = NULL;
    decoder->capacity = 0;
  }
}

/* Keeps what cannot be decoded yet, since nothing could be answered. */
static void receiving_stash(wt_session *session, const unsigned char *data, size_t size) {
  session->held = true;
  if (session->stash != NULL) {
    session->stash_at = session->stash_size - size;
    return;
  }
  session->stash = malloc(size + 1);
  if (session->stash == NULL) {
    wti_session_shut(session, WT_EMEMORY);
    return;
  }
  memcpy(session->stash, data, size);
  session->stash_at = 0;
  session->stash_size = size;
}

/* Whether the peer takes its answers; if not, what it asks for next must wait. */
static bool receiving_may(wt_session *session) {
  wt_server *server = session->server;
  if (wti_queue_size(&session->queue) >= server->gather) {
    wti_session_flush(session);
  }
  return wti_queue_size(&session->queue) < server->options.send_buffer;
}

/* Tells the messages in these bytes, the last of the session's memory or of the server's. */
static void receiving_feed(wt_session *session, unsigned char *data, size_t size) {
  wt_message message;
  while (size > 0) {
    if (!receiving_may(session)) {
      receiving_stash(session, data, size);
      return;
    }
    ptrdiff_t taken = wt_decode(&session->decoder, data, size, &message);
    if (taken > 0) {
      wti_session_tell(session, &message);
      if (session->shut) {
        return;
      }
      data += taken;
      size -= (size_t)taken;
    } else if (taken == 0) {
      return;
    } else if (taken != WT_EROOM) {
      wti_session_shut(session, (int)taken);
      return;
    } else if (!receiving_grow(session)) {
      wti_session_shut(session, WT_EMEMORY);
      return;
    }
  }
}

WTI_PRIVATE void wti_session_unstash(wt_session *session) {
  if (session->stash != NULL) {
    session->at_hand = true;
    receiving_feed(session, session->stash + session->stash_at, session->stash_size - session->stash_at);
    session->at_hand = false;
    if (!session->held) {
      free(session->stash);
      session->stash = NULL;
      receiving_let_go(session);
    }
  }
}

static void receiving_end(wt_session *session) {
  session->input_over = true;
  if (session->broken != 0) {
    wti_session_broke(session, session->broken);
    return;
  }
  wti_session_shut(session, wt_decode_end(&session->decoder, NULL, NULL));
}

WTI_PRIVATE void wti_session_read(wt_session *session) {
  wt_server *server = session->server;
  ssize_t received = wti_receive(session->watch.fd, server->input, WTI_READ_BYTES);
  if (received > 0) {
    wti_lane_touch(&server->idle, &session->timer, server->now);
    session->at_hand = true;
    receiving_feed(session, server->input, (size_t)received);
    session->at_hand = false;
    receiving_let_go(session);
  } else if (received == 0) {
    receiving_end(session);
  } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
    wti_session_broke(session, session->broken != 0 ? session->broken : errno);
  }
}
