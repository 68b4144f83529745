/* datagrams.c: one socket that many peers share, each with a session of its own. What a peer has no room for is held
   for that peer, within the limit, and sent later; whoever takes nothing for long is given up. */
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

/* ---- receiving */

static void datagrams_full(wti_source_t *source) {
  wti_peers_t *peers = &source->server->peers;
  if (!peers->full_told) {
    wt_error error;
    peers->full_told = true;
    (void)wti_fail(&error, WT_ELIMIT,
                   "%s: %zu peers at once, the limit max_udp_peers; datagrams of new ones are dropped", source->name,
                   source->server->options.max_udp_peers);
    wti_server_problem(source->server, &error);
  }
}

static wt_session *datagrams_new(wti_source_t *source, const wt_endpoint *from) {
  wt_server *server = source->server;
  const char *scheme = source->place->address.scheme;
  if (server->peers.count >= server->options.max_udp_peers) {
    datagrams_full(source);
    return NULL;
  }
  wti_peer_t *peer = calloc(1, sizeof *peer);
  if (peer == NULL) {
    return NULL;
  }
  char name[WT_NAME_BYTES];
  wti_name(name, scheme, from->sockaddr.bytes, (socklen_t)from->size);
  peer->endpoint = *from;
  wt_session *session = wti_session_new(source, -1, name, source->name, peer);
  if (session != NULL && !wti_peers_add(&server->peers, session)) {
    wti_session_free(session);
    session = NULL;
  }
  if (session != NULL) {
    wti_session_begin(session);
  }
  return session;
}

static void datagrams_told(wti_source_t *source, const wt_endpoint *from, const wt_message *message) {
  wt_server *server = source->server;
  wt_session *session = wti_peers_find(&server->peers, source, from);
  if (session == NULL) {
    session = datagrams_new(source, from);
  }
  /* One that does not take its answers is not heard, as UDP does when a queue is full. */
  if (session == NULL || session->shut || session->peer_of->held_bytes >= server->options.send_buffer) {
    return;
  }
  wti_lane_touch(&server->peer_idle, &session->timer, server->now);
  wti_session_tell(session, message);
}

static void datagrams_read(wti_source_t *source) {
  wt_server *server = source->server;
  for (int taken = 0; taken < WTI_DATAGRAMS_A_WAKE; taken++) {
    wt_message message;
    wt_endpoint from;
    wt_error error;
    int got = wti_take_datagram(source->watch.fd, &server->datagram, source->place->plan.max_message, &message, &from,
                                source->name, &error);
    if (got == 0) {
      return;
    }
    if (got == 1) {
      datagrams_told(source, &from, &message);
    } else {
      wti_server_problem(server, &error);
      if (got != WT_ELIMIT) {
        return;
      }
    }
  }
}

/* ---- sending */

/* A Unix socket counts as writable although a peer's queue is full, so there the clock says when to try again. */
static void datagrams_wait_for_room(wti_source_t *source) {
  wt_server *server = source->server;
  unsigned wanted = source->paused ? 0u : (unsigned)WTI_POLLER_READ;
  if (source->held_first == NULL) {
    wti_timer_stop(&source->timer);
  } else if (wti_is_unix(&source->place->address)) {
    wti_lane_set(&server->datagram_retry, &source->timer, server->now);
  } else {
    wanted |= (unsigned)WTI_POLLER_WRITE;
  }
  (void)wti_poller_set(&server->poller, &source->watch, wanted);
}

/* Puts a session at the end of those for which something is held. */
static void datagrams_link(wt_session *session) {
  wti_source_t *source = session->source;
  wti_peer_t *peer = session->peer_of;
  peer->held = true;
  peer->before_held = source->held_last;
  peer->after_held = NULL;
  if (source->held_last != NULL) {
    source->held_last->peer_of->after_held = session;
  } else {
    source->held_first = session;
  }
  source->held_last = session;
}

static void datagrams_unlink(wt_session *session) {
  wti_source_t *source = session->source;
  wti_peer_t *peer = session->peer_of;
  peer->held = false;
  if (peer->before_held != NULL) {
    peer->before_held->peer_of->after_held = peer->after_held;
  } else {
    source->held_first = peer->after_held;
  }
  if (peer->after_held != NULL) {
    peer->after_held->peer_of->before_held = peer->before_held;
  } else {
    source->held_last = peer->before_held;
  }
}

/* Sends one, or what is held for a peer. Returns 1; 0 where there is no room; a code. */
static int datagrams_give(wt_session *session, const void *message, size_t size, wt_error *error) {
  int given = wti_give_datagram(session->source->watch.fd, &session->peer_of->endpoint, message, size, session->peer,
                                error);
  if (given == 1 && !session->shut) {
    wti_lane_touch(&session->server->peer_idle, &session->timer, session->server->now);
  }
  return given;
}

/* Returns whether all that was held for a peer is gone, or the peer is. */
static bool datagrams_give_held(wt_session *session) {
  wti_peer_t *peer = session->peer_of;
  wt_server *server = session->server;
  while (wti_queue_size(&session->queue) > 0) {
    size_t size;
    memcpy(&size, session->queue.data + session->queue.start, sizeof size);
    wt_error error;
    int given = datagrams_give(session, session->queue.data + session->queue.start + sizeof size, size, &error);
    if (given == 0) {
      if (server->now - peer->held_since < WTI_DATAGRAM_HELD_MS) {
        return false;
      }
      wti_session_late(session, "send");
      return true;
    }
    if (given < 0) {
      wti_server_problem(server, &error);
      if (session->over) {
        return true;
      }
      if (given != WT_ELIMIT) {
        /* The peer is gone, or there is no way to it: one word for all that is held. */
        peer->held_bytes = 0;
        wti_queue_drop(&session->queue, &server->spares);
        return true;
      }
    }
    peer->held_since = server->now;
    peer->held_bytes -= size;
    wti_queue_sent(&session->queue, sizeof size + size, &server->spares);
  }
  return true;
}

/* Tries those for whom something is held, not too many at once, each in turn. */
static void datagrams_send_held(wti_source_t *source) {
  for (int tried = 0; tried < WTI_DATAGRAMS_A_WAKE && source->held_first != NULL; tried++) {
    wt_session *session = source->held_first;
    bool all = datagrams_give_held(session);
    if (!session->over) {
      datagrams_unlink(session);
      if (all) {
        wti_session_owe(session);
      } else {
        datagrams_link(session);
      }
    }
    if (!all && !wti_is_unix(&source->place->address)) {
      break;
    }
  }
  datagrams_wait_for_room(source);
}

WTI_PRIVATE void wti_datagrams_retry(void *owner) { datagrams_send_held(owner); }

WTI_PRIVATE void wti_datagrams_ready(wti_watch_t *watch, unsigned events) {
  wti_source_t *source = (wti_source_t *)watch;
  if ((events & WTI_POLLER_WRITE) != 0) {
    datagrams_send_held(source);
  }
  if ((events & (WTI_POLLER_READ | WTI_POLLER_BROKEN)) != 0 && !source->paused) {
    datagrams_read(source);
  }
}

WTI_PRIVATE int wti_datagram_reply(wt_session *session, const void *message, size_t size) {
  wti_peer_t *peer = session->peer_of;
  wt_server *server = session->server;
  if (session->shut) {
    return WT_ECLOSED;
  }
  if (size > session->source->place->plan.max_message || peer->held_bytes >= server->options.send_buffer) {
    return WT_ELIMIT;
  }
  if (!peer->held) {
    int given = datagrams_give(session, message, size, NULL);
    if (given != 0) {
      return given == 1 ? 0 : given;
    }
  }
  if (!wti_queue_has(&session->queue, sizeof size + size, NULL)) {
    return WT_EMEMORY;
  }
  memcpy(session->queue.data + session->queue.end, &size, sizeof size);
  if (size > 0) {
    memcpy(session->queue.data + session->queue.end + sizeof size, message, size);
  }
  session->queue.end += sizeof size + size;
  peer->held_bytes += size;
  if (!peer->held) {
    peer->held_since = server->now;
    datagrams_link(session);
    datagrams_wait_for_room(session->source);
  }
  return 0;
}

/* ---- ending */

WTI_PRIVATE void wti_datagram_forget(wt_session *session) {
  wti_peers_t *peers = &session->server->peers;
  wti_peers_remove(peers, session);
  if (peers->count < session->server->options.max_udp_peers / 10 * 9) {
    peers->full_told = false;
  }
  if (session->peer_of->held) {
    datagrams_unlink(session);
    datagrams_wait_for_room(session->source);
  }
}

WTI_PRIVATE void wti_datagrams_stop(wti_source_t *source) {
  source->paused = true;
  datagrams_wait_for_room(source);
}
