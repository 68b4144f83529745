/* Connecting: names, several addresses, nobody there, no time left; and what each failure says. */
#include "wire.h"

/* Connects to what must fail, and returns the words. */
static const char *failing(int code, const char *address, const wt_options *options) {
  static wt_error error;
  wt_connection *connection = NULL;
  memset(&error, 0, sizeof error);
  CHECK_INT(code, wt_connect(&connection, address, options, &error));
  CHECK_INT(code, error.code);
  CHECK(connection == NULL);
  return error.text;
}

TEST(nobody_listens_there) {
  int port;
  wt_error error;
  wt_connection *connection;
  char expected[400];
  close(wire_listen(&port, 1));
  snprintf(expected, sizeof expected,
           "tcp://127.0.0.1:%d: nobody listens there: is the server started, and is it this port?", port);
  CHECK_TEXT(expected, failing(WT_EREFUSED, wire_address("127.0.0.1%.0s:%d", "", port), NULL));
  CHECK_INT(WT_EREFUSED, wt_connect(&connection, wire_address("tcp://127.0.0.1%.0s:%d", "", port), NULL, &error));
  CHECK_INT(ECONNREFUSED, error.os_error);
  /* Nobody has to listen to the words. */
  CHECK_INT(WT_EREFUSED, wt_connect(&connection, wire_address("tcp://127.0.0.1%.0s:%d", "", port), NULL, NULL));
}

TEST(what_happened_to_both_families_is_said_once) {
  int port;
  char expected[400];
  close(wire_listen(&port, 1));
  snprintf(expected, sizeof expected,
           "tcp://localhost:%d: nobody listens there: is the server started, and is it this port? "
           "(tried tcp://[::1]:%d and tcp://127.0.0.1:%d)",
           port, port, port);
  CHECK_TEXT(expected, failing(WT_EREFUSED, wire_address("tcp://localhost%.0s:%d", "", port), NULL));
}

TEST(ipv4_answers_where_ipv6_does_not) {
  int port;
  wt_error error;
  wt_connection *connection;
  int listening = wire_listen(&port, 5);
  CHECK_INT(0, wt_connect(&connection, wire_address("tcp://localhost%.0s:%d", "", port), NULL, &error));
  CHECK_TEXT(wire_address("tcp://127.0.0.1%.0s:%d", "", port), wt_peer(connection));
  CHECK(strncmp("tcp://127.0.0.1:", wt_local(connection), 16) == 0);
  CHECK_INT(0, wt_last_error(connection)->code);
  wt_abort(connection);
  close(listening);
}

TEST(an_empty_host_is_localhost) {
  int port;
  wt_error error;
  wt_connection *connection;
  int listening = wire_listen(&port, 5);
  CHECK_INT(0, wt_connect(&connection, wire_address(":%.0s%d", "", port), NULL, &error));
  wt_abort(connection);
  CHECK_INT(0, wt_connect(&connection, wire_address("tcp4://localhost.%.0s:%d", "", port), NULL, &error));
  wt_abort(connection);
  close(listening);
}

TEST(names_that_are_none) {
  CHECK_TEXT("tcp://nobody.invalid:80: no host of the name nobody.invalid: is it spelt so?",
             failing(WT_ENOHOST, "tcp://nobody.invalid:80", NULL));
  CHECK_TEXT("tcp6://nobody.invalid:80: no host of the name nobody.invalid has an IPv6 address: is it spelt so?",
             failing(WT_ENOHOST, "tcp6://nobody.invalid:80", NULL));
}

TEST(words_that_are_wrong_open_nothing) {
  CHECK_TEXT(
      "port 0 lets a server pick one; connect to 1 to 65535\n"
      "  tcp://localhost:0\n"
      "                  ^",
      failing(WT_EUSAGE, "tcp://localhost:0", NULL));
  CHECK_TEXT(
      "bind: pi.local is not an IPv4 address, written as a number\n"
      "  tcp4://127.0.0.1:9?nodelay&bind=pi.local\n"
      "                             ^^^^",
      failing(WT_EUSAGE, "tcp4://127.0.0.1:9?nodelay&bind=pi.local:0", NULL));
  wt_options options = {0};
  options.framing = "lines";
  CHECK(strstr(failing(WT_EUSAGE, "tcp://127.0.0.1:9", &options), "lines") != NULL);
  CHECK(strstr(failing(WT_EUSAGE, "tcp://127.0.0.1:9?framing=fixed:0", NULL), "fixed:0") != NULL);
  CHECK(strstr(failing(WT_EUSAGE, "gopher://127.0.0.1:9", NULL), "gopher") != NULL);
}

TEST(bind_says_where_from) {
  int port;
  wt_error error;
  wt_connection *connection;
  int listening = wire_listen(&port, 5);
  const char *address = wire_address("tcp://localhost%.0s:%d?bind=127.0.0.9", "", port);
  CHECK_INT(0, wt_connect(&connection, address, NULL, &error));
  CHECK(strncmp("tcp://127.0.0.9:", wt_local(connection), 16) == 0);
  wt_abort(connection);
  address = wire_address("tcp://127.0.0.1%.0s:%d?bind=localhost:0", "", port);
  CHECK_INT(0, wt_connect(&connection, address, NULL, &error));
  CHECK(strncmp("tcp://127.0.0.1:", wt_local(connection), 16) == 0);
  wt_abort(connection);
  CHECK_INT(0, wt_connect(&connection, wire_address("tcp://127.0.0.1%.0s:%d?bind=:0", "", port), NULL, &error));
  wt_abort(connection);
  close(listening);
  CHECK_TEXT("tcp://[::1]:9: it has no IPv4 address, and bind=127.0.0.9 is one",
             failing(WT_ENOHOST, "tcp://[::1]:9?bind=127.0.0.9:0", NULL));
  CHECK_TEXT("tcp://192.0.2.1:0: that is no address of this machine; ip addr shows those it has",
             failing(WT_EUNREACHABLE, "tcp://127.0.0.1:9?bind=192.0.2.1", NULL));
}

TEST(bind_over_ipv6) {
  wt_error error;
  wt_connection *connection;
  wt_listener *listener = wire_listener("tcp6://[::1]:0", NULL);
  const char *address = wire_address("tcp://[::1]%.0s:%d?bind=[::1]:0", "", wire_port(listener));
  CHECK_INT(0, wt_connect(&connection, address, NULL, &error));
  CHECK(strncmp("tcp://[::1]:", wt_local(connection), 12) == 0);
  wt_abort(connection);
  wt_listener_close(listener);
}

TEST(a_socket_connected_to_itself_is_nobody) {
  int port;
  char address[64];
  char expected[200];
  close(wire_listen(&port, 1));
  snprintf(address, sizeof address, "tcp://127.0.0.1:%d?bind=127.0.0.1:%d", port, port);
  snprintf(expected, sizeof expected,
           "tcp://127.0.0.1:%d: nobody listens there: is the server started, and is it this port?", port);
  CHECK_TEXT(expected, failing(WT_EREFUSED, address, NULL));
}

TEST(an_interface_must_be_there) {
  const char *said = failing(WT_EUNREACHABLE, "tcp://127.0.0.1:9?interface=nosuch0", NULL);
  CHECK_TEXT("tcp://127.0.0.1:9: this machine has no interface nosuch0; ip link shows those it has", said);
  said = failing(WT_EUNREACHABLE, "tcp://[fe80::1%25nosuch0]:9", NULL);
  CHECK(strstr(said, "this machine has no interface nosuch0; ip link shows those it has") != NULL);
  said = failing(WT_EUNREACHABLE, "tcp://[fe80::1]:9", NULL);
  CHECK(strstr(said, "an address of the link alone needs its interface, as in [fe80::1%eth0]") != NULL);
}

/* A listening socket whose backlog is full, so that who connects gets no answer; at a port, or any for 0. */
enum { WAITING = 4 };

static int full_backlog(int family, int *port, int *waiting) {
  struct sockaddr_storage at;
  struct sockaddr_in *in = (struct sockaddr_in *)&at;
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&at;
  socklen_t size = family == AF_INET ? (socklen_t)sizeof *in : (socklen_t)sizeof *in6;
  int only = 1;
  int listening = socket(family, SOCK_STREAM, 0);
  memset(&at, 0, sizeof at);
  at.ss_family = (sa_family_t)family;
  if (family == AF_INET) {
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in->sin_port = htons((uint16_t)*port);
  } else {
    in6->sin6_addr = in6addr_loopback;
    in6->sin6_port = htons((uint16_t)*port);
    setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  }
  wire_need(bind(listening, (struct sockaddr *)&at, size) == 0 && listen(listening, 0) == 0, "listen");
  getsockname(listening, (struct sockaddr *)&at, &size);
  *port = ntohs(family == AF_INET ? in->sin_port : in6->sin6_port);
  for (size_t i = 0; i < WAITING; i++) {
    waiting[i] = socket(family, SOCK_STREAM, 0);
    fcntl(waiting[i], F_SETFL, O_NONBLOCK);
    (void)connect(waiting[i], (struct sockaddr *)&at, size);
  }
  return listening;
}

static void close_backlog(int listening, const int *waiting) {
  for (size_t i = 0; i < WAITING; i++) {
    close(waiting[i]);
  }
  close(listening);
}

TEST(connecting_has_a_deadline) {
  int port;
  int waiting[WAITING];
  char expected[400];
  wt_options options = {0};
  port = 0;
  int listening = full_backlog(AF_INET, &port, waiting);
  options.connect_timeout_ms = 120;
  int64_t began = wire_now_ms();
  wire_storm(3000);
  const char *said = failing(WT_ETIMEDOUT, wire_address("tcp://127.0.0.1%.0s:%d", "", port), &options);
  wire_storm(0);
  int64_t took = wire_now_ms() - began;
  CHECK(took >= 120 && took < WIRE_PATIENCE_MS);
  snprintf(expected, sizeof expected, "tcp://127.0.0.1:%d: timed out after 0.12 s in connect", port);
  CHECK_TEXT(expected, said);
  options.flags = WT_INTERRUPTIBLE;
  options.connect_timeout_ms = WT_FOREVER;
  wire_storm(5000);
  said = failing(WT_EINTERRUPTED, wire_address("tcp://127.0.0.1%.0s:%d", "", port), &options);
  wire_storm(0);
  CHECK(strstr(said, ": a signal came") != NULL);
  close_backlog(listening, waiting);
}

TEST(who_does_not_answer_has_only_a_head_start) {
  int port;
  int waiting[WAITING];
  wt_error error;
  wt_connection *connection;
  int answering = wire_listen(&port, 5);
  int listening = full_backlog(AF_INET6, &port, waiting);
  int64_t began = wire_now_ms();
  CHECK_INT(0, wt_connect(&connection, wire_address("tcp://localhost%.0s:%d", "", port), NULL, &error));
  int64_t took = wire_now_ms() - began;
  CHECK(took >= 250 && took < 10000);
  CHECK_TEXT(wire_address("tcp://127.0.0.1%.0s:%d", "", port), wt_peer(connection));
  wt_abort(connection);
  close(answering);
  close_backlog(listening, waiting);
}

TEST(a_refusal_and_a_silence_are_a_silence) {
  int port = 0;
  int waiting[WAITING];
  wt_options options = {0};
  char expected[400];
  /* IPv6 is refused; IPv4 never answers. */
  int listening = full_backlog(AF_INET, &port, waiting);
  options.connect_timeout_ms = 50;
  snprintf(expected, sizeof expected, "tcp://localhost:%d: timed out after 0.05 s in connect", port);
  CHECK_TEXT(expected, failing(WT_ETIMEDOUT, wire_address("tcp://localhost%.0s:%d", "", port), &options));
  close_backlog(listening, waiting);
}

TEST(failures_that_differ_are_each_told) {
  int port;
  char expected[400];
  int listening = wire_listen(&port, 5);
  /* The port to connect from is somebody's already, for both families. */
  snprintf(expected, sizeof expected,
           "tcp://localhost:9: this process itself has it already; stop that, or choose another port "
           "(tried tcp://[::]:%d and tcp://0.0.0.0:%d)",
           port, port);
  CHECK_TEXT(expected, failing(WT_EINUSE, wire_address("tcp://localhost:9?bind=%.0s:%d", "", port), NULL));
  close(listening);
  /* Now one that speaks IPv6 has it: from IPv4 it can be connected, and nobody is there. */
  wt_listener *listener = wire_listener("tcp6://[::1]:0", NULL);
  port = wire_port(listener);
  snprintf(expected, sizeof expected,
           "tcp://localhost:9: tcp://[::]:%d: this process itself has it already; stop that, or choose another port; "
           "tcp://127.0.0.1:9: nobody listens there: is the server started, and is it this port?",
           port);
  CHECK_TEXT(expected, failing(WT_EINUSE, wire_address("tcp://localhost:9?bind=%.0s:%d", "", port), NULL));
  wt_listener_close(listener);
}

TEST(unix_paths_that_nobody_is_behind) {
  char expected[400];
  const char *missing = wire_path("missing.sock");
  snprintf(expected, sizeof expected, "unix:%s: there is no such socket file: is the server started?", missing);
  CHECK_TEXT(expected, failing(WT_EUNREACHABLE, wire_address("unix:%s", missing, 0), NULL));

  const char *stale = wire_path("stale.sock");
  close(wire_unix(SOCK_STREAM, stale));
  snprintf(expected, sizeof expected,
           "unix:%s: nobody listens there, the socket file is left over: is the server started?", stale);
  CHECK_TEXT(expected, failing(WT_EREFUSED, wire_address("unix:%s", stale, 0), NULL));
  unlink(stale);

  const char *file = wire_path("file");
  close(open(file, O_CREAT | O_WRONLY, 0600));
  snprintf(expected, sizeof expected, "unix:%s: that is a regular file, not a socket", file);
  CHECK_TEXT(expected, failing(WT_EREFUSED, wire_address("unix:%s", file, 0), NULL));
  snprintf(expected, sizeof expected, "unix:%s/x: a part of that path is not a directory", file);
  CHECK_TEXT(expected, failing(WT_EUNREACHABLE, wire_address("unix:%s/x", file, 0), NULL));
  unlink(file);
  snprintf(expected, sizeof expected, "unix:%s: that is a directory, not a socket", wire_folder);
  CHECK_TEXT(expected, failing(WT_EREFUSED, wire_address("unix:%s", wire_folder, 0), NULL));

  const char *other = wire_path("datagrams.sock");
  int bound = wire_unix(SOCK_DGRAM, other);
  snprintf(expected, sizeof expected,
           "unix:%s: a socket of another kind is there: try unix:, unixgram: or unixpacket:", other);
  CHECK_TEXT(expected, failing(WT_EREFUSED, wire_address("unix:%s", other, 0), NULL));
  close(bound);
  unlink(other);

#ifdef __linux__
  CHECK_TEXT("unix:@wiretalk-nobody: nobody listens there: is the server started, and is it this name?",
             failing(WT_EREFUSED, "unix:@wiretalk-nobody", NULL));
#endif
}

TEST(a_path_that_is_too_long_is_shown) {
  char address[200] = "unix:";
  char long_one[140];
  memset(long_one, 'p', sizeof long_one);
  long_one[sizeof long_one - 1] = '\0';
  strcat(address, long_one);
  const char *said = failing(WT_EUSAGE, address, NULL);
  const char *expected = " bytes, this one has 139; use a shorter one, or go to its directory and use a relative one\n";
  CHECK(strstr(said, expected) != NULL);
  address[5] = '@';
  said = failing(WT_EUSAGE, address, NULL);
#ifdef __linux__
  CHECK(strstr(said, "this one has 138; use a shorter one\n") != NULL);
#else
  CHECK(strstr(said, "138") != NULL);
#endif
}

TEST(a_unix_server_that_is_busy_is_asked_again) {
  const char *path = wire_path("busy.sock");
  wt_connection *connections[64];
  wt_error error;
  wt_options options = {0};
  struct sockaddr_un un;
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
  int listening = socket(AF_UNIX, SOCK_STREAM, 0);
  wire_need(bind(listening, (struct sockaddr *)&un, sizeof un) == 0 && listen(listening, 1) == 0, path);
  options.connect_timeout_ms = 60;
  size_t count = 0;
  int code = 0;
  const char *address = wire_address("unix:%s", path, 0);
  while (count < 64 && (code = wt_connect(&connections[count], address, &options, &error)) == 0) {
    count++;
  }
  CHECK_INT(WT_ETIMEDOUT, code);
  /* There is room once somebody is taken. */
  close(accept(listening, NULL, NULL));
  options.connect_timeout_ms = WIRE_PATIENCE_MS;
  CHECK_INT(0, wt_connect(&connections[count], address, &options, &error));
  for (size_t i = 0; i <= count; i++) {
    wt_abort(connections[i]);
  }
  close(listening);
  unlink(path);
}

TEST(without_descriptors_it_says_so) {
  struct rlimit before;
  struct rlimit none;
  char expected[200];
  getrlimit(RLIMIT_NOFILE, &before);
  none = before;
  /* As many as are open, so that no more can be. */
  int spare = open("/dev/null", O_RDONLY);
  none.rlim_cur = (rlim_t)spare;
  close(spare);
  setrlimit(RLIMIT_NOFILE, &none);
  snprintf(expected, sizeof expected,
           "this process is out of file descriptors (ulimit -n raises it): the limit open files is %d",
           (int)none.rlim_cur);
  CHECK_TEXT(expected, failing(WT_ELIMIT, "tcp://127.0.0.1:9", NULL));
  CHECK_TEXT(expected, failing(WT_ELIMIT, "unix:/tmp/x", NULL));
  setrlimit(RLIMIT_NOFILE, &before);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(nobody_listens_there);
  RUN(what_happened_to_both_families_is_said_once);
  RUN(ipv4_answers_where_ipv6_does_not);
  RUN(an_empty_host_is_localhost);
  RUN(names_that_are_none);
  RUN(words_that_are_wrong_open_nothing);
  RUN(bind_says_where_from);
  RUN(bind_over_ipv6);
  RUN(a_socket_connected_to_itself_is_nobody);
  RUN(an_interface_must_be_there);
  RUN(connecting_has_a_deadline);
  RUN(who_does_not_answer_has_only_a_head_start);
  RUN(a_refusal_and_a_silence_are_a_silence);
  RUN(failures_that_differ_are_each_told);
  RUN(unix_paths_that_nobody_is_behind);
  RUN(a_path_that_is_too_long_is_shown);
  RUN(a_unix_server_that_is_busy_is_asked_again);
  RUN(without_descriptors_it_says_so);
  return wire_done(open_before);
}
