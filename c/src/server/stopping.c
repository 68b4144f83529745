/* stopping.c: a stop asked for from anywhere, and the end in good order: no more is accepted, open conversations may
   end by themselves, then they are closed, then cut off. */
#include "server/server.h"

#include <errno.h>
#include <unistd.h>

/* For signal handlers and other threads, so it touches nothing but a pair of sockets: the loop counts the bytes. */
void wt_server_stop(wt_server *server) {
  int kept = errno;
  ssize_t written;
  do {
    written = write(server->stop_fds[1], "", 1);
  } while (written < 0 && errno == EINTR);
  errno = kept;
}

WTI_PRIVATE void wti_stopping_ready(wti_watch_t *watch, unsigned events) {
  wti_stop_watch_t *stop = (wti_stop_watch_t *)watch;
  char bytes[16];
  ssize_t count = read(watch->fd, bytes, sizeof bytes);
  (void)events;
  if (count > 0) {
    stop->server->stops += (unsigned)count;
  }
}

static void stopping_drain(wt_server *server) {
  server->phase = WTI_DRAINING;
  server->phase_until =
      server->options.drain_ms < 0 ? WTI_NEVER : server->now + server->options.drain_ms;
  for (wti_place_t *place = server->places; place != NULL; place = place->next) {
    for (size_t i = 0; i < place->count; i++) {
      wti_source_t *source = &place->sources[i];
      if (place->datagrams) {
        wti_datagrams_stop(source);
        continue;
      }
      wti_poller_forget(&server->poller, &source->watch);
      wti_timer_stop(&source->timer);
      source->paused = false;
    }
    if (!place->datagrams) {
      wti_close_listening(place->listening, place->count);
      place->listening = NULL;
    }
  }
  server->accept_paused = false;
  server->unannounced = false;
  for (wt_session *session = server->first; session != NULL; session = session->after) {
    if (session->peer_of != NULL) {
      wti_session_shut(session, WT_ECLOSED);
    }
  }
}

WTI_PRIVATE void wti_stopping_cut(wt_server *server) {
  server->phase = WTI_CUTTING;
  server->phase_until = WTI_NEVER;
  for (wt_session *session = server->first; session != NULL; session = session->after) {
    wti_session_over(session, true);
  }
}

WTI_PRIVATE void wti_stopping_look(wt_server *server) {
  if (server->stops == 0) {
    return;
  }
  if (server->phase == WTI_SERVING) {
    stopping_drain(server);
  }
  if (server->stops > 1 || (server->phase == WTI_CLOSING && server->now >= server->phase_until)) {
    wti_stopping_cut(server);
  } else if (server->phase == WTI_DRAINING && server->now >= server->phase_until) {
    server->phase = WTI_CLOSING;
    server->phase_until = server->now + WTI_GRACE_MS;
    for (wt_session *session = server->first; session != NULL; session = session->after) {
      wti_session_shut(session, WT_ECLOSED);
    }
  }
}
