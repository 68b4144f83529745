/* accepting.c: new connections, as many as the limits and the system allow; never spins, never dies. */
#include "server/server.h"

#include <errno.h>

WTI_PRIVATE void wti_source_resume(wti_source_t *source) {
  wt_server *server = source->server;
  wt_error error;
  source->paused = false;
  if (wti_poller_set(&server->poller, &source->watch, WTI_POLLER_READ) < 0) {
    (void)wti_explain(&error, errno, source->name, WTI_LISTEN);
    source->paused = true;
    wti_lane_set(&server->accept_retry, &source->timer, server->now);
    wti_server_problem(server, &error);
  }
}

static void accepting_pause(wti_source_t *source) {
  source->paused = true;
  wti_poller_forget(&source->server->poller, &source->watch);
}

/* Stops accepting at every socket: the kernel holds what its backlog holds, and refuses the rest. */
static void accepting_full(wt_server *server) {
  server->accept_paused = true;
  for (wti_place_t *place = server->places; place != NULL; place = place->next) {
    for (size_t i = 0; !place->datagrams && i < place->count; i++) {
      accepting_pause(&place->sources[i]);
    }
  }
  if (!server->full_told) {
    wt_error error;
    server->full_told = true;
    (void)wti_fail(&error, WT_ELIMIT, "as many connections as max_connections allows (%zu): no more are accepted",
                   server->options.max_connections);
    wti_server_problem(server, &error);
  }
}

WTI_PRIVATE void wti_accepting_resume(wt_server *server) {
  if (!server->accept_paused || server->streams >= server->options.max_connections) {
    return;
  }
  server->accept_paused = false;
  for (wti_place_t *place = server->places; place != NULL; place = place->next) {
    for (size_t i = 0; !place->datagrams && i < place->count; i++) {
      wti_source_t *source = &place->sources[i];
      if (source->paused && source->timer.after == NULL) {
        wti_source_resume(source);
      }
    }
  }
}

WTI_PRIVATE void wti_accepting_retry(void *owner) {
  wti_source_t *source = owner;
  if (!source->server->accept_paused) {
    wti_source_resume(source);
  }
}

/* The connection stays in the backlog, so the socket stays readable: wait by the clock, or this would spin. */
static void accepting_later(wti_source_t *source, const wt_error *error) {
  wt_server *server = source->server;
  accepting_pause(source);
  wti_lane_set(&server->accept_retry, &source->timer, server->now);
  if (!source->out_told) {
    source->out_told = true;
    wt_error told = *error;
    if (error->code == WT_ELIMIT) {
      (void)wti_fail_os(&told, error->code, error->os_error, "%s: %s; accepting goes on when there is room",
                        source->name, error->text);
    }
    wti_server_problem(server, &told);
  }
}

static void accepting_adopt(wti_source_t *source, int fd, const wti_sockaddr_t *from) {
  char peer[WT_NAME_BYTES];
  char local[WT_NAME_BYTES];
  const char *scheme = source->place->address.scheme;
  wti_name(peer, scheme, &from->storage, from->size);
  wti_local_name(local, scheme, fd);
  wt_session *session = wti_session_new(source, fd, peer, local, NULL);
  if (session == NULL || wti_poller_set(&source->server->poller, &session->watch, WTI_POLLER_READ) < 0) {
    wt_error error;
    (void)wti_fail(&error, WT_EMEMORY, "%s: %s: there is no memory for another connection", source->name, peer);
    wti_close_fd(fd);
    if (session != NULL) {
      wti_session_free(session);
    }
    wti_server_problem(source->server, &error);
    return;
  }
  wti_session_begin(session);
}

WTI_PRIVATE void wti_accepting_ready(wti_watch_t *watch, unsigned events) {
  wti_source_t *source = (wti_source_t *)watch;
  wt_server *server = source->server;
  (void)events;
  for (int taken = 0; taken < WTI_ACCEPTS_A_WAKE; taken++) {
    int fd;
    wti_sockaddr_t from;
    wt_error error;
    if (server->streams >= server->options.max_connections) {
      accepting_full(server);
      return;
    }
    int got = wti_accept_one(&fd, &from, source->watch.fd, &source->place->address, &error);
    if (got < 0) {
      accepting_later(source, &error);
      return;
    }
    if (got == 0) {
      return;
    }
    source->out_told = false;
    accepting_adopt(source, fd, &from);
  }
}
