/* Listening: both families, one port, and accepting who comes. */
#include "wire.h"

TEST(an_empty_host_is_every_interface_of_both_families) {
  char local[WT_NAME_BYTES];
  wt_listener *listener = wire_listener("tcp://:0", NULL);
  int port = wire_port(listener);
  CHECK(port > 0);
  CHECK_TEXT(wire_address("tcp://%s:%d", "", port), wt_listener_address(listener));
  CHECK_INT(0, wire_meet(listener, wt_listener_address(listener), local));
  CHECK_INT(0, wire_meet(listener, wire_address("tcp://127.0.0.3%.0s:%d", "", port), local));
  /* IPv4 within IPv6 is named as IPv4. */
  CHECK_TEXT(wire_address("tcp://127.0.0.3%.0s:%d", "", port), local);
  CHECK_INT(0, wire_meet(listener, wire_address("tcp://[::1]%.0s:%d", "", port), local));
  CHECK_TEXT(wire_address("tcp://[::1]%.0s:%d", "", port), local);
  wt_listener_close(listener);
}

/* Listens, and sees that nobody is met at the same port of the other family. Other programs may have that port there, so
   it is tried with a few. */
static wt_listener *listener_of_one_family(const char *address, const char *other) {
  char local[WT_NAME_BYTES];
  wt_listener *listener = NULL;
  int code = 0;
  for (int i = 0; i < 10 && code != WT_EREFUSED; i++) {
    wt_connection *client = NULL;
    wt_listener_close(listener);
    listener = wire_listener(address, NULL);
    snprintf(local, sizeof local, other, wire_port(listener));
    code = wt_connect(&client, local, NULL, NULL);
    wt_abort(client);
  }
  CHECK_INT(WT_EREFUSED, code);
  return listener;
}

TEST(v6only_and_the_schemes_of_one_family) {
  static const char *const six[] = {"tcp://:0?v6only", "tcp6://:0", "tcp6://[::]:0", "tcp6://localhost:0"};
  char local[WT_NAME_BYTES];
  for (size_t i = 0; i < sizeof six / sizeof six[0]; i++) {
    wt_listener *listener = listener_of_one_family(six[i], "tcp://127.0.0.1:%d");
    int port = wire_port(listener);
    CHECK_INT(0, wire_meet(listener, wire_address("tcp://[::1]%.0s:%d", "", port), local));
    wt_listener_close(listener);
  }
  wt_listener *listener = listener_of_one_family("tcp4://:0", "tcp://[::1]:%d");
  int port = wire_port(listener);
  CHECK_TEXT(wire_address("tcp4://%s:%d", "", port), wt_listener_address(listener));
  CHECK_INT(0, wire_meet(listener, wire_address("tcp4://%s:%d", "", port), local));
  wt_listener_close(listener);
}

TEST(a_name_with_two_addresses_is_two_sockets_with_one_port) {
  char local[WT_NAME_BYTES];
  wt_listener *listener = wire_listener("tcp://localhost:0", NULL);
  int port = wire_port(listener);
  CHECK_TEXT(wire_address("tcp://localhost%.0s:%d", "", port), wt_listener_address(listener));
  for (int i = 0; i < 3; i++) {
    CHECK_INT(0, wire_meet(listener, wire_address("tcp://127.0.0.1%.0s:%d", "", port), local));
    CHECK_INT(0, wire_meet(listener, wire_address("tcp://[::1]%.0s:%d", "", port), local));
    CHECK_INT(0, wire_meet(listener, wt_listener_address(listener), local));
  }
  CHECK(wt_listener_fd(listener) >= 0);
  wt_listener_close(listener);
}

TEST(a_port_that_is_taken_is_told_with_who_has_it) {
  char expected[400];
  wt_listener *listener = wire_listener("tcp://127.0.0.1:0", NULL);
  int port = wire_port(listener);
  snprintf(expected, sizeof expected,
           "tcp://127.0.0.1:%d: this process itself has it already; stop that, or choose another port", port);
  CHECK_TEXT(expected, wire_cannot_listen(WT_EINUSE, wt_listener_address(listener)));
  /* Told for an address that overlaps, too; and after a restart the port is free at once. */
  const char *said = wire_cannot_listen(WT_EINUSE, wire_address("tcp4://%s:%d", "", port));
  CHECK(strstr(said, "this process itself has it") != NULL);
  char local[WT_NAME_BYTES];
  char again[64];
  CHECK_INT(0, wire_meet(listener, wt_listener_address(listener), local));
  snprintf(again, sizeof again, "%s", wt_listener_address(listener));
  wt_listener_close(listener);
  wt_listener_close(wire_listener(again, NULL));
}

TEST(another_process_that_has_a_port_is_named) {
  int ready[2];
  char address[64];
  char expected[64];
  wire_need(pipe(ready) == 0, "pipe");
  pid_t child = fork();
  if (child == 0) {
    wt_listener *listener = wire_listener("udp://127.0.0.1:0", NULL);
    const char *where = wt_listener_address(listener);
    (void)!write(ready[1], where, strlen(where) + 1);
    pause();
    _exit(0);
  }
  wire_need(read(ready[0], address, sizeof address) > 0, "read");
  snprintf(expected, sizeof expected, "(pid %ld) has it already", (long)child);
  CHECK(strstr(wire_cannot_listen(WT_EINUSE, address), expected) != NULL);
  kill(child, SIGTERM);
  waitpid(child, NULL, 0);
  close(ready[0]);
  close(ready[1]);
}

TEST(addresses_that_cannot_be_listened_on) {
  CHECK_TEXT("tcp://192.0.2.1:0: that is no address of this machine; ip addr shows those it has",
             wire_cannot_listen(WT_EUNREACHABLE, "tcp://192.0.2.1:0"));
  CHECK_TEXT("tcp://nobody.invalid:80: no host of the name nobody.invalid: is it spelt so?",
             wire_cannot_listen(WT_ENOHOST, "tcp://nobody.invalid:80"));
  CHECK_TEXT(
      "bind is where to connect from; what to listen on is the address itself\n"
      "  tcp://:80?bind=:5\n"
      "            ^^^^",
      wire_cannot_listen(WT_EUSAGE, "tcp://:80?bind=:5"));
  const char *said = wire_cannot_listen(WT_EUNREACHABLE, "tcp://127.0.0.1:0?interface=nosuch0");
  CHECK(strstr(said, "this machine has no interface nosuch0") != NULL);
  CHECK_TEXT("unix:/nosuch/x.sock: there is no such directory; make it first",
             wire_cannot_listen(WT_EUNREACHABLE, "unix:/nosuch/x.sock"));
}

TEST(a_name_that_the_resolver_knows) {
  char host[256] = "";
  char local[WT_NAME_BYTES];
  wt_error error;
  wt_listener *listener;
  gethostname(host, sizeof host - 1);
  /* Where the machine does not know its own name, it is one that nobody knows. */
  int code = wt_listen(&listener, wire_address("tcp://%s:0", host, 0), NULL, &error);
  if (code < 0) {
    CHECK_INT(WT_ENOHOST, code);
    return;
  }
  CHECK_INT(0, wire_meet(listener, wire_address("tcp://%s:%d", host, wire_port(listener)), local));
  wt_listener_close(listener);
}

TEST(nobody_comes) {
  wt_error error;
  wt_connection *connection;
  char expected[400];
  wt_listener *listener = wire_listener("tcp://localhost:0", NULL);
  int64_t began = wire_now_ms();
  wire_storm(5000);
  CHECK_INT(WT_ETIMEDOUT, wt_accept(&connection, listener, 80, &error));
  wire_storm(0);
  CHECK(wire_now_ms() - began >= 80);
  snprintf(expected, sizeof expected, "%s: timed out after 0.08 s in accept", wt_listener_address(listener));
  CHECK_TEXT(expected, error.text);
  CHECK_INT(WT_ETIMEDOUT, wt_accept(&connection, listener, 0, NULL));
  CHECK(connection == NULL);
  wt_listener_close(listener);
  wt_options options = {0};
  options.flags = WT_INTERRUPTIBLE;
  CHECK_INT(0, wt_listen(&listener, "tcp://127.0.0.1:0", &options, &error));
  wire_storm(5000);
  CHECK_INT(WT_EINTERRUPTED, wt_accept(&connection, listener, WT_FOREVER, &error));
  wire_storm(0);
  wt_listener_close(listener);
}

TEST(calls_that_do_not_fit_the_kind) {
  wt_error error;
  wt_connection *connection;
  wt_message message;
  wt_endpoint endpoint;
  wt_listener *stream = wire_listener("tcp://127.0.0.1:0", NULL);
  wt_listener *datagrams = wire_listener("udp://127.0.0.1:0", NULL);
  CHECK_INT(WT_EUSAGE, wt_accept(&connection, datagrams, 0, &error));
  CHECK(strstr(error.text, "datagrams have no connections to accept; wt_recv_from receives them") != NULL);
  CHECK_INT(WT_EUSAGE, wt_recv_from(stream, &message, &endpoint, 0, &error));
  memset(&endpoint, 0, sizeof endpoint);
  CHECK_INT(WT_EUSAGE, wt_send_to(stream, &endpoint, "x", 1, 0, &error));
  CHECK_INT(WT_EUNREACHABLE, wt_send_to(datagrams, &endpoint, "x", 1, 0, &error));
  wt_listener_close(stream);
  wt_listener_close(datagrams);
}

TEST(without_descriptors_nobody_listens) {
  struct rlimit before;
  struct rlimit few;
  int next = open("/dev/null", O_RDONLY);
  close(next);
  getrlimit(RLIMIT_NOFILE, &before);
  few = before;
  /* None at all; and one, where two are wanted. */
  for (int more = 0; more < 2; more++) {
    few.rlim_cur = (rlim_t)(next + more);
    setrlimit(RLIMIT_NOFILE, &few);
    const char *said = wire_cannot_listen(WT_ELIMIT, "tcp://localhost:0");
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(strncmp("this process is out of file descriptors", said, 39) == 0);
  }
}

TEST(without_descriptors_accepting_waits_for_better_times) {
  wt_error error;
  wt_connection *connection;
  struct rlimit before;
  struct rlimit none;
  char expected[200];
  wt_listener *listener = wire_listener("tcp://127.0.0.1:0?framing=line", NULL);
  int client = wire_connect(wire_port(listener));
  CHECK(wire_readable(wt_listener_fd(listener), WIRE_PATIENCE_MS));
  getrlimit(RLIMIT_NOFILE, &before);
  none = before;
  none.rlim_cur = (rlim_t)client + 1;
  setrlimit(RLIMIT_NOFILE, &none);
  snprintf(expected, sizeof expected,
           "this process is out of file descriptors (ulimit -n raises it): the limit open files is %d", client + 1);
  for (int i = 0; i < 3; i++) {
    CHECK_INT(WT_ELIMIT, wt_accept(&connection, listener, WIRE_PATIENCE_MS, &error));
    CHECK_TEXT(expected, error.text);
    CHECK_INT(EMFILE, error.os_error);
  }
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK_INT(0, wt_accept(&connection, listener, WIRE_PATIENCE_MS, &error));
  wt_message message;
  wire_write(client, "here\n", 5);
  CHECK_INT(1, wt_recv(connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("here", message.data);
  wt_abort(connection);
  close(client);
  wt_listener_close(listener);
}

TEST(the_address_wins_over_the_options) {
  wt_error error;
  wt_connection *connection;
  wt_message message;
  wt_listener *listener;
  wt_options options = {0};
  options.framing = "cobs";
  options.max_message = 100;
  CHECK_INT(0, wt_listen(&listener, "tcp://127.0.0.1:0?framing=line&max_message=4", &options, &error));
  int client = wire_connect(wire_port(listener));
  CHECK_INT(0, wt_accept(&connection, listener, WIRE_PATIENCE_MS, &error));
  wire_write(client, "four\nfives\n", 11);
  CHECK_INT(1, wt_recv(connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("four", message.data);
  CHECK_INT(WT_ELIMIT, wt_recv(connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("a message of 5 bytes: the limit max_message_bytes is 4", wt_last_error(connection)->text);
  wt_abort(connection);
  close(client);
  wt_listener_close(listener);
}

static int number_of(int fd, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, option, &value, &size);
  return value;
}

TEST(options_of_the_address_are_set_on_what_is_accepted_too) {
  wt_error error;
  wt_connection *client;
  wt_connection *server;
  char address[200];
  wt_listener *listener = wire_listener(
      "tcp://127.0.0.1:0?keepalive=7s&tos=16&nodelay=0&sndbuf=50000&rcvbuf=40000&ttl=9&backlog=7", NULL);
  snprintf(address, sizeof address, "%s?keepalive=0&user_timeout=1500ms&dscp=10&reuseport",
           wt_listener_address(listener));
  CHECK_INT(0, wt_connect(&client, address, NULL, &error));
  CHECK_INT(0, wt_accept(&server, listener, WIRE_PATIENCE_MS, &error));
  int fd = wt_fd(server);
  CHECK(number_of(fd, SOL_SOCKET, SO_KEEPALIVE) != 0);
  CHECK_INT(0, number_of(fd, IPPROTO_TCP, TCP_NODELAY));
  CHECK_INT(9, number_of(fd, IPPROTO_IP, IP_TTL));
  CHECK(number_of(fd, SOL_SOCKET, SO_SNDBUF) >= 50000);
  CHECK(number_of(fd, SOL_SOCKET, SO_RCVBUF) >= 40000);
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
#ifdef __linux__
  CHECK_INT(7, number_of(fd, IPPROTO_TCP, TCP_KEEPIDLE));
  CHECK_INT(7, number_of(fd, IPPROTO_TCP, TCP_KEEPINTVL));
  CHECK_INT(49000, number_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
  CHECK_INT(1500, number_of(wt_fd(client), IPPROTO_TCP, TCP_USER_TIMEOUT));
#endif
  fd = wt_fd(client);
  CHECK_INT(0, number_of(fd, SOL_SOCKET, SO_KEEPALIVE));
  CHECK(number_of(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
  CHECK_INT(40, number_of(fd, IPPROTO_IP, IP_TOS));
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  wt_abort(client);
  wt_abort(server);
  wt_listener_close(listener);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(an_empty_host_is_every_interface_of_both_families);
  RUN(v6only_and_the_schemes_of_one_family);
  RUN(a_name_with_two_addresses_is_two_sockets_with_one_port);
  RUN(a_port_that_is_taken_is_told_with_who_has_it);
  RUN(another_process_that_has_a_port_is_named);
  RUN(addresses_that_cannot_be_listened_on);
  RUN(a_name_that_the_resolver_knows);
  RUN(nobody_comes);
  RUN(calls_that_do_not_fit_the_kind);
  RUN(without_descriptors_nobody_listens);
  RUN(without_descriptors_accepting_waits_for_better_times);
  RUN(the_address_wins_over_the_options);
  RUN(options_of_the_address_are_set_on_what_is_accepted_too);
  return wire_done(open_before);
}
