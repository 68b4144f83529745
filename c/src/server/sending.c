/* sending.c: answers on their way out: encoded straight into the queue, and sent together. Never waits. */
#include "framing/framing.h"
#include "server/server.h"

#include <errno.h>
#include <string.h>

/* Nothing can be sent any more. What the peer sent before it broke off can still be read, so that is read to its end. */
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

/* Writes what goes before a message, the message, and what goes after it; or through wt_encode, where it does not go as it
   is. Returns 0, or a code, and then nothing has been written. */
static int sending_encode(wt_session *session, const void *message, size_t size) {
  wti_queue_t *queue = &session->queue;
  const wt_framing *framing = &session->decoder.framing;
  wti_spares_t *spares = session->at_hand ? &session->server->spares : NULL;
  wti_envelope_t envelope = {{0}, 0, {0}, 0};
  /* Both sides are copied whole, whatever is in them: that is less than to find out how much. */
  const size_t sides = sizeof envelope.head + sizeof envelope.tail;
  int how = wti_envelope(framing, message, size, &envelope);
  if (how < 0) {
    return how;
  }
  size_t most = how == 0 ? size : wt_encoded_most(framing, size);
  if (most > SIZE_MAX - sides || !wti_queue_has(queue, most + sides, spares)) {
    return WT_EMEMORY;
  }
  unsigned char *out = queue->data + queue->end;
  if (how != 0) {
    queue->end += (size_t)wt_encode(framing, message, size, out, most);
    return 0;
  }
  memcpy(out, envelope.head, sizeof envelope.head);
  out += envelope.head_size;
  if (size > 0) {
    memcpy(out, message, size);
    out += size;
  }
  memcpy(out, envelope.tail, sizeof envelope.tail);
  queue->end += envelope.head_size + size + envelope.tail_size;
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
