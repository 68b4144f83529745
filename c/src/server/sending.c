/* sending.c: answers on their way out: encoded straight into the queue, and sent together. Never waits. */
#include "server/server.h"

#include <errno.h>
#include <sys/uio.h>

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
  struct iovec piece = {queue->data + queue->start, wti_queue_size(queue)};
  ssize_t sent = wti_send_pieces(session->watch.fd, &piece, 1);
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

int wt_reply(wt_session *session, const void *message, size_t size) {
  wt_server *server = session->server;
  wti_queue_t *queue = &session->queue;
  const wt_framing *framing = &session->decoder.framing;
  if (session->peer_of != NULL) {
    return wti_datagram_reply(session, message, size);
  }
  if (wti_queue_size(queue) >= server->gather) {
    wti_session_flush(session);
    if (wti_queue_size(queue) >= server->options.send_buffer) {
      return WT_ELIMIT;
    }
  }
  if (session->shut || session->broken != 0) {
    return WT_ECLOSED;
  }
  if (size > framing->max_message) {
    return WT_ELIMIT;
  }
  if (!wti_queue_has(queue, wt_encoded_most(framing, size), session->at_hand ? &server->spares : NULL)) {
    return WT_EMEMORY;
  }
  ptrdiff_t written = wt_encode(framing, message, size, queue->data + queue->end, queue->room - queue->end);
  if (written < 0) {
    if (wti_queue_size(queue) == 0) {
      wti_queue_drop(queue, &server->spares);
    }
    return (int)written;
  }
  queue->end += (size_t)written;
  if (!session->at_hand) {
    wti_session_owe(session);
  }
  return 0;
}
