/* Whatever a callback may do, it may do to any session, the one at hand included; what must not is refused. */
#include "server/serving.h"

/* ---- everything in one callback */

static void callbacks_close_at_open(wt_session *session, void *context) {
  (void)context;
  CHECK_INT(0, wt_reply(session, "sorry", 5));
  wt_session_close(session);
  wt_session_close(session);
  CHECK_INT(WT_ECLOSED, wt_reply(session, "more", 4));
}

TEST(on_open_may_close) {
  wt_callbacks callbacks = {NULL, callbacks_close_at_open, serving_echo, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  CLIENT_GETS(fd, "sorry\n");
  CHECK_INT(0, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close -15 closed by us\n");
  CHECK_TEXT("open\nclose -15 closed by us\n", serving->log);
  CHECK_INT(0, serving_ended(serving));
}

static void callbacks_abort_at_open(wt_session *session, void *context) {
  (void)context;
  wt_session_abort(session);
  wt_session_abort(session);
  wt_session_close(session);
  CHECK_INT(WT_ECLOSED, wt_reply(session, "more", 4));
}

TEST(on_open_may_abort) {
  wt_callbacks callbacks = {NULL, callbacks_abort_at_open, serving_echo, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  CHECK_INT(ECONNRESET, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close -15 closed by us\n");
  CHECK_INT(0, serving_ended(serving));
}

/* In on_message: everybody but the one at hand is aborted, then that one too; the message stays readable. */
static void callbacks_abort_all(wt_session *session, const wt_message *message, void *context) {
  wt_server *server = wt_session_server(session);
  size_t size = message->size;
  (void)context;
  for (wt_session *one = NULL; (one = wt_server_next(server, one)) != NULL;) {
    wt_session_abort(one);
  }
  CHECK_INT(0, wt_server_count(server));
  CHECK(wt_server_next(server, NULL) == NULL);
  CHECK_INT(size, strlen(message->data));
  CHECK_INT(WT_ECLOSED, wt_reply(session, message->data, size));
}

TEST(on_message_may_abort_everybody) {
  wt_callbacks callbacks = {NULL, NULL, callbacks_abort_all, NULL, NULL};
  for (int piecewise = 0; piecewise < 2; piecewise++) {
    serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
    int fds[3];
    for (int i = 0; i < 3; i++) {
      fds[i] = client_at(serving);
      client_send(fds[i], piecewise ? "begun, " : "");
    }
    SERVING_SAW(serving, 3, "open\n");
    client_send(fds[1], "all off\nnever heard\n");
    for (int i = 0; i < 3; i++) {
      CHECK_INT(ECONNRESET, client_end(fds[i]));
      close(fds[i]);
    }
    SERVING_SAW(serving, 3, "close -15 closed by us\n");
    CHECK_INT(1, serving_count(serving, "message"));
    CHECK_INT(0, serving_ended(serving));
  }
}

/* In on_close: the session that is over, and all others. */
static void callbacks_from_close(wt_session *session, const wt_error *why, void *context) {
  wt_server *server = wt_session_server(session);
  (void)why;
  CHECK_INT(WT_ECLOSED, wt_reply(session, "more", 4));
  wt_session_close(session);
  wt_session_abort(session);
  for (wt_session *one = NULL; (one = wt_server_next(server, one)) != NULL;) {
    CHECK(one != session);
    CHECK_INT(0, wt_reply(one, "left", 4));
    wt_session_close(one);
  }
  CHECK(wt_server_next(server, session) == NULL);
  if (context != NULL) {
    serving_add(context, "left %zu\n", wt_server_count(server));
  }
}

TEST(on_close_may_end_the_others) {
  wt_callbacks callbacks = {NULL, NULL, serving_echo, callbacks_from_close, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fds[3];
  for (int i = 0; i < 3; i++) {
    fds[i] = client_at(serving);
  }
  SERVING_SAW(serving, 3, "open\n");
  close(fds[1]);
  CLIENT_GETS(fds[0], "left\n");
  CLIENT_GETS(fds[2], "left\n");
  CHECK_INT(0, client_end(fds[0]));
  CHECK_INT(0, client_end(fds[2]));
  close(fds[0]);
  close(fds[2]);
  SERVING_SAW(serving, 3, "\nclose ");
  CHECK_INT(3, serving_count(serving, "left 0\n"));
  CHECK_INT(0, serving_ended(serving));
}

/* ---- stale events */

/* The first message waits until everything is ready at once; then its handler aborts the session whose message comes
   in the same batch, and whose descriptor's number a new connection may get in the same batch. */
typedef struct callbacks_gate {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool open;
} callbacks_gate_t;

static void callbacks_wait_at_gate(callbacks_gate_t *gate) {
  pthread_mutex_lock(&gate->lock);
  while (!gate->open) {
    pthread_cond_wait(&gate->changed, &gate->lock);
  }
  pthread_mutex_unlock(&gate->lock);
}

static void callbacks_kill(wt_session *session, const wt_message *message, void *context) {
  serving_t *serving = context;
  wt_server *server = wt_session_server(session);
  if (strcmp(message->data, "wait") == 0) {
    callbacks_wait_at_gate(serving->extra);
  } else if (strcmp(message->data, "kill") == 0) {
    for (wt_session *one = NULL; (one = wt_server_next(server, one)) != NULL;) {
      if (wt_session_get(one) != NULL) {
        wt_session_abort(one);
      }
    }
  } else if (strcmp(message->data, "victim") == 0) {
    wt_session_set(session, serving);
    (void)wt_reply(session, "ready", 5);
  } else {
    (void)wt_reply(session, message->data, message->size);
  }
}

TEST(an_event_for_who_is_gone_reaches_nobody) {
  callbacks_gate_t gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
  wt_callbacks callbacks = {NULL, NULL, callbacks_kill, NULL, NULL};
  serving_t *serving = serving_new(NULL, &callbacks);
  serving->extra = &gate;
  serving_listen(serving, "tcp://127.0.0.1:0?framing=line");
  serving_begin(serving, 1);
  int waiter = client_at(serving);
  int killer = client_at(serving);
  int victims[8];
  for (int i = 0; i < 8; i++) {
    victims[i] = client_at(serving);
    client_send(victims[i], "victim\n");
    CLIENT_GETS(victims[i], "ready\n");
  }
  client_send(waiter, "wait\n");
  SERVING_SAW(serving, 1, "message wait\n");
  int newcomers[8];
  client_send(killer, "kill\n");
  for (int i = 0; i < 8; i++) {
    newcomers[i] = client_at(serving);
    client_send(newcomers[i], "hello\n");
    client_send(victims[i], "never heard\n");
  }
  pthread_mutex_lock(&gate.lock);
  gate.open = true;
  pthread_cond_broadcast(&gate.changed);
  pthread_mutex_unlock(&gate.lock);
  for (int i = 0; i < 8; i++) {
    CHECK_INT(ECONNRESET, client_end(victims[i]));
    CLIENT_GETS(newcomers[i], "hello\n");
    close(victims[i]);
    close(newcomers[i]);
  }
  close(waiter);
  close(killer);
  CHECK_INT(0, serving_count(serving, "never heard"));
  SERVING_SAW(serving, 8, "close -15 closed by us\n");
  CHECK_INT(0, serving_ended(serving));
}

/* ---- the server itself */

static void callbacks_stop(wt_session *session, const wt_message *message, void *context) {
  wt_error error;
  wt_server *server = wt_session_server(session);
  (void)context;
  CHECK_INT(WT_EUSAGE, wt_server_run(server, &error));
  CHECK_TEXT("the server runs already", error.text);
  (void)wt_reply(session, message->data, message->size);
  wt_server_stop(server);
}

TEST(on_message_may_stop) {
  wt_callbacks callbacks = {NULL, NULL, callbacks_stop, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "bye\n");
  CLIENT_GETS(fd, "bye\n");
  close(fd);
  CHECK_INT(0, serving_joined(serving));
}

static void callbacks_stop_at_ready(wt_server *server, const char *address, void *context) {
  (void)address;
  (void)context;
  wt_server_stop(server);
}

TEST(on_ready_may_stop) {
  wt_callbacks callbacks = {callbacks_stop_at_ready, NULL, NULL, NULL, NULL};
  CHECK_INT(0, serving_joined(serving_at("tcp://127.0.0.1:0", NULL, &callbacks)));
}

static void callbacks_listen(wt_session *session, const wt_message *message, void *context) {
  wt_error error;
  (void)context;
  CHECK_INT(0, wt_server_listen(wt_session_server(session), "tcp://127.0.0.1:0?framing=line", &error));
  CHECK_INT(WT_EUSAGE, wt_server_listen(wt_session_server(session), "tcp://127.0.0.1:0?framing=lines", &error));
  (void)wt_reply(session, message->data, message->size);
}

TEST(on_message_may_listen_elsewhere_too) {
  wt_callbacks callbacks = {NULL, NULL, callbacks_listen, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "more\n");
  CLIENT_GETS(fd, "more\n");
  serving_listens(serving, 2);
  int other = client_socket(serving->address[1], SOCK_STREAM);
  client_send(other, "here\n");
  CLIENT_GETS(other, "here\n");
  close(other);
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

/* No callback at all: messages are taken, and nothing happens. */
TEST(no_callback_is_needed) {
  wt_server *server;
  wt_error error;
  char address[64];
  snprintf(address, sizeof address, "unix:/tmp/wt-callbacks-%d.sock?framing=line", (int)getpid());
  wt_options options = {.flags = serving_flags};
  CHECK_INT(0, wt_server_new(&server, &options, NULL, NULL, &error));
  CHECK_INT(0, wt_server_listen(server, address, &error));
  pid_t child = fork();
  if (child == 0) {
    *strchr(address, '?') = '\0';
    int fd = client_socket(address, SOCK_STREAM);
    client_send(fd, "hello\nworld\nbad");
    wt_server_stop(server);
    shutdown(fd, SHUT_WR);
    _exit(client_end(fd) != 0);
  }
  CHECK_INT(0, wt_server_run(server, &error));
  int status = -1;
  waitpid(child, &status, 0);
  CHECK_INT(0, status);
  wt_server_free(server);
}

int main(void) {
  RUN_BOTH(on_open_may_close);
  RUN_BOTH(on_open_may_abort);
  RUN_BOTH(on_message_may_abort_everybody);
  RUN_BOTH(on_close_may_end_the_others);
  RUN_BOTH(an_event_for_who_is_gone_reaches_nobody);
  RUN_BOTH(on_message_may_stop);
  RUN_BOTH(on_ready_may_stop);
  RUN_BOTH(on_message_may_listen_elsewhere_too);
  RUN_BOTH(no_callback_is_needed);
  return check_done();
}
