/* What a server bounds: time, connections, descriptors; and many conversations at once. */
#include "server/serving.h"

#include <fcntl.h>

TEST(who_is_silent_is_ended) {
  wt_options options = {.framing = "line", .idle_timeout_ms = 600};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
  int silent = client_at(serving);
  SERVING_SAW(serving, 1, "open\n");
  int talking = client_at(serving);
  /* Who says something now and then outlives who does not. */
  while (!client_readable(silent, 20)) {
    client_send(talking, "still here\n");
    CLIENT_GETS(talking, "still here\n");
  }
  CHECK_INT(ECONNRESET, client_end(silent));
  SERVING_SAW(serving, 1, "close -9 timed-out by the peer in idle\n");
  CHECK_INT(1, serving_count(serving, "close"));
  CHECK_INT(ECONNRESET, client_end(talking));
  close(silent);
  close(talking);
  SERVING_SAW(serving, 2, "close -9 timed-out by the peer in idle\n");
  CHECK_INT(0, serving_ended(serving));
}

TEST(no_limit_is_no_limit) {
  wt_options options = {.framing = "line", .idle_timeout_ms = WT_FOREVER, .drain_ms = WT_FOREVER,
                        .close_timeout_ms = WT_FOREVER, .udp_peer_idle_ms = WT_FOREVER};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
  int fd = client_at(serving);
  client_send(fd, "hello\n");
  CLIENT_GETS(fd, "hello\n");
  wt_server_stop(serving->server);
  client_send(fd, "still here\n");
  CLIENT_GETS(fd, "still here\n");
  close(fd);
  CHECK_INT(0, serving_joined(serving));
}

/* At the limit the system holds whoever comes; one that leaves makes room for one. */
TEST(as_many_as_are_allowed) {
  wt_options options = {.framing = "line", .max_connections = 2};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
  int fds[4];
  for (int i = 0; i < 4; i++) {
    fds[i] = client_at(serving);
    client_send(fds[i], "hello\n");
  }
  CLIENT_GETS(fds[0], "hello\n");
  CLIENT_GETS(fds[1], "hello\n");
  SERVING_SAW(serving, 1, "problem -11\n");
  CHECK(!client_readable(fds[2], 50));
  CHECK_INT(2, serving_count(serving, "open\n"));
  close(fds[0]);
  CLIENT_GETS(fds[2], "hello\n");
  CHECK(!client_readable(fds[3], 50));
  close(fds[1]);
  CLIENT_GETS(fds[3], "hello\n");
  close(fds[2]);
  close(fds[3]);
  CHECK_INT(1, serving_count(serving, "problem"));
  CHECK_INT(0, serving_ended(serving));
}

static double limits_cpu_s(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Without a descriptor left: told once, no spinning, and who waits is served as soon as there is one. */
TEST(out_of_descriptors) {
  static int taken[4096];
  size_t count = 0;
  struct rlimit usual;
  getrlimit(RLIMIT_NOFILE, &usual);
  struct rlimit few = {.rlim_cur = 256, .rlim_max = usual.rlim_max};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &serving_echoes);
  int first = client_at(serving);
  SERVING_SAW(serving, 1, "open\n");
  setrlimit(RLIMIT_NOFILE, &few);
  while (count < 4096 && (taken[count] = dup(first)) >= 0) {
    count++;
  }
  /* Room for the client, and none for the server. */
  close(taken[--count]);
  int waiting = client_at(serving);
  client_send(waiting, "hello\n");
  SERVING_SAW(serving, 1, "problem -11\n");
  /* Who is there is served all the while, and nothing spins. */
  double before = limits_cpu_s();
  CHECK(!client_readable(waiting, 700));
  CHECK(limits_cpu_s() - before < 0.15);
  client_send(first, "still\n");
  CLIENT_GETS(first, "still\n");
  CHECK_INT(1, serving_count(serving, "problem"));
  while (count > 0) {
    close(taken[--count]);
  }
  CLIENT_GETS(waiting, "hello\n");
  close(waiting);
  close(first);
  CHECK_INT(1, serving_count(serving, "problem"));
  setrlimit(RLIMIT_NOFILE, &usual);
  CHECK_INT(0, serving_ended(serving));
}

/* Opens so many connections, then speaks on each, then hears from each; in a process of its own, for its
   descriptors. */
static int limits_crowd(const char *address, int count) {
  int *fds = calloc((size_t)count, sizeof *fds);
  for (int i = 0; i < count; i++) {
    fds[i] = client_socket(address, SOCK_STREAM);
  }
  for (int turn = 0; turn < 2; turn++) {
    for (int i = 0; i < count; i++) {
      char line[16];
      snprintf(line, sizeof line, "%06d\n", i + turn);
      client_send(fds[i], line);
    }
    for (int i = 0; i < count; i++) {
      char line[16];
      char got[16] = "";
      snprintf(line, sizeof line, "%06d\n", i + turn);
      client_take(fds[i], got, 7);
      if (strcmp(line, got) != 0) {
        printf("connection %d got %s\n", i, got);
        return 1;
      }
    }
  }
  free(fds);
  return 0;
}

static void limits_count_opens(wt_session *session, void *context) {
  serving_t *serving = context;
  size_t *most = serving->extra;
  size_t open = wt_server_count(wt_session_server(session));
  *most = open > *most ? open : *most;
}

TEST(five_thousand_connections) {
  /* An emulated machine is slow, and fewer say as much there. */
  const char *told = getenv("WT_TEST_CONNECTIONS");
  int count = told != NULL ? atoi(told) : 5000;
  size_t most = 0;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < (rlim_t)count + 100) {
    printf("only %ld descriptors here\n", (long)files.rlim_cur);
    count = (int)files.rlim_cur - 100;
  }
  wt_callbacks callbacks = {NULL, limits_count_opens, serving_echo, NULL, NULL};
  wt_options options = {.framing = "line"};
  serving_t *serving = serving_new(&options, &callbacks);
  serving->extra = &most;
  serving_listen(serving, "tcp://127.0.0.1:0");
  serving_begin(serving, 1);
  pid_t child = fork();
  if (child == 0) {
    _exit(limits_crowd(serving->address[0], count));
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK_INT(0, status);
  CHECK_INT(count, most);
  /* They all leave by themselves. */
  wt_server_stop(serving->server);
  CHECK_INT(0, serving_joined(serving));
}

/* What one says, all hear. */
static void limits_chat(wt_session *session, const wt_message *message, void *context) {
  (void)context;
  wt_server *server = wt_session_server(session);
  for (wt_session *one = NULL; (one = wt_server_next(server, one)) != NULL;) {
    (void)wt_reply(one, message->data, message->size);
  }
}

TEST(a_chat) {
  enum { GUESTS = 40 };
  wt_callbacks callbacks = {NULL, NULL, limits_chat, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fds[GUESTS];
  for (int i = 0; i < GUESTS; i++) {
    fds[i] = client_at(serving);
  }
  SERVING_SAW(serving, GUESTS, "open\n");
  client_send(fds[0], "a\nb\nc\n");
  for (int i = 0; i < GUESTS; i++) {
    CLIENT_GETS(fds[i], "a\nb\nc\n");
  }
  client_reset(fds[1]);
  SERVING_SAW(serving, 1, "close");
  client_send(fds[2], "d\n");
  for (int i = 0; i < GUESTS; i++) {
    if (i != 1) {
      CLIENT_GETS(fds[i], "d\n");
      close(fds[i]);
    }
  }
  CHECK_INT(0, serving_ended(serving));
}

int main(void) {
  RUN_BOTH(who_is_silent_is_ended);
  RUN_BOTH(no_limit_is_no_limit);
  RUN_BOTH(as_many_as_are_allowed);
  RUN_BOTH(out_of_descriptors);
  RUN_BOTH(five_thousand_connections);
  RUN_BOTH(a_chat);
  return check_done();
}
