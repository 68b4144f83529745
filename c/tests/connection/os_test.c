/* What lies below connections: time, names, and what the system's errors mean. */
#include "wire.h"

#include <netdb.h>
#include <stddef.h>

#include "connection/hosts.h"
#include "connection/words.h"

static const char *explained(int code, int os_error, const char *name, wti_doing_t doing) {
  static wt_error error;
  memset(&error, 0, sizeof error);
  CHECK_INT(code, wti_explain(&error, os_error, name, doing));
  CHECK_INT(code, error.code);
  return error.text;
}

TEST(errors_say_what_the_user_can_do) {
  CHECK_TEXT("tcp://h:1: no way to that host: is it on, and on this network?",
             explained(WT_EUNREACHABLE, EHOSTUNREACH, "tcp://h:1", WTI_CONNECT));
  CHECK_TEXT("tcp://h:1: no route to that network: is this machine connected to it?",
             explained(WT_EUNREACHABLE, ENETUNREACH, "tcp://h:1", WTI_CONNECT));
  CHECK_TEXT("tcp://h:1: somebody listens there, but broke off at once: does it expect something else?",
             explained(WT_EREFUSED, ECONNRESET, "tcp://h:1", WTI_CONNECT));
  CHECK_TEXT("tcp://h:1: timed out in connect", explained(WT_ETIMEDOUT, ETIMEDOUT, "tcp://h:1", WTI_CONNECT));
  CHECK_TEXT("tcp://h:1: the system forbids it: is there a firewall?",
             explained(WT_ENOTPERMITTED, EPERM, "tcp://h:1", WTI_CONNECT));
  CHECK_TEXT("tcp://h:80: ports below 1024 are for root (CAP_NET_BIND_SERVICE); choose one from 1024 up",
             explained(WT_ENOTPERMITTED, EACCES, "tcp://h:80", WTI_LISTEN));
  CHECK_TEXT("tcp://h:8080: the system forbids it", explained(WT_ENOTPERMITTED, EACCES, "tcp://h:8080", WTI_LISTEN));
  CHECK_TEXT("unix:/x: this user may not make that file there; choose another directory, or ask its owner",
             explained(WT_ENOTPERMITTED, EACCES, "unix:/x", WTI_LISTEN));
  CHECK_TEXT("unix:/x: this user may not use that socket file, or not look into its directory",
             explained(WT_ENOTPERMITTED, EACCES, "unix:/x", WTI_CONNECT));
  CHECK_TEXT("unix:/x: the server is busy: its backlog of connections is full; try again",
             explained(WT_EREFUSED, EAGAIN, "unix:/x", WTI_CONNECT));
  CHECK_TEXT("unix:/x: the disk is full", explained(WT_ESYSTEM, ENOSPC, "unix:/x", WTI_LISTEN));
  CHECK_TEXT("udp://h:1: nobody listens there: is the server started, and is it this port?",
             explained(WT_EREFUSED, ECONNREFUSED, "udp://h:1", WTI_RECEIVE));
  CHECK_TEXT("tcp://192.0.2.77:1: somebody else has it already; stop that, or choose another port",
             explained(WT_EINUSE, EADDRINUSE, "tcp://192.0.2.77:1", WTI_LISTEN));
  CHECK(strncmp("tcp://h:1: ", explained(WT_ESYSTEM, EDOM, "tcp://h:1", WTI_OPEN), 11) == 0);
  CHECK(strstr(explained(WT_ESYSTEM, EDOM, "tcp://h:1", WTI_OPEN), " (open)") != NULL);
}

TEST(how_an_open_conversation_broke) {
  static const int broken[] = {ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    CHECK_TEXT("tcp://h:1: reset by the peer", explained(WT_ERESET, broken[i], "tcp://h:1", WTI_SEND));
  }
  CHECK_TEXT("tcp://h:1: timed out in keepalive", explained(WT_ERESET, ETIMEDOUT, "tcp://h:1", WTI_RECEIVE));
  const char *said = explained(WT_ERESET, EHOSTUNREACH, "tcp://h:1", WTI_RECEIVE);
  CHECK(strncmp("tcp://h:1: reset by the system (the way to the peer broke: ", said, 59) == 0);
  said = explained(WT_ESYSTEM, EIO, "tcp://h:1", WTI_RECEIVE);
  CHECK(strncmp("tcp://h:1: failed by the system (", said, 33) == 0);
}

TEST(what_ran_out) {
  CHECK(strstr(explained(WT_ELIMIT, EMFILE, "tcp://h:1", WTI_OPEN), "the limit open files is ") != NULL);
  CHECK(strstr(explained(WT_ELIMIT, ENFILE, "tcp://h:1", WTI_ACCEPT), "(fs.file-max): the limit open files is ") !=
        NULL);
  CHECK(strncmp("the system has no memory left for sockets: the limit memory is ",
                explained(WT_ELIMIT, ENOBUFS, "tcp://h:1", WTI_SEND), 63) == 0);
  CHECK_TEXT(
      "the datagram is larger than the way to the peer carries; send less in one: the limit datagram_bytes is 65527",
      explained(WT_ELIMIT, EMSGSIZE, "udp://[::1]:1", WTI_SEND));
  CHECK(strstr(explained(WT_ELIMIT, EMSGSIZE, "unixgram:/x", WTI_SEND), "the limit sndbuf is ") != NULL);
  CHECK_INT(0, wti_kernel_number("/proc/sys/no/such"));
  CHECK_INT(0, wti_kernel_number("/proc/version"));
}

static const char *named(const char *scheme, const void *sockaddr, size_t size) {
  static char name[WT_NAME_BYTES];
  wti_name(name, scheme, sockaddr, (socklen_t)size);
  return name;
}

TEST(names_of_ip_addresses) {
  struct sockaddr_in6 in6;
  memset(&in6, 0, sizeof in6);
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(80);
  inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr);
  in6.sin6_scope_id = 4000000;
  CHECK_TEXT("tcp://[fe80::1%4000000]:80", named("tcp", &in6, sizeof in6));
  in6.sin6_scope_id = 1;
  CHECK(strncmp("tcp://[fe80::1%", named("tcp", &in6, sizeof in6), 15) == 0);
  in6.sin6_scope_id = 0;
  inet_pton(AF_INET6, "::ffff:10.1.2.3", &in6.sin6_addr);
  CHECK_TEXT("tcp://10.1.2.3:80", named("tcp", &in6, sizeof in6));
}

TEST(names_of_paths) {
  struct sockaddr_un un;
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  size_t head = offsetof(struct sockaddr_un, sun_path);
  CHECK_TEXT("unix:(unnamed)", named("unix", &un, head));
  CHECK_TEXT("unix:(unnamed)", named("unix", NULL, 0));
  memcpy(un.sun_path, "/tmp/a?b", 8);
  CHECK_TEXT("unix:/tmp/a%3Fb", named("unix", &un, sizeof un));
  memcpy(un.sun_path, "@name\0\0\0", 8);
  CHECK_TEXT("unix:./@name", named("unix", &un, sizeof un));
  memcpy(un.sun_path, "\0name", 5);
  CHECK_TEXT("unix:@name", named("unix", &un, head + 5));
  /* The longest there is, of bytes that are written as three characters each. */
  memset(un.sun_path, 0xFF, sizeof un.sun_path);
  un.sun_path[0] = '@';
  CHECK_INT(strlen("unixgram:./@") + 3 * (sizeof un.sun_path - 1), strlen(named("unixgram", &un, sizeof un)));
}

TEST(endpoints_are_the_same_or_not) {
  wt_endpoint one;
  wt_endpoint other;
  memset(&one, 0, sizeof one);
  one.size = 16;
  one.local_size = 4;
  other = one;
  CHECK(wti_same_endpoint(&one, &other));
  other.local[3] = 1;
  CHECK(!wti_same_endpoint(&one, &other));
  other = one;
  other.sockaddr.bytes[15] = 1;
  CHECK(!wti_same_endpoint(&one, &other));
  other = one;
  other.size = 28;
  CHECK(!wti_same_endpoint(&one, &other));
}

TEST(time_passes) {
  int64_t began = wti_now_ms();
  CHECK_INT(0, wti_poll(NULL, 0, wti_deadline(30), 0));
  CHECK(wti_now_ms() - began >= 30);
  CHECK_INT(0, wti_poll(NULL, 0, wti_deadline(0), WT_INTERRUPTIBLE));
  CHECK_INT(-1, wti_left_ms(WTI_NEVER));
  CHECK_INT(0, wti_left_ms(wti_now_ms() - 5));
  CHECK_INT(86400000, wti_left_ms(INT64_MAX - 1));
  CHECK(wti_deadline(WT_FOREVER) == WTI_NEVER && wti_deadline(-77) == WTI_NEVER);
  /* More than the system can poll. */
  struct rlimit before;
  struct rlimit few;
  struct pollfd many[32];
  memset(many, 0, sizeof many);
  getrlimit(RLIMIT_NOFILE, &before);
  few = before;
  few.rlim_cur = 16;
  setrlimit(RLIMIT_NOFILE, &few);
  CHECK_INT(WT_ESYSTEM, wti_poll(many, 32, wti_deadline(0), 0));
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(a_descriptor_that_is_none) {
  wti_sockaddr_t peer;
  wt_address address;
  wt_error error;
  int fd;
  CHECK_INT(-1, wti_prepare_fd(-1));
  CHECK_INT(0, wt_address_parse(&address, "tcp://:1", NULL));
  CHECK_INT(WT_ESYSTEM, wti_accept_one(&fd, &peer, -1, &address, &error));
  CHECK_INT(EBADF, error.os_error);
  char name[WT_NAME_BYTES];
  wti_local_name(name, "unix", -1);
  CHECK_TEXT("unix:(unnamed)", name);
}

TEST(what_an_address_says_wins) {
  wt_address address;
  wti_plan_t plan;
  wt_options options = {0};
  CHECK_INT(0, wt_address_parse(&address, "tcp://:1?max_message=4GiB", NULL));
  CHECK_INT(0, wti_plan(&plan, &address, NULL, NULL));
  CHECK(plan.max_message == (sizeof(size_t) > 4 ? (size_t)4294967295u + 1 : SIZE_MAX / 4));
  options.max_message = 77;
  CHECK_INT(0, wt_address_parse(&address, "udp://:1", NULL));
  CHECK_INT(0, wti_plan(&plan, &address, &options, NULL));
  CHECK_INT(77, plan.max_message);
  CHECK(wti_is_datagram(&address) && !wti_is_unix(&address));
}

TEST(options_that_are_refused) {
  wt_address address;
  wt_error error;
  int value = 1;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK_INT(0, wt_address_parse(&address, "tcp://:1?ttl=7&user_timeout=1.5s&interface=lo", NULL));
  CHECK_INT(WT_EUSAGE, wti_set_option(fd, &address, "ttl", IPPROTO_TCP, -1, &value, sizeof value, &error));
  CHECK_TEXT(
      "ttl: this system does not have it\n"
      "  tcp://:1?ttl=7&user_timeout=1.5s&interface=lo\n"
      "           ^^^",
      error.text);
  CHECK_INT(WT_EUSAGE, wti_set_option(fd, &address, "ttl", SOL_SOCKET, 9999, &value, sizeof value, &error));
  CHECK(strncmp("ttl: this system does not have it for such a socket", error.text, 51) == 0);
  CHECK_INT(WT_ENOTPERMITTED, wti_explain_option(&error, EPERM, &address, "ttl"));
  CHECK_TEXT("tcp://:1: ttl=7 is for root here (CAP_NET_ADMIN or CAP_NET_RAW)", error.text);
  CHECK_INT(WT_ESYSTEM, wti_explain_option(&error, EINVAL, &address, "user_timeout"));
  CHECK(strstr(error.text, "the system refuses user_timeout=1.5 (") != NULL);
  CHECK_INT(WT_EUNREACHABLE, wti_explain_option(&error, ENODEV, &address, "interface"));
  CHECK_TEXT("tcp://:1: this machine has no interface lo; ip link shows those it has", error.text);
  CHECK_INT(WT_ESYSTEM, wti_explain_option(&error, EINVAL, &address, "loop"));
  CHECK(strstr(error.text, "the system refuses loop (") != NULL);
  close(fd);
}

static void add(wti_found_t *found, const char *host) {
  wti_sockaddr_t number;
  CHECK_INT(1, wti_literal(&number, host, 80, NULL));
  CHECK_INT(0, wti_add_candidate(found, &number.storage, number.size, NULL));
}

TEST(families_take_turns) {
  wti_found_t found = {NULL, 0, SOCK_STREAM, IPPROTO_TCP};
  static const char *const asked[] = {"::1", "::2", "::3", "::2", "10.0.0.1", "10.0.0.2", "::4", "10.0.0.1"};
  static const char *const turns[] = {"[::1]", "10.0.0.1", "[::2]", "10.0.0.2", "[::3]", "[::4]"};
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    add(&found, asked[i]);
  }
  wti_interleave(&found);
  CHECK_INT(6, found.count);
  for (size_t i = 0; i < found.count; i++) {
    CHECK_TEXT(wire_address("tcp://%s:%d", turns[i], 80),
               named("tcp", &found.list[i].to.storage, found.list[i].to.size));
  }
  free(found.list);
}

TEST(what_a_resolver_says) {
  wt_address address;
  wt_error error;
  CHECK_INT(0, wt_address_parse(&address, "tcp4://pi.local:80", NULL));
  CHECK_INT(WT_ENOHOST, wti_explain_lookup(&error, EAI_AGAIN, &address, AF_INET));
  CHECK_TEXT(
      "tcp4://pi.local:80: no name server says who pi.local is: is this machine on the network? "
      "if it is, try again later",
      error.text);
  CHECK_INT(WT_ENOHOST, wti_explain_lookup(&error, EAI_FAMILY, &address, AF_INET));
  CHECK_TEXT("tcp4://pi.local:80: pi.local has no IPv4 address", error.text);
  CHECK_INT(WT_EMEMORY, wti_explain_lookup(&error, EAI_MEMORY, &address, AF_INET));
  CHECK_INT(WT_ENOHOST, wti_explain_lookup(&error, EAI_FAIL, &address, AF_UNSPEC));
  CHECK(strncmp("tcp4://pi.local:80: pi.local was not found: ", error.text, 44) == 0);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(errors_say_what_the_user_can_do);
  RUN(how_an_open_conversation_broke);
  RUN(what_ran_out);
  RUN(names_of_ip_addresses);
  RUN(names_of_paths);
  RUN(endpoints_are_the_same_or_not);
  RUN(time_passes);
  RUN(a_descriptor_that_is_none);
  RUN(what_an_address_says_wins);
  RUN(options_that_are_refused);
  RUN(families_take_turns);
  RUN(what_a_resolver_says);
  return wire_done(open_before);
}
