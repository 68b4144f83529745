/* serving.h: for the tests of the server: a server in a thread of its own that writes down what it is told, and
   clients that are plain sockets and know nothing of wiretalk. Waits are for conditions, ten seconds at the most. */
#ifndef SERVING_H
#define SERVING_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "wiretalk.h"
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERVING_PATIENCE_MS 10000
#define SERVING_POLL 0x80000000u /* the library's own flag: poll, even where there is epoll */

/* Not every test needs all that is here. */
#define SERVING_MAY __attribute__((unused)) static

/* Whether a test runs with the poller of choice, or with poll. */
static unsigned serving_flags;

/* Runs a test with either poller. */
#define RUN_BOTH(test)                  \
  do {                                  \
    serving_flags = 0;                  \
    RUN(test);                          \
    serving_flags = SERVING_POLL;       \
    RUN(test);                          \
  } while (0)

typedef struct serving {
  wt_server *server;
  wt_callbacks callbacks; /* what a test wants done, beside writing down */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  char log[1 << 16];
  size_t logged;
  char address[4][256];   /* where it listens, in the order told */
  size_t address_count;
  void *extra;            /* a test's own */
  int result;
  wt_error error;
  bool done;
} serving_t;

SERVING_MAY void serving_add(serving_t *serving, const char *format, ...) {
  va_list words;
  pthread_mutex_lock(&serving->lock);
  size_t room = sizeof serving->log - serving->logged;
  va_start(words, format);
  int size = vsnprintf(serving->log + serving->logged, room, format, words);
  va_end(words);
  if (size > 0 && (size_t)size < room) {
    serving->logged += (size_t)size;
  }
  pthread_cond_broadcast(&serving->changed);
  pthread_mutex_unlock(&serving->lock);
}

SERVING_MAY void serving_ready(wt_server *server, const char *address, void *context) {
  serving_t *serving = context;
  pthread_mutex_lock(&serving->lock);
  if (serving->address_count < 4) {
    snprintf(serving->address[serving->address_count++], sizeof serving->address[0], "%s", address);
  }
  pthread_cond_broadcast(&serving->changed);
  pthread_mutex_unlock(&serving->lock);
  if (serving->callbacks.on_ready != NULL) {
    serving->callbacks.on_ready(server, address, serving);
  }
}

SERVING_MAY void serving_open(wt_session *session, void *context) {
  serving_t *serving = context;
  serving_add(serving, "open\n");
  if (serving->callbacks.on_open != NULL) {
    serving->callbacks.on_open(session, serving);
  }
}

SERVING_MAY void serving_message(wt_session *session, const wt_message *message, void *context) {
  serving_t *serving = context;
  if (message->size < 100) {
    serving_add(serving, "message %s\n", message->data);
  } else {
    serving_add(serving, "message of %zu bytes\n", message->size);
  }
  if (serving->callbacks.on_message != NULL) {
    serving->callbacks.on_message(session, message, serving);
  }
}

SERVING_MAY void serving_close(wt_session *session, const wt_error *why, void *context) {
  serving_t *serving = context;
  /* The peer's name stands in front, and is another one every time. */
  const char *text = why->text + strlen(wt_session_peer(session)) + 2;
  if (serving->callbacks.on_close != NULL) {
    serving->callbacks.on_close(session, why, serving);
  }
  serving_add(serving, "close %d %s\n", why->code, text);
}

SERVING_MAY void serving_problem(wt_server *server, const wt_error *error, void *context) {
  serving_t *serving = context;
  serving_add(serving, "problem %d\n", error->code);
  if (serving->callbacks.on_problem != NULL) {
    serving->callbacks.on_problem(server, error, serving);
  }
}

SERVING_MAY void *serving_run(void *argument) {
  serving_t *serving = argument;
  int result = wt_server_run(serving->server, &serving->error);
  pthread_mutex_lock(&serving->lock);
  serving->result = result;
  serving->done = true;
  pthread_cond_broadcast(&serving->changed);
  pthread_mutex_unlock(&serving->lock);
  return NULL;
}

SERVING_MAY void serving_deadline(struct timespec *until, int ms) {
  clock_gettime(CLOCK_REALTIME, until);
  until->tv_sec += ms / 1000;
  until->tv_nsec += (long)(ms % 1000) * 1000000;
  if (until->tv_nsec >= 1000000000) {
    until->tv_sec++;
    until->tv_nsec -= 1000000000;
  }
}

SERVING_MAY size_t serving_count_locked(const serving_t *serving, const char *text) {
  size_t count = 0;
  for (const char *at = serving->log; (at = strstr(at, text)) != NULL; at += strlen(text)) {
    count++;
  }
  return count;
}

/* Returns how often the text has been written down. */
SERVING_MAY size_t serving_count(serving_t *serving, const char *text) {
  pthread_mutex_lock(&serving->lock);
  size_t count = serving_count_locked(serving, text);
  pthread_mutex_unlock(&serving->lock);
  return count;
}

/* Waits until it has been written down so often. */
SERVING_MAY bool serving_waits(serving_t *serving, const char *text, size_t times) {
  struct timespec until;
  int failed = 0;
  serving_deadline(&until, SERVING_PATIENCE_MS);
  pthread_mutex_lock(&serving->lock);
  while (serving_count_locked(serving, text) < times && failed == 0) {
    failed = pthread_cond_timedwait(&serving->changed, &serving->lock, &until);
  }
  bool found = serving_count_locked(serving, text) >= times;
  pthread_mutex_unlock(&serving->lock);
  return found;
}

/* Says what has been written down, for CHECK_TEXT; nothing is added while nothing happens. */
#define SERVING_SAW(serving, times, text)                                               \
  do {                                                                                  \
    if (!serving_waits(serving, text, times)) {                                         \
      printf("%s:%d: in %s: waited in vain for %d times %s, in\n%s\n", __FILE__, __LINE__, check_name, (int)(times), \
             text, (serving)->log);                                                     \
      check_failures++;                                                                 \
    }                                                                                   \
  } while (0)

SERVING_MAY serving_t *serving_new(const wt_options *options, const wt_callbacks *callbacks) {
  static const wt_callbacks told = {serving_ready, serving_open, serving_message, serving_close, serving_problem};
  wt_options with = {0};
  serving_t *serving = calloc(1, sizeof *serving);
  if (options != NULL) {
    with = *options;
  }
  with.flags |= serving_flags;
  if (callbacks != NULL) {
    serving->callbacks = *callbacks;
  }
  pthread_mutex_init(&serving->lock, NULL);
  pthread_cond_init(&serving->changed, NULL);
  CHECK_INT(0, wt_server_new(&serving->server, &with, &told, serving, &serving->error));
  return serving;
}

SERVING_MAY void serving_listen(serving_t *serving, const char *address) {
  if (wt_server_listen(serving->server, address, &serving->error) < 0) {
    printf("%s: in %s: %s\n", __FILE__, check_name, serving->error.text);
    check_failures++;
  }
}

/* Waits until it listens at so many sockets, or has returned. */
SERVING_MAY void serving_listens(serving_t *serving, size_t sockets) {
  struct timespec until;
  int failed = 0;
  serving_deadline(&until, SERVING_PATIENCE_MS);
  pthread_mutex_lock(&serving->lock);
  while (serving->address_count < sockets && !serving->done && failed == 0) {
    failed = pthread_cond_timedwait(&serving->changed, &serving->lock, &until);
  }
  pthread_mutex_unlock(&serving->lock);
}

/* Runs it, and waits until it listens at so many sockets. */
SERVING_MAY void serving_begin(serving_t *serving, size_t sockets) {
  pthread_create(&serving->thread, NULL, serving_run, serving);
  serving_listens(serving, sockets);
}

/* A server at one address that does what the callbacks say, beside writing down. */
SERVING_MAY serving_t *serving_at(const char *address, const wt_options *options, const wt_callbacks *callbacks) {
  serving_t *serving = serving_new(options, callbacks);
  serving_listen(serving, address);
  serving_begin(serving, 1);
  return serving;
}

/* Waits until it has returned, frees it, and returns what it returned. */
SERVING_MAY int serving_joined(serving_t *serving) {
  pthread_join(serving->thread, NULL);
  int result = serving->result;
  wt_server_free(serving->server);
  pthread_mutex_destroy(&serving->lock);
  pthread_cond_destroy(&serving->changed);
  free(serving);
  return result;
}

/* Stops it at once, and frees it. */
SERVING_MAY int serving_ended(serving_t *serving) {
  wt_server_stop(serving->server);
  wt_server_stop(serving->server);
  return serving_joined(serving);
}

/* ---- what handlers do most */

SERVING_MAY void serving_echo(wt_session *session, const wt_message *message, void *context) {
  (void)context;
  (void)wt_reply(session, message->data, message->size);
}

SERVING_MAY const wt_callbacks serving_echoes = {NULL, NULL, serving_echo, NULL, NULL};

/* ---- clients */

SERVING_MAY int client_port(const char *address) {
  const char *colon = strrchr(address, ':');
  return colon != NULL ? atoi(colon + 1) : 0;
}

SERVING_MAY int client_socket(const char *address, int kind) {
  if (strncmp(address, "unix", 4) == 0) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", strchr(address, ':') + 1);
    int fd = socket(AF_UNIX, kind, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
      printf("%s: %s\n", address, strerror(errno));
      check_failures++;
    }
    return fd;
  }
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)client_port(address))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, kind, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
    printf("%s: %s\n", address, strerror(errno));
    check_failures++;
  }
  if (kind == SOCK_STREAM) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return fd;
}

SERVING_MAY int client_at(const serving_t *serving) { return client_socket(serving->address[0], SOCK_STREAM); }

SERVING_MAY void client_send_bytes(int fd, const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
    if (sent < 0) {
      printf("in %s: send: %s\n", check_name, strerror(errno));
      check_failures++;
      return;
    }
    at += sent;
    size -= (size_t)sent;
  }
}

SERVING_MAY void client_send(int fd, const char *text) { client_send_bytes(fd, text, strlen(text)); }

SERVING_MAY bool client_readable(int fd, int ms) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  return poll(&one, 1, ms) > 0;
}

/* Receives so many bytes; fewer at the end, or when patience is. */
SERVING_MAY size_t client_take(int fd, void *data, size_t size) {
  size_t have = 0;
  while (have < size && client_readable(fd, SERVING_PATIENCE_MS)) {
    ssize_t received = recv(fd, (char *)data + have, size - have, 0);
    if (received <= 0) {
      break;
    }
    have += (size_t)received;
  }
  return have;
}

#define CLIENT_GETS(fd, text)                                                   \
  do {                                                                          \
    char client_got[4096];                                                      \
    size_t client_have = client_take(fd, client_got, strlen(text));             \
    client_got[client_have] = '\0';                                             \
    CHECK_TEXT(text, client_got);                                               \
  } while (0)

/* What the end of a conversation looks like from there: 0 for an end in good order, ECONNRESET, or -1 for more data
   or for none at all. */
SERVING_MAY int client_end(int fd) {
  char byte;
  if (!client_readable(fd, SERVING_PATIENCE_MS)) {
    return -1;
  }
  ssize_t received = recv(fd, &byte, 1, 0);
  return received == 0 ? 0 : received < 0 ? errno : -1;
}

/* Breaks off, so that the server sees a reset. */
SERVING_MAY void client_reset(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

#endif
