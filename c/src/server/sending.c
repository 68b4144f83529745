/* sending.c: answers on their way out: encoded straight into the queue, and sent together. Never waits. */
#include "framing/framing.h"
#include "server/server.h"

#include <errno.h>
#include <string.h>

/* Nothing can be sent any more. What the peer sent before it broke off can still be read, so that is read to its
   end. */
static void sending_break(wt_session *session, int os_error) {
  session->blocked = false;
  if (session->shut) {
    wti_session_broke(session, os_error);
    return;
  }
  session->broken = os_error;
  session->ended.unsent = wti_queue_size(&session->queue);
  wti_queue_drop(&session->queue, &session->server->spares);
}

WTI_PRIVATE void wti_session_flush(wt_session *session) {
  wt_server *server = session->server;
  wti_queue_t *queue = &session->queue;
  if (session->blocked || session->peer_of != NULL || wti_queue_size(queue) == 0) {
    return;
  }
  ssize_t sent = wti_send_bytes(session->watch.fd, queue->data + queue->start, wti_queue_size(queue));
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
    sending_break(session, errno);
    return;
  }
  if (sent > 0) {
    if (!session->shut) {
      wti_lane_touch(&server->idle, &session->timer, server->now);
    }
    wti_queue_sent(queue, (size_t)sent, &server->spares);
  }
  if (wti_queue_size(queue) > 0) {
    session->blocked = true;
    wti_queue_settle(queue, &server->spares);
  }
}

/* Writes bytes, and returns the place behind them. Mostly they are none or one, which needs no call. */
static unsigned char *sending_put(unsigned char *out, const unsigned char *bytes, size_t size) {
  if (size == 1) {
    *out = *bytes;
  } else if (size > 0) {
    memcpy(out, bytes, size);
  }
  return out + size;
}

/* Writes what goes before a message, the message, and what goes after it; or through wt_encode, where it does not go
   as it is. Returns 0, or a code, and then nothing has been written. */
static int sending_encode(wt_session *session, const void *message, size_t size) {
  wti_queue_t *queue = &session->queue;
  const wt_framing *framing = &session->decoder.framing;
  wti_spares_t *spares = session->at_hand ? &session->server->spares : NULL;
  wti_envelope_t envelope;
  int how = wti_envelope(framing, message, size, &envelope);
  if (how < 0) {
    return how;
  }
  size_t sides = how == 0 ? envelope.head_size + envelope.tail_size : wt_encoded_most(framing, size) - size;
  if (size > SIZE_MAX - sides || !wti_queue_has(queue, size + sides, spares)) {
    return WT_EMEMORY;
  }
  unsigned char *out = queue->data + queue->end;
  if (how != 0) {
    queue->end += (size_t)wt_encode(framing, message, size, out, size + sides);
    return 0;
  }
  out = sending_put(out, envelope.head, envelope.head_size);
  out = sending_put(out, message, size);
  (void)sending_put(out, envelope.tail, envelope.tail_size);
  queue->end += size + sides;
  return 0;
}

int wt_reply(wt_session *session, const void *message, size_t size) {
  wt_server *server = session->server;
  if (session->peer_of != NULL) {
    return wti_datagram_reply(session, message, size);
  }
  if (wti_queue_size(&session->queue) >= server->gather) {
    wti_session_flush(session);
    if (wti_queue_size(&session->queue) >= server->options.send_buffer) {
      return WT_ELIMIT;
    }
  }
  if (session->shut || session->broken != 0) {
    return WT_ECLOSED;
  }
  int failed = sending_encode(session, message, size);
  if (failed == 0 && !session->at_hand) {
    wti_session_owe(session);
  }
  return failed;
}
