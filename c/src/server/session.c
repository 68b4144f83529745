/* session.c: the life of a session: begun, shut, lingering, over; and what the user may ask of it. How its bytes are
   read and sent is in receiving.c and sending.c. */
#include "server/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- beginning */

static void session_ready(wti_watch_t *watch, unsigned events);

WTI_PRIVATE wt_session *wti_session_new(wti_source_t *source, int fd, const char *peer, const char *local,
                                        wti_peer_t *peer_of) {
  size_t peer_size = strlen(peer) + 1;
  size_t local_size = strlen(local) + 1;
  wt_session *session = calloc(1, sizeof *session + peer_size + local_size);
  if (session == NULL) {
    free(peer_of);
    return NULL;
  }
  session->watch.fd = fd;
  session->watch.ready = session_ready;
  session->server = source->server;
  session->source = source;
  session->peer_of = peer_of;
  session->timer.owner = session;
  session->peer = (char *)(session + 1);
  session->local = session->peer + peer_size;
  memcpy(session->peer, peer, peer_size);
  memcpy(session->local, local, local_size);
  wt_decoder_init(&session->decoder, &source->place->plan.framing, NULL, 0);
  return session;
}

WTI_PRIVATE void wti_session_begin(wt_session *session) {
  wt_server *server = session->server;
  session->before = server->last;
  if (server->last != NULL) {
    server->last->after = session;
  } else {
    server->first = session;
  }
  server->last = session;
  server->open++;
  wti_lane_set(session->peer_of != NULL ? &server->peer_idle : &server->idle, &session->timer, server->now);
  if (session->peer_of == NULL) {
    server->streams++;
  }
  if (server->callbacks.on_open != NULL) {
    server->callbacks.on_open(session, server->context);
  }
}

/* ---- ending */

WTI_PRIVATE void wti_session_owe(wt_session *session) {
  wti_owed_list_t *owed = &session->server->owed;
  if (session->owed) {
    return;
  }
  session->owed = true;
  session->next_owed = NULL;
  if (owed->last != NULL) {
    owed->last->next_owed = session;
  } else {
    owed->first = session;
  }
  owed->last = session;
}

WTI_PRIVATE void wti_session_shut(wt_session *session, int code) {
  if (session->shut) {
    return;
  }
  session->shut = true;
  session->held = false;
  session->ended.code = code;
  session->server->open--;
  /* From now on it is not how long nothing passes that counts, but how long the rest takes. */
  wti_lane_set(&session->server->flush, &session->timer, session->server->now);
  wti_session_owe(session);
}

WTI_PRIVATE void wti_session_over(wt_session *session, bool reset) {
  wt_server *server = session->server;
  if (session->over) {
    return;
  }
  wti_session_shut(session, WT_ECLOSED);
  session->over = true;
  wti_timer_stop(&session->timer);
  if (session->peer_of != NULL) {
    session->ended.unsent = session->peer_of->held_bytes;
    wti_datagram_forget(session);
  } else {
    session->ended.unsent += wti_queue_size(&session->queue); /* beside what was dropped when sending broke */
    wti_poller_forget(&server->poller, &session->watch);
    if (reset) {
      wti_reset_fd(session->watch.fd);
    } else {
      wti_close_fd(session->watch.fd);
    }
    server->streams--;
  }
  wti_queue_drop(&session->queue, &server->spares);
  session->next_over = NULL;
  if (server->over.last != NULL) {
    server->over.last->next_over = session;
  } else {
    server->over.first = session;
  }
  server->over.last = session;
}

WTI_PRIVATE void wti_session_broke(wt_session *session, int os_error) {
  if (!session->over) {
    wti_session_shut(session, 0);
    session->ended.code = wti_explain(NULL, os_error, session->peer, WTI_RECEIVE);
    session->ended.os_error = os_error;
    wti_session_over(session, false);
  }
}

WTI_PRIVATE void wti_session_late(wt_session *session, const char *wait) {
  if (!session->over) {
    wti_session_shut(session, 0);
    session->ended.code = WT_ETIMEDOUT;
    session->ended.wait = wait;
    wti_session_over(session, true);
  }
}

WTI_PRIVATE void wti_session_idle(void *owner) {
  wt_session *session = owner;
  if (session->peer_of != NULL) {
    /* Datagrams have no other end: a peer that is silent for long has finished. */
    wti_session_shut(session, 0);
  } else {
    wti_session_late(session, "idle");
  }
}

WTI_PRIVATE void wti_session_flush_late(void *owner) { wti_session_late(owner, "close"); }

WTI_PRIVATE void wti_session_lingered(void *owner) { wti_session_over(owner, false); }

WTI_PRIVATE void wti_session_free(wt_session *session) {
  free(session->decoder.buffer);
  free(session->stash);
  free(session->peer_of);
  free(session);
}

/* ---- what is due */

/* Everything has been sent. A socket closed with input unread, or still to come, answers with a reset, and that may
   overtake our last bytes; so a peer that has not finished is told the end, and listened to for a moment. */
static void session_wind_up(wt_session *session) {
  if (session->peer_of != NULL || session->input_over || session->broken != 0 ||
      shutdown(session->watch.fd, SHUT_WR) < 0) {
    wti_session_over(session, false);
    return;
  }
  session->lingering = true;
  wti_lane_set(&session->server->linger, &session->timer, session->server->now);
}

static bool session_is_read(const wt_session *session) {
  return session->lingering || (!session->shut && !session->held && !session->input_over);
}

static void session_watch(wt_session *session) {
  unsigned wanted = (session_is_read(session) ? WTI_POLLER_READ : 0u) | (session->blocked ? WTI_POLLER_WRITE : 0u);
  if (wti_poller_set(&session->server->poller, &session->watch, wanted) < 0) {
    wti_session_broke(session, ENOMEM);
  }
}

WTI_PRIVATE void wti_session_settle(wt_session *session) {
  size_t half = session->server->options.send_buffer / 2;
  while (!session->over) {
    wti_session_flush(session);
    if (!session->held || (wti_queue_size(&session->queue) > half && session->broken == 0)) {
      break;
    }
    session->held = false;
    wti_session_unstash(session);
  }
  if (!session->over && session->shut && !session->lingering && wti_queue_size(&session->queue) == 0) {
    session_wind_up(session);
  }
  if (!session->over && session->peer_of == NULL) {
    session_watch(session);
  }
}

/* What the peer still sends is nobody's any more. */
static void session_discard(wt_session *session) {
  ssize_t received = wti_receive(session->watch.fd, session->server->input, WTI_READ_BYTES);
  if (received == 0 || (received < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
    wti_session_over(session, false);
  }
}

static void session_ready(wti_watch_t *watch, unsigned events) {
  wt_session *session = (wt_session *)watch;
  if ((events & (WTI_POLLER_WRITE | WTI_POLLER_BROKEN)) != 0) {
    session->blocked = false;
  }
  if ((events & (WTI_POLLER_READ | WTI_POLLER_BROKEN)) != 0) {
    if (session->lingering) {
      session_discard(session);
    } else if (session_is_read(session)) {
      wti_session_read(session);
    }
  }
  wti_session_settle(session);
}

static wt_session *session_take(wti_owed_list_t *list, bool over) {
  wt_session *session = list->first;
  if (session != NULL) {
    list->first = over ? session->next_over : session->next_owed;
    if (list->first == NULL) {
      list->last = NULL;
    }
  }
  return session;
}

static void session_unlink(wt_session *session) {
  wt_server *server = session->server;
  if (session->before != NULL) {
    session->before->after = session->after;
  } else {
    server->first = session->after;
  }
  if (session->after != NULL) {
    session->after->before = session->before;
  } else {
    server->last = session->before;
  }
}

WTI_PRIVATE void wti_sessions_settle(wt_server *server) {
  do {
    for (wt_session *session; (session = session_take(&server->owed, false)) != NULL;) {
      session->owed = false;
      wti_session_settle(session);
    }
    wt_session *session = session_take(&server->over, true);
    if (session != NULL) {
      if (server->callbacks.on_close != NULL) {
        wt_error why;
        wti_session_words(session, &why);
        server->callbacks.on_close(session, &why, server->context);
      }
      session_unlink(session);
      wti_session_free(session);
    }
  } while (server->owed.first != NULL || server->over.first != NULL);
}

/* ---- for the user */

void wt_session_close(wt_session *session) { wti_session_shut(session, WT_ECLOSED); }

void wt_session_abort(wt_session *session) { wti_session_over(session, true); }

void wt_session_set(wt_session *session, void *pointer) { session->pointer = pointer; }

void *wt_session_get(const wt_session *session) { return session->pointer; }

const char *wt_session_peer(const wt_session *session) { return session->peer; }

const char *wt_session_local(const wt_session *session) { return session->local; }

wt_server *wt_session_server(const wt_session *session) { return session->server; }

size_t wt_session_unsent(const wt_session *session) {
  return session->peer_of != NULL ? session->peer_of->held_bytes : wti_queue_size(&session->queue);
}

wt_session *wt_server_next(wt_server *server, const wt_session *after) {
  wt_session *session = after != NULL ? after->after : server->first;
  while (session != NULL && session->shut) {
    session = session->after;
  }
  return session;
}

size_t wt_server_count(const wt_server *server) { return server->open; }
