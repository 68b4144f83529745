/* Stopping: from a signal handler, from a thread, before it runs; in good order, and at once. */
#include "server/serving.h"

#include <sys/stat.h>

/* ---- a program of its own, stopped by real signals */

static wt_server *stopping_server;

static void stopping_on_signal(int signal_number) {
  (void)signal_number;
  wt_server_stop(stopping_server);
}

/* Says on a pipe where it listens, once signals may come. */
static void stopping_ready(wt_server *server, const char *address, void *context) {
  struct sigaction action = {.sa_handler = stopping_on_signal};
  int *pipe_end = context;
  stopping_server = server;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  if (write(*pipe_end, address, strlen(address) + 1) < 0) {
    _exit(9);
  }
}

/* Runs wt_serve in a child; tells where it listens. */
static pid_t stopping_program(const char *address, int drain_ms, char *told, size_t room) {
  int ends[2];
  CHECK_INT(0, pipe(ends));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    wt_callbacks callbacks = {stopping_ready, NULL, serving_echo, NULL, NULL};
    wt_options options = {.framing = "line", .drain_ms = drain_ms, .flags = serving_flags};
    wt_error error;
    int result = wt_serve(address, &options, &callbacks, &ends[1], &error);
    _exit(-result);
  }
  close(ends[1]);
  size_t have = 0;
  for (ssize_t got; have < room && (have == 0 || told[have - 1] != '\0'); have += (size_t)got) {
    got = read(ends[0], told + have, room - have);
    if (got <= 0) {
      told[0] = '\0';
      break;
    }
  }
  close(ends[0]);
  return child;
}

static int stopping_status(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

static double stopping_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

TEST(a_signal_drains) {
  char address[256];
  char path[64];
  struct stat file;
  snprintf(path, sizeof path, "/tmp/wt-stopping-%d.sock", (int)getpid());
  snprintf(address, sizeof address, "unix:%s", path);
  char told[256];
  pid_t child = stopping_program(address, 10000, told, sizeof told);
  CHECK_TEXT(address, told);
  int one = client_socket(told, SOCK_STREAM);
  int other = client_socket(told, SOCK_STREAM);
  client_send(one, "hello\n");
  CLIENT_GETS(one, "hello\n");
  client_send(other, "hello\n");
  CLIENT_GETS(other, "hello\n");
  kill(child, SIGTERM);
  /* Nobody new comes in: the file is gone. */
  for (int i = 0; i < 1000 && stat(path, &file) == 0; i++) {
    client_readable(one, 10);
  }
  CHECK(stat(path, &file) < 0);
  /* Who is there goes on to its own end. */
  client_send(one, "still here\n");
  CLIENT_GETS(one, "still here\n");
  shutdown(one, SHUT_WR);
  CHECK_INT(0, client_end(one));
  client_send(other, "and I\n");
  CLIENT_GETS(other, "and I\n");
  close(one);
  close(other);
  CHECK_INT(0, stopping_status(child));
}

TEST(a_second_signal_stops_at_once) {
  char told[256];
  pid_t child = stopping_program("tcp://127.0.0.1:0", 60000, told, sizeof told);
  int fd = client_socket(told, SOCK_STREAM);
  client_send(fd, "hello\n");
  CLIENT_GETS(fd, "hello\n");
  double before = stopping_now();
  kill(child, SIGTERM);
  CHECK(!client_readable(fd, 50));
  kill(child, SIGINT);
  CHECK_INT(ECONNRESET, client_end(fd));
  CHECK_INT(0, stopping_status(child));
  CHECK(stopping_now() - before < 5);
  close(fd);
}

/* ---- in good order */

TEST(after_the_drain_they_are_closed) {
  wt_options options = {.framing = "line", .drain_ms = 100};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
  int fd = client_at(serving);
  client_send(fd, "hello\n");
  CLIENT_GETS(fd, "hello\n");
  wt_server_stop(serving->server);
  CHECK_INT(0, client_end(fd));
  SERVING_SAW(serving, 1, "close -15 closed by us\n");
  close(fd);
  CHECK_INT(0, serving_joined(serving));
}

static void stopping_much(wt_session *session, void *context) {
  static char much[1 << 19];
  (void)context;
  CHECK_INT(0, wt_reply(session, much, sizeof much));
}

/* What is owed is sent, although it is more than the system takes at once. */
TEST(what_is_owed_is_sent) {
  enum { SIZE = 1 << 19 };
  wt_options options = {.framing = "line", .drain_ms = 1};
  wt_callbacks callbacks = {NULL, stopping_much, NULL, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?sndbuf=4K", &options, &callbacks);
  char *got = malloc(SIZE + 1);
  int fd = client_at(serving);
  SERVING_SAW(serving, 1, "open\n");
  wt_server_stop(serving->server);
  CHECK_INT(SIZE + 1, client_take(fd, got, SIZE + 1));
  CHECK_INT(0, client_end(fd));
  SERVING_SAW(serving, 1, "close -15 closed by us\n");
  close(fd);
  free(got);
  CHECK_INT(0, serving_joined(serving));
}

/* A peer that takes nothing does not hold it up for ever. */
TEST(what_cannot_be_sent_is_given_up) {
  wt_options options = {.framing = "line", .drain_ms = 1};
  wt_callbacks callbacks = {NULL, stopping_much, NULL, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?sndbuf=4K", &options, &callbacks);
  int fd = client_at(serving);
  SERVING_SAW(serving, 1, "open\n");
  double before = stopping_now();
  wt_server_stop(serving->server);
  SERVING_SAW(serving, 1, "close -15 closed by us; ");
  CHECK_INT(0, serving_joined(serving));
  CHECK(stopping_now() - before < 5);
  close(fd);
}

/* ---- the server object */

TEST(one_that_was_stopped_before_it_runs) {
  serving_t *serving = serving_new(NULL, NULL);
  serving_listen(serving, "tcp://127.0.0.1:0");
  wt_server_stop(serving->server);
  serving_begin(serving, 1);
  CHECK_INT(0, serving_joined(serving));
}

TEST(one_that_runs_again) {
  serving_t *serving = serving_new(NULL, &serving_echoes);
  CHECK_INT(WT_EUSAGE, wt_server_run(serving->server, &serving->error));
  CHECK_TEXT("the server has no address: call wt_server_listen first", serving->error.text);
  for (size_t turn = 0; turn < 2; turn++) {
    serving_listen(serving, "tcp://127.0.0.1:0");
    serving_begin(serving, turn + 1);
    int fd = client_socket(serving->address[turn], SOCK_STREAM);
    client_send(fd, "hello");
    CLIENT_GETS(fd, "hello");
    close(fd);
    SERVING_SAW(serving, turn + 1, "close 0 finished by the peer\n");
    wt_server_stop(serving->server);
    pthread_join(serving->thread, NULL);
    CHECK_INT(0, serving->result);
    serving->done = false;
  }
  /* And one that listens and never runs. */
  serving_listen(serving, "tcp://127.0.0.1:0");
  serving->done = true;
  pthread_mutex_destroy(&serving->lock);
  pthread_cond_destroy(&serving->changed);
  wt_server_free(serving->server);
  free(serving);
}

static void stopping_listen(wt_session *session, const wt_message *message, void *context) {
  serving_t *serving = context;
  wt_error error = {0};
  int result = wt_server_listen(wt_session_server(session), "tcp://127.0.0.1:0", &error);
  serving_add(serving, "listening %d %s\n", result, error.text);
  (void)message;
}

TEST(one_that_stops_listens_nowhere_new) {
  wt_callbacks callbacks = {NULL, NULL, stopping_listen, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "one\n");
  SERVING_SAW(serving, 1, "listening 0");
  wt_server_stop(serving->server);
  /* The stop is seen when nobody can come in any more. */
  int refused = 0;
  for (int i = 0; i < 1000 && refused == 0; i++) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)client_port(serving->address[0]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int other = socket(AF_INET, SOCK_STREAM, 0);
    refused = connect(other, (struct sockaddr *)&to, sizeof to) < 0;
    close(other);
    client_readable(fd, 10);
  }
  CHECK(refused);
  client_send(fd, "two\n");
  SERVING_SAW(serving, 1, "listening -15 tcp://127.0.0.1:0: the server is stopping\n");
  close(fd);
  CHECK_INT(0, serving_joined(serving));
}

TEST(what_is_wrong_is_said) {
  wt_server *server;
  wt_error error;
  wt_options options = {.framing = "lines", .flags = serving_flags};
  CHECK_INT(WT_EUSAGE, wt_server_new(&server, &options, NULL, NULL, &error));
  CHECK(server == NULL);
  CHECK_INT(WT_EUSAGE, wt_serve("tcp://127.0.0.1:0", &options, NULL, NULL, &error));
  CHECK_INT(WT_EUSAGE, wt_serve("tcp://127.0.0.1:70000", NULL, NULL, NULL, &error));
  CHECK_INT(WT_EUSAGE, wt_serve("tcp://127.0.0.1:0?framing=lines", NULL, NULL, NULL, &error));
  serving_t *serving = serving_at("tcp://127.0.0.1:0", NULL, NULL);
  CHECK_INT(WT_EINUSE, wt_serve(serving->address[0], NULL, NULL, NULL, &error));
  CHECK_INT(0, serving_ended(serving));
  wt_server_free(NULL);
}

int main(void) {
  RUN_BOTH(a_signal_drains);
  RUN_BOTH(a_second_signal_stops_at_once);
  RUN_BOTH(after_the_drain_they_are_closed);
  RUN_BOTH(what_is_owed_is_sent);
  RUN_BOTH(what_cannot_be_sent_is_given_up);
  RUN_BOTH(one_that_was_stopped_before_it_runs);
  RUN_BOTH(one_that_runs_again);
  RUN_BOTH(one_that_stops_listens_nowhere_new);
  RUN_BOTH(what_is_wrong_is_said);
  return check_done();
}
