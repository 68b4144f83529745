/* serve.c: the server object and its loop. What happens on a socket is in the files beside it; how it stops, in
   stopping.c. */
#include "server/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

WTI_PRIVATE void wti_server_problem(wt_server *server, const wt_error *error) {
  if (server->callbacks.on_problem != NULL) {
    server->callbacks.on_problem(server, error, server->context);
  }
}

/* ---- making */

static int serve_ms(int given, int usual) { return given == 0 ? usual : given; }

static size_t serve_size(size_t given, size_t usual) { return given == 0 ? usual : given; }

static int64_t serve_wait(int ms) { return ms < 0 ? WTI_LANE_NEVER : ms; }

static void serve_settle_options(wt_server *server) {
  wt_options *options = &server->options;
  options->close_timeout_ms = serve_ms(options->close_timeout_ms, WTI_CLOSE_TIMEOUT_MS);
  options->idle_timeout_ms = serve_ms(options->idle_timeout_ms, WTI_IDLE_MS);
  options->drain_ms = serve_ms(options->drain_ms, WTI_DRAIN_MS);
  options->udp_peer_idle_ms = serve_ms(options->udp_peer_idle_ms, WTI_UDP_PEER_IDLE_MS);
  options->max_connections = serve_size(options->max_connections, WTI_MAX_CONNECTIONS);
  options->max_udp_peers = serve_size(options->max_udp_peers, WTI_MAX_UDP_PEERS);
  options->send_buffer = serve_size(options->send_buffer, WTI_SEND_BUFFER);
  server->gather = options->send_buffer < WTI_READ_BYTES ? options->send_buffer : WTI_READ_BYTES;
}

static void serve_open_lanes(wt_server *server) {
  int64_t idle = serve_wait(server->options.idle_timeout_ms);
  int64_t peer_idle = serve_wait(server->options.udp_peer_idle_ms);
  /* Whoever is idle is found out a sixteenth later than could be, for what passes to cost next to nothing. */
  wti_lane_open(&server->idle, idle, idle / 16 + 1, wti_session_idle);
  wti_lane_open(&server->peer_idle, peer_idle, peer_idle / 16 + 1, wti_session_idle);
  wti_lane_open(&server->flush, serve_wait(server->options.close_timeout_ms), 0, wti_session_flush_late);
  wti_lane_open(&server->linger, WTI_LINGER_MS, 0, wti_session_lingered);
  wti_lane_open(&server->accept_retry, WTI_ACCEPT_RETRY_MS, 0, wti_accepting_retry);
  wti_lane_open(&server->datagram_retry, WTI_DATAGRAM_RETRY_MS, 0, wti_datagrams_retry);
}

/* Opens what a server needs before it listens anywhere. Returns 0, or -1 with errno. */
static int serve_open(wt_server *server) {
  server->input = malloc(WTI_READ_BYTES + 1);
  if (server->input == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, server->stop_fds) < 0) {
    return -1;
  }
  for (int i = 0; i < 2; i++) {
    if (wti_prepare_fd(server->stop_fds[i]) < 0) {
      return -1;
    }
  }
  if (wti_poller_open(&server->poller, (server->options.flags & WTI_USE_POLL) != 0) < 0) {
    return -1;
  }
  server->stop.server = server;
  server->stop.watch.fd = server->stop_fds[0];
  server->stop.watch.ready = wti_stopping_ready;
  return wti_poller_set(&server->poller, &server->stop.watch, WTI_POLLER_READ);
}

/* What nobody outside can know: where things lie in memory, and when it began. */
static uint64_t serve_seed(const wt_server *server) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = (uint64_t)(uintptr_t)server ^ (uint64_t)now.tv_nsec << 32 ^ (uint64_t)getpid();
  return seed * UINT64_C(0x9E3779B97F4A7C15);
}

int wt_server_new(wt_server **server, const wt_options *options, const wt_callbacks *callbacks, void *context,
                  wt_error *error) {
  static const wt_options usual;
  static const wt_callbacks none;
  wt_framing framing;
  *server = NULL;
  options = options != NULL ? options : &usual;
  /* Now, rather than when it listens: the words are as wrong now. */
  if (options->framing != NULL && wt_framing_parse(&framing, options->framing, options->max_message, error) < 0) {
    return WT_EUSAGE;
  }
  wt_server *made = calloc(1, sizeof *made);
  if (made == NULL) {
    return wti_fail(error, WT_EMEMORY, "there is no memory for a server");
  }
  made->callbacks = callbacks != NULL ? *callbacks : none;
  made->context = context;
  made->options = *options;
  made->stop_fds[0] = made->stop_fds[1] = -1;
  made->phase_until = WTI_NEVER;
  made->now = wti_now_ms();
  made->peers.seed = serve_seed(made);
  serve_settle_options(made);
  serve_open_lanes(made);
  if (options->framing != NULL) {
    made->framing = strdup(options->framing);
    made->options.framing = made->framing;
  }
  if ((options->framing != NULL && made->framing == NULL) || serve_open(made) < 0) {
    int failed = wti_explain(error, errno, "the server", WTI_OPEN);
    wt_server_free(made);
    return failed;
  }
  *server = made;
  return 0;
}

static void serve_free_place(wti_place_t *place) {
  wti_close_listening(place->listening, place->count);
  free(place->sources);
  free(place);
}

/* Begins anew, as after wt_server_new. */
static void serve_clear(wt_server *server) {
  while (server->places != NULL) {
    wti_place_t *place = server->places;
    server->places = place->next;
    for (size_t i = 0; place->sources != NULL && i < place->count; i++) {
      wti_poller_forget(&server->poller, &place->sources[i].watch);
      wti_timer_stop(&place->sources[i].timer);
    }
    serve_free_place(place);
  }
  server->phase = WTI_SERVING;
  server->phase_until = WTI_NEVER;
  server->stops = 0;
  server->accept_paused = server->full_told = false;
}

void wt_server_free(wt_server *server) {
  if (server == NULL) {
    return;
  }
  serve_clear(server);
  if (server->poller.way != NULL) {
    wti_poller_close(&server->poller);
  }
  for (int i = 0; i < 2; i++) {
    if (server->stop_fds[i] >= 0) {
      wti_close_fd(server->stop_fds[i]);
    }
  }
  wti_peers_free(&server->peers);
  wti_spares_free(&server->spares);
  free(server->datagram.data);
  free(server->input);
  free(server->framing);
  free(server);
}

/* ---- listening */

static void serve_fill_source(wt_server *server, wti_place_t *place, size_t at) {
  wti_source_t *source = &place->sources[at];
  source->watch.fd = place->listening[at].fd;
  source->watch.ready = place->datagrams ? wti_datagrams_ready : wti_accepting_ready;
  source->server = server;
  source->place = place;
  source->name = place->listening[at].name;
  source->timer.owner = source;
}

/* Opens the sockets of a place whose address has been read. */
static int serve_open_place(wt_server *server, wti_place_t *place, wt_error *error) {
  int failed = wti_plan(&place->plan, &place->address, &server->options, error);
  if (failed < 0) {
    return failed;
  }
  failed = wti_open_listening(&place->listening, &place->count, &place->address, error);
  if (failed < 0) {
    return failed;
  }
  place->datagrams = wti_is_datagram(&place->address);
  place->sources = calloc(place->count, sizeof *place->sources);
  if (place->sources == NULL) {
    return wti_fail(error, WT_EMEMORY, "there is no memory to listen");
  }
  for (size_t i = 0; i < place->count; i++) {
    serve_fill_source(server, place, i);
  }
  return 0;
}

int wt_server_listen(wt_server *server, const char *address, wt_error *error) {
  if (server->phase != WTI_SERVING) {
    return wti_fail(error, WT_ECLOSED, "%s: the server is stopping", address);
  }
  wti_place_t *place = calloc(1, sizeof *place);
  if (place == NULL) {
    return wti_fail(error, WT_EMEMORY, "there is no memory to listen");
  }
  int failed = wt_address_parse(&place->address, address, error);
  if (failed == 0) {
    failed = serve_open_place(server, place, error);
  }
  if (failed < 0) {
    serve_free_place(place);
    return failed;
  }
  wti_place_t **end = &server->places;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = place;
  server->unannounced = true;
  return 0;
}

/* Tells where it listens, and begins to take who comes. */
static void serve_announce(wt_server *server) {
  server->unannounced = false;
  for (wti_place_t *place = server->places; place != NULL; place = place->next) {
    for (size_t i = 0; i < place->count; i++) {
      wti_source_t *source = &place->sources[i];
      if (source->announced) {
        continue;
      }
      source->announced = true;
      if (server->callbacks.on_ready != NULL) {
        server->callbacks.on_ready(server, source->name, server->context);
      }
      wti_source_resume(source);
    }
  }
}

/* ---- running */

static int64_t serve_earlier(int64_t one, int64_t other) { return one < other ? one : other; }

static int serve_wait_ms(const wt_server *server) {
  int64_t due = server->phase_until;
  due = serve_earlier(due, wti_lane_due(&server->idle));
  due = serve_earlier(due, wti_lane_due(&server->peer_idle));
  due = serve_earlier(due, wti_lane_due(&server->flush));
  due = serve_earlier(due, wti_lane_due(&server->linger));
  due = serve_earlier(due, wti_lane_due(&server->accept_retry));
  due = serve_earlier(due, wti_lane_due(&server->datagram_retry));
  if (due == WTI_NEVER) {
    return -1;
  }
  int64_t left = due - server->now;
  return left < 0 ? 0 : (int)serve_earlier(left, INT32_MAX);
}

static void serve_timers(wt_server *server) {
  wti_lane_run(&server->idle, server->now);
  wti_lane_run(&server->peer_idle, server->now);
  wti_lane_run(&server->flush, server->now);
  wti_lane_run(&server->linger, server->now);
  wti_lane_run(&server->accept_retry, server->now);
  wti_lane_run(&server->datagram_retry, server->now);
}

/* One wait, and all that it brings. Returns 0, or -1 with errno. */
static int serve_turn(wt_server *server) {
  if (server->unannounced) {
    serve_announce(server);
  }
  int count = wti_poller_wait(&server->poller, serve_wait_ms(server));
  if (count < 0) {
    return -1;
  }
  server->now = wti_now_ms();
  wti_poller_tell(&server->poller, count);
  serve_timers(server);
  wti_stopping_look(server);
  wti_sessions_settle(server);
  wti_accepting_resume(server);
  return 0;
}

int wt_server_run(wt_server *server, wt_error *error) {
  if (server->running || server->places == NULL) {
    return wti_fail(error, WT_EUSAGE, server->running ? "the server runs already"
                                                      : "the server has no address: call wt_server_listen first");
  }
  int failed = 0;
  server->running = true;
  server->now = wti_now_ms();
  while (server->phase == WTI_SERVING || server->first != NULL) {
    if (serve_turn(server) < 0) {
      failed = wti_explain(error, errno, "the server", WTI_OPEN);
      wti_stopping_cut(server);
      wti_sessions_settle(server);
    }
  }
  serve_clear(server);
  server->running = false;
  return failed;
}

int wt_serve(const char *address, const wt_options *options, const wt_callbacks *callbacks, void *context,
             wt_error *error) {
  wt_server *server;
  int result = wt_server_new(&server, options, callbacks, context, error);
  if (result == 0) {
    result = wt_server_listen(server, address, error);
    if (result == 0) {
      result = wt_server_run(server, error);
    }
    wt_server_free(server);
  }
  return result;
}
