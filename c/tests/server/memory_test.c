/* A server whose memory runs out, at every allocation in turn: it says so, or does without, or ends what it cannot keep;
   nothing is lost, and nothing is freed twice. The server's sources stand here themselves, with an allocator that fails. */
#include "server/server.h"

static void *memory_malloc(size_t size);
static void *memory_calloc(size_t count, size_t size);
static void *memory_realloc(void *old, size_t size);

#include <stdlib.h>

#define malloc memory_malloc
#define calloc memory_calloc
#define realloc memory_realloc
#include "../../src/server/accepting.c"
#include "../../src/server/datagrams.c"
#include "../../src/server/ending.c"
#include "../../src/server/peers.c"
#include "../../src/server/poller.c"
#include "../../src/server/poller_epoll.c"
#include "../../src/server/poller_poll.c"
#include "../../src/server/queue.c"
#include "../../src/server/receiving.c"
#include "../../src/server/sending.c"
#include "../../src/server/serve.c"
#include "../../src/server/session.c"
#include "../../src/server/stopping.c"
#include "../../src/server/timers.c"
#undef malloc
#undef calloc
#undef realloc

#include "check.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>

/* The one that fails; counted down. */
static long memory_left = -1;

static bool memory_fails(void) {
  if (memory_left < 0 || memory_left-- > 0) {
    return false;
  }
  memory_left = -1;
  errno = ENOMEM;
  return true;
}

static void *memory_malloc(size_t size) { return memory_fails() ? NULL : malloc(size); }

static void *memory_calloc(size_t count, size_t size) { return memory_fails() ? NULL : calloc(count, size); }

static void *memory_realloc(void *old, size_t size) { return memory_fails() ? NULL : realloc(old, size); }

/* ---- a server at a stream and at datagrams */

static unsigned memory_flags;
static int memory_opened;
static int memory_closed;

static void memory_open(wt_session *session, void *context) {
  (void)session;
  (void)context;
  memory_opened++;
}

/* Everybody hears it, the one who said it too. */
static void memory_message(wt_session *session, const wt_message *message, void *context) {
  wt_server *server = wt_session_server(session);
  (void)context;
  for (wt_session *one = NULL; (one = wt_server_next(server, one)) != NULL;) {
    (void)wt_reply(one, message->data, message->size);
  }
}

static void memory_close(wt_session *session, const wt_error *why, void *context) {
  (void)session;
  (void)context;
  CHECK(why->code == 0 || why->text[0] != '\0');
  memory_closed++;
}

static void memory_path(char *path, size_t room, const char *name) {
  snprintf(path, room, "/tmp/wt-memory-%d-%s.sock", (int)getpid(), name);
}

static int memory_socket(const char *path, int kind, const char *own) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  struct sockaddr_un from = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, kind, 0);
  memcpy(to.sun_path, path, strlen(path) + 1);
  if (own != NULL) {
    memcpy(from.sun_path, own, strlen(own) + 1);
    (void)bind(fd, (struct sockaddr *)&from, sizeof from);
  }
  (void)connect(fd, (struct sockaddr *)&to, sizeof to);
  return fd;
}

/* Reads what comes for a moment, or until it is so much. */
static void memory_read(int fd, size_t most) {
  char bytes[4096];
  struct pollfd one = {.fd = fd, .events = POLLIN};
  while (most > 0 && poll(&one, 1, 30) > 0) {
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) {
      return;
    }
    most -= (size_t)got < most ? (size_t)got : most;
  }
}

/* The other ends, in a process of their own; then the stop. */
static void memory_clients(wt_server *server, const char *stream, const char *datagrams, const char *own) {
  static char large[40000];
  memset(large, 'x', sizeof large);
  large[sizeof large - 1] = '\n';
  int one = memory_socket(stream, SOCK_STREAM, NULL);
  int other = memory_socket(stream, SOCK_STREAM, NULL);
  int third = memory_socket(datagrams, SOCK_DGRAM, own);
  (void)send(one, "begun", 5, MSG_NOSIGNAL);
  memory_read(one, 0);
  (void)send(third, "a", 1, MSG_NOSIGNAL);
  memory_read(third, 1);
  (void)send(one, ", ended\n", 8, MSG_NOSIGNAL);
  (void)send(other, "two\nthree\n", 10, MSG_NOSIGNAL);
  memory_read(other, 10);
  (void)send(other, large, sizeof large, MSG_NOSIGNAL);
  memory_read(one, sizeof large);
  memory_read(other, sizeof large);
  wt_server_stop(server);
  close(one);
  close(other);
  close(third);
  unlink(own);
}

/* Returns whether the failing allocation was reached. */
static bool memory_turn(long at) {
  char stream[64];
  char datagrams[64];
  char own[64];
  char address[100];
  wt_callbacks callbacks = {NULL, memory_open, memory_message, memory_close, NULL};
  wt_options options = {.framing = "line", .send_buffer = 2000, .drain_ms = 50, .flags = memory_flags};
  wt_error error = {0};
  wt_server *server = NULL;
  memory_path(stream, sizeof stream, "stream");
  memory_path(datagrams, sizeof datagrams, "datagrams");
  memory_path(own, sizeof own, "own");
  memory_opened = memory_closed = 0;
  memory_left = at;
  int result = wt_server_new(&server, &options, &callbacks, NULL, &error);
  if (result == 0) {
    snprintf(address, sizeof address, "unix:%s", stream);
    result = wt_server_listen(server, address, &error);
  }
  if (result == 0) {
    snprintf(address, sizeof address, "unixgram:%s", datagrams);
    result = wt_server_listen(server, address, &error);
  }
  if (result == 0) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      memory_clients(server, stream, datagrams, own);
      _exit(0);
    }
    CHECK_INT(0, wt_server_run(server, &error));
    int status = -1;
    waitpid(child, &status, 0);
    CHECK_INT(0, status);
  } else {
    CHECK(error.text[0] != '\0');
  }
  CHECK_INT(memory_opened, memory_closed);
  wt_server_free(server);
  bool reached = memory_left < 0;
  memory_left = -1;
  return reached;
}

TEST(memory_that_runs_out_anywhere) {
  long at = 0;
  while (at < 200 && memory_turn(at)) {
    at++;
  }
  /* Some twenty allocations there are, at the least. */
  CHECK(at > 15);
  CHECK(at < 200);
}

/* ---- what the system refuses to make a server with */

TEST(descriptors_that_run_out_anywhere) {
  struct rlimit usual;
  getrlimit(RLIMIT_NOFILE, &usual);
  int first = dup(0);
  close(first);
  wt_options options = {.flags = memory_flags};
  int made = 0;
  for (int more = 0; more < 4; more++) {
    struct rlimit few = {.rlim_cur = (rlim_t)(first + more), .rlim_max = usual.rlim_max};
    wt_server *server;
    wt_error error;
    setrlimit(RLIMIT_NOFILE, &few);
    int result = wt_server_new(&server, &options, NULL, NULL, &error);
    CHECK(result == 0 || (result == WT_ELIMIT && server == NULL));
    made += result == 0;
    wt_server_free(server);
  }
  setrlimit(RLIMIT_NOFILE, &usual);
  /* Two for the pair at which stops come in, and one for epoll. */
#ifdef WTI_HAS_EPOLL
  CHECK_INT((memory_flags & WTI_USE_POLL) != 0 ? 2 : 1, made);
#else
  CHECK_INT(2, made);
#endif
}

/* Waiting fails: every session is told, and the server returns. poll refuses more descriptors than a process may have. */
static struct rlimit memory_usual;

static void memory_break_poll(wt_session *session, void *context) {
  struct rlimit few = {.rlim_cur = 1, .rlim_max = memory_usual.rlim_max};
  (void)context;
  (void)session;
  memory_opened++;
  setrlimit(RLIMIT_NOFILE, &few);
}

TEST(waiting_that_fails) {
  char stream[64];
  char address[100];
  wt_callbacks callbacks = {NULL, memory_break_poll, NULL, memory_close, NULL};
  wt_options options = {.flags = WTI_USE_POLL};
  wt_error error;
  wt_server *server;
  getrlimit(RLIMIT_NOFILE, &memory_usual);
  memory_opened = memory_closed = 0;
  memory_path(stream, sizeof stream, "stream");
  snprintf(address, sizeof address, "unix:%s", stream);
  CHECK_INT(0, wt_server_new(&server, &options, &callbacks, NULL, &error));
  CHECK_INT(0, wt_server_listen(server, address, &error));
  int fd = memory_socket(stream, SOCK_STREAM, NULL);
  CHECK_INT(WT_ESYSTEM, wt_server_run(server, &error));
  setrlimit(RLIMIT_NOFILE, &memory_usual);
  CHECK_INT(1, memory_opened);
  CHECK_INT(1, memory_closed);
  close(fd);
  wt_server_free(server);
}

int main(void) {
  RUN(memory_that_runs_out_anywhere);
  RUN(descriptors_that_run_out_anywhere);
  memory_flags = WTI_USE_POLL;
  RUN(memory_that_runs_out_anywhere);
  RUN(descriptors_that_run_out_anywhere);
  RUN(waiting_that_fails);
  return check_done();
}
