/* wire.h: the other end of a transcript: plain sockets, which may do what the library never would; a thread that does
   it; and whether everything was given back. */
#ifndef WIRE_H
#define WIRE_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "wiretalk.h"
#include "check.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Long enough for a machine with much else to do, and never waited for where all is well. */
#define WIRE_PATIENCE_MS 20000

static inline int64_t wire_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How many file descriptors this process has open. */
static inline int wire_open_fds(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL) {
    count++;
  }
  if (folder != NULL) {
    closedir(folder);
  }
  return count;
}

/* Whether the processor is an emulated one: the emulator does not pass on every option of a socket. */
static inline int wire_emulated(void) { return getenv("WT_TEST_EMULATED") != NULL; }

/* A folder of this program's own, and a path within it. */
static char wire_folder[64];

static inline const char *wire_path(const char *name) {
  static char path[8][128];
  static int turn;
  if (wire_folder[0] == '\0') {
    snprintf(wire_folder, sizeof wire_folder, "/tmp/wiretalk-test-XXXXXX");
    if (mkdtemp(wire_folder) == NULL) {
      perror("mkdtemp");
      exit(2);
    }
  }
  char *out = path[turn++ % 8];
  snprintf(out, sizeof path[0], "%s/%s", wire_folder, name);
  return out;
}

/* An address made as printf does. */
static inline const char *wire_address(const char *format, const char *text, int number) {
  static char address[8][512];
  static int turn;
  char *out = address[turn++ % 8];
  snprintf(out, sizeof address[0], format, text, number);
  return out;
}

/* ---- plain sockets */

static inline void wire_need(int so, const char *what) {
  if (!so) {
    perror(what);
    exit(2);
  }
}

/* Listens on a loopback address, and tells the port. */
static inline int wire_listen(int *port, int backlog) {
  struct sockaddr_in in;
  socklen_t size = sizeof in;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&in, 0, sizeof in);
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  wire_need(fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(fd, backlog) == 0, "listen");
  getsockname(fd, (struct sockaddr *)&in, &size);
  *port = ntohs(in.sin_port);
  return fd;
}

static inline int wire_connect(int port) {
  struct sockaddr_in in;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&in, 0, sizeof in);
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  in.sin_port = htons((uint16_t)port);
  wire_need(fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof in) == 0, "connect");
  return fd;
}

/* A Unix socket of a type, bound to a path unless that is NULL. */
static inline int wire_unix(int type, const char *path) {
  struct sockaddr_un un;
  int fd = socket(AF_UNIX, type, 0);
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  if (path != NULL) {
    snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
    wire_need(fd >= 0 && bind(fd, (struct sockaddr *)&un, sizeof un) == 0, path);
  }
  if (path != NULL && type == SOCK_STREAM) {
    listen(fd, 5);
  }
  return fd;
}

static inline void wire_connect_unix(int fd, const char *path) {
  struct sockaddr_un un;
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
  wire_need(connect(fd, (struct sockaddr *)&un, sizeof un) == 0, path);
}

static inline void wire_write(int fd, const void *bytes, size_t size) {
  for (size_t sent = 0; sent < size;) {
    ssize_t more = send(fd, (const char *)bytes + sent, size - sent, MSG_NOSIGNAL);
    if (more < 0 && errno != EINTR) {
      return;
    }
    sent += more > 0 ? (size_t)more : 0;
  }
}

/* Reads until the end, a failure, or the room is full. */
static inline size_t wire_read(int fd, void *buffer, size_t room) {
  size_t have = 0;
  while (have < room) {
    ssize_t more = recv(fd, (char *)buffer + have, room - have, 0);
    if (more == 0 || (more < 0 && errno != EINTR)) {
      break;
    }
    have += more > 0 ? (size_t)more : 0;
  }
  return have;
}

static inline void wire_reset(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

/* Waits until something can be read, the end and a reset included. */
static inline int wire_readable(int fd, int timeout_ms) {
  struct pollfd one = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&one, 1, timeout_ms) > 0;
}

/* ---- ends of the library's own, where opening them must not fail */

static inline wt_listener *wire_listener(const char *address, const wt_options *options) {
  wt_error error = {0};
  wt_listener *listener = NULL;
  CHECK_INT(0, wt_listen(&listener, address, options, &error));
  /* One that succeeds leaves the error alone. */
  CHECK_TEXT("", error.text);
  if (listener == NULL) {
    exit(1);
  }
  return listener;
}

static inline wt_connection *wire_connection(const char *address, const wt_options *options) {
  wt_error error = {0};
  wt_connection *connection = NULL;
  CHECK_INT(0, wt_connect(&connection, address, options, &error));
  CHECK_TEXT("", error.text);
  if (connection == NULL) {
    exit(1);
  }
  return connection;
}

static inline int wire_port(const wt_listener *listener) {
  return atoi(strrchr(wt_listener_address(listener), ':') + 1);
}

/* Listens where that must fail, and returns the words. */
static inline const char *wire_cannot_listen(int code, const char *address) {
  static wt_error error;
  wt_listener *listener = NULL;
  memset(&error, 0, sizeof error);
  CHECK_INT(code, wt_listen(&listener, address, NULL, &error));
  CHECK_INT(code, error.code);
  CHECK(listener == NULL);
  return error.text;
}

/* Whether one can connect at an address, and is accepted there. */
static inline int wire_meet(wt_listener *listener, const char *address, char *peer_local) {
  wt_connection *client = NULL;
  wt_connection *server = NULL;
  wt_error error;
  int code = wt_connect(&client, address, NULL, &error);
  if (code == 0) {
    code = wt_accept(&server, listener, WIRE_PATIENCE_MS, &error);
  }
  if (code == 0) {
    /* The schemes may differ, as in tcp and tcp6. */
    CHECK_TEXT(strchr(wt_local(client), ':'), strchr(wt_peer(server), ':'));
    CHECK_TEXT(strchr(wt_peer(client), ':'), strchr(wt_local(server), ':'));
    snprintf(peer_local, WT_NAME_BYTES, "%s", wt_local(server));
  }
  wt_abort(client);
  wt_abort(server);
  return code;
}

/* Question and answer, each whole, and what each side calls the other. */
static inline void wire_ask(wt_listener *listener, wt_connection *client, const char *text) {
  wt_message message;
  wt_endpoint from;
  wt_error error = {0};
  CHECK_INT(0, wt_send(client, text, strlen(text), WIRE_PATIENCE_MS));
  CHECK_INT(1, wt_recv_from(listener, &message, &from, WIRE_PATIENCE_MS, &error));
  CHECK_TEXT(text, message.data);
  CHECK_INT(strlen(text), message.size);
  /* The port, or the path: the host of a socket that is not connected shows only where it is heard. */
  CHECK_TEXT(strrchr(wt_local(client), ':'), strrchr(from.text, ':'));
  char answer[200];
  int size = snprintf(answer, sizeof answer, "heard %s", message.data);
  CHECK_INT(0, wt_send_to(listener, &from, answer, (size_t)size, WIRE_PATIENCE_MS, &error));
  CHECK_INT(1, wt_recv(client, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT(answer, message.data);
  CHECK_INT(0, wt_pending(client));
  CHECK_TEXT("", error.text);
}

/* ---- a connection of the library, and a plain socket at its other end */

typedef struct wire_pair {
  wt_connection *connection;
  int peer;
} wire_pair;

/* Over TCP; `framing` may be NULL. */
static inline wire_pair wire_open(const char *framing, const wt_options *options) {
  wire_pair pair = {NULL, -1};
  wt_options own = {0};
  wt_error error;
  int port;
  int listening = wire_listen(&port, 5);
  own = options != NULL ? *options : own;
  own.framing = framing;
  if (wt_connect(&pair.connection, wire_address("tcp://127.0.0.1%.0s:%d", "", port), &own, &error) < 0) {
    printf("%s\n", error.text);
    exit(2);
  }
  pair.peer = accept(listening, NULL, NULL);
  close(listening);
  return pair;
}

/* Over a Unix socket, where what was written has arrived once write returns. */
static inline wire_pair wire_open_unix(const char *framing, const wt_options *options) {
  wire_pair pair = {NULL, -1};
  wt_options own = {0};
  wt_error error;
  const char *path = wire_path("pair.sock");
  unlink(path);
  int listening = wire_unix(SOCK_STREAM, path);
  own = options != NULL ? *options : own;
  own.framing = framing;
  if (wt_connect(&pair.connection, wire_address("unix:%s", path, 0), &own, &error) < 0) {
    printf("%s\n", error.text);
    exit(2);
  }
  pair.peer = accept(listening, NULL, NULL);
  close(listening);
  unlink(path);
  return pair;
}

/* ---- a thread that does something at the other end */

typedef struct wire_thread {
  pthread_t thread;
} wire_thread;

static inline wire_thread wire_start(void *(*run)(void *), void *argument) {
  wire_thread started;
  wire_need(pthread_create(&started.thread, NULL, run, argument) == 0, "pthread_create");
  return started;
}

static inline void wire_join(wire_thread started) { pthread_join(started.thread, NULL); }

/* ---- signals that come all the time */

static volatile sig_atomic_t wire_signals;

static inline void wire_count_signal(int number) {
  (void)number;
  wire_signals++;
}

/* SIGALRM every so many microseconds, handled without SA_RESTART; 0 ends it. */
static inline void wire_storm(int every_us) {
  struct sigaction action;
  struct itimerval timer;
  memset(&action, 0, sizeof action);
  memset(&timer, 0, sizeof timer);
  action.sa_handler = wire_count_signal;
  sigaction(SIGALRM, &action, NULL);
  timer.it_interval.tv_usec = every_us;
  timer.it_value.tv_usec = every_us;
  setitimer(ITIMER_REAL, &timer, NULL);
}

/* In a thread that is not to be interrupted. */
static inline void wire_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
}

/* Ends a test program: all that was opened must be closed. */
static inline int wire_done(int open_before) {
  check_name = "at the end";
  CHECK_INT(open_before, wire_open_fds());
  if (wire_folder[0] != '\0') {
    CHECK_INT(0, rmdir(wire_folder));
  }
  return check_done();
}

#endif
