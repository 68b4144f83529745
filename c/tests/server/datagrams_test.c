/* Peers of datagram sockets, each a session; and servers at several addresses. */
#include "server/serving.h"

#include <sys/stat.h>

/* Receives one datagram as text. */
static void datagrams_expect(int fd, const char *text) {
  char got[256] = "";
  if (!client_readable(fd, SERVING_PATIENCE_MS)) {
    CHECK_TEXT(text, "nothing");
    return;
  }
  ssize_t size = recv(fd, got, sizeof got - 1, 0);
  got[size > 0 ? size : 0] = '\0';
  CHECK_TEXT(text, got);
}

static int datagrams_client(const serving_t *serving) { return client_socket(serving->address[0], SOCK_DGRAM); }

TEST(each_peer_is_a_session) {
  serving_t *serving = serving_at("udp://127.0.0.1:0", NULL, &serving_echoes);
  int one = datagrams_client(serving);
  int other = datagrams_client(serving);
  client_send(one, "a");
  datagrams_expect(one, "a");
  client_send(other, "b");
  datagrams_expect(other, "b");
  client_send(one, "c");
  datagrams_expect(one, "c");
  CHECK_INT(0, send(one, "", 0, 0));
  datagrams_expect(one, "");
  CHECK_TEXT("open\nmessage a\nopen\nmessage b\nmessage c\nmessage \n", serving->log);
  wt_server_stop(serving->server);
  SERVING_SAW(serving, 2, "close -15 closed by us\n");
  close(one);
  close(other);
  CHECK_INT(0, serving_joined(serving));
}

TEST(a_silent_peer_is_forgotten) {
  wt_options options = {.udp_peer_idle_ms = 100};
  serving_t *serving = serving_at("udp://127.0.0.1:0", &options, &serving_echoes);
  int fd = datagrams_client(serving);
  client_send(fd, "a");
  datagrams_expect(fd, "a");
  SERVING_SAW(serving, 1, "close 0 finished by the peer\n");
  client_send(fd, "b");
  datagrams_expect(fd, "b");
  CHECK_INT(2, serving_count(serving, "open\n"));
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

/* Whoever forges addresses can neither fill the memory nor drive out those who are there. */
TEST(only_so_many_peers_are_remembered) {
  enum { PEERS = 20 };
  wt_options options = {.max_udp_peers = PEERS, .udp_peer_idle_ms = 1000};
  serving_t *serving = serving_at("udp://127.0.0.1:0", &options, &serving_echoes);
  int fds[PEERS + 1];
  for (int i = 0; i < PEERS; i++) {
    fds[i] = datagrams_client(serving);
    client_send(fds[i], "hello");
    datagrams_expect(fds[i], "hello");
  }
  fds[PEERS] = datagrams_client(serving);
  client_send(fds[PEERS], "too many");
  client_send(fds[PEERS], "too many");
  SERVING_SAW(serving, 1, "problem -11\n");
  client_send(fds[0], "still here");
  datagrams_expect(fds[0], "still here");
  CHECK_INT(1, serving_count(serving, "problem"));
  CHECK_INT(PEERS, serving_count(serving, "open\n"));
  /* When some are forgotten, new ones come in. */
  SERVING_SAW(serving, PEERS - 1, "close 0 finished by the peer\n");
  client_send(fds[PEERS], "now");
  datagrams_expect(fds[PEERS], "now");
  for (int i = 0; i < PEERS + 1; i++) {
    close(fds[i]);
  }
  CHECK_INT(0, serving_ended(serving));
}

TEST(one_too_long_is_told_and_dropped) {
  wt_options options = {.max_message = 10};
  serving_t *serving = serving_at("udp://127.0.0.1:0", &options, &serving_echoes);
  int fd = datagrams_client(serving);
  client_send(fd, "0123456789a");
  SERVING_SAW(serving, 1, "problem -11\n");
  client_send(fd, "0123456789");
  datagrams_expect(fd, "0123456789");
  CHECK_INT(1, serving_count(serving, "message"));
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

static void datagrams_replies(wt_session *session, const wt_message *message, void *context) {
  static char large[70000];
  (void)context;
  CHECK_INT(WT_ELIMIT, wt_reply(session, large, sizeof large));
  CHECK_INT(0, wt_session_unsent(session));
  CHECK_INT(0, wt_reply(session, message->data, message->size));
  if (message->data[0] == 'c') {
    wt_session_close(session);
  } else if (message->data[0] == 'a') {
    wt_session_abort(session);
  }
  if (message->data[0] != 'x') {
    CHECK_INT(WT_ECLOSED, wt_reply(session, "more", 4));
    CHECK_INT(0, wt_server_count(wt_session_server(session)));
  }
}

TEST(a_session_that_we_close_may_begin_again) {
  wt_callbacks callbacks = {NULL, NULL, datagrams_replies, NULL, NULL};
  serving_t *serving = serving_at("udp://127.0.0.1:0", NULL, &callbacks);
  int fd = datagrams_client(serving);
  static const char *const words[] = {"x", "close", "abort", "x"};
  for (size_t i = 0; i < 4; i++) {
    client_send(fd, words[i]);
    datagrams_expect(fd, words[i]);
    if (i == 1 || i == 2) {
      SERVING_SAW(serving, i, "close -15 closed by us\n");
    }
  }
  CHECK_INT(3, serving_count(serving, "open\n"));
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

/* ---- unixgram */

static void datagrams_path(char *path, size_t room, const char *name) {
  snprintf(path, room, "/tmp/wt-datagrams-%d-%s.sock", (int)getpid(), name);
}

/* Not connected: then the system holds only few datagrams for it, whatever the server's own buffer has room for. */
static int datagrams_unix(const char *name) {
  struct sockaddr_un own = {.sun_family = AF_UNIX};
  datagrams_path(own.sun_path, sizeof own.sun_path, name);
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (name[0] != '\0') {
    unlink(own.sun_path);
    CHECK_INT(0, bind(fd, (struct sockaddr *)&own, sizeof own));
  }
  return fd;
}

static void datagrams_unix_send(int fd, const serving_t *serving, const char *text) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path, sizeof to.sun_path, "%s", strchr(serving->address[0], ':') + 1);
  CHECK_INT(strlen(text), sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to));
}

static serving_t *datagrams_unix_server(const wt_options *options, const wt_callbacks *callbacks) {
  char path[64];
  char address[80];
  datagrams_path(path, sizeof path, "server");
  snprintf(address, sizeof address, "unixgram:%s", path);
  return serving_at(address, options, callbacks);
}

static void datagrams_unlink_name(const char *name) {
  char path[64];
  datagrams_path(path, sizeof path, name);
  unlink(path);
}

static void datagrams_named(wt_session *session, const wt_message *message, void *context) {
  bool answered = wt_reply(session, message->data, message->size) == 0;
  serving_add(context, "from %s: %d\n", strchr(wt_session_peer(session), ':'), answered);
}

TEST(a_unix_peer_without_a_name_cannot_be_answered) {
  wt_callbacks callbacks = {NULL, NULL, datagrams_named, NULL, NULL};
  serving_t *serving = datagrams_unix_server(NULL, &callbacks);
  int named = datagrams_unix("client");
  int unnamed = datagrams_unix("");
  datagrams_unix_send(named, serving, "hello");
  datagrams_expect(named, "hello");
  datagrams_unix_send(unnamed, serving, "hello");
  SERVING_SAW(serving, 1, "from :(unnamed): 0\n");
  close(named);
  close(unnamed);
  datagrams_unlink_name("client");
  CHECK_INT(0, serving_ended(serving));
}

static void datagrams_many(wt_session *session, const wt_message *message, void *context) {
  char text[1000] = "";
  int result = 0;
  size_t count = 0;
  (void)message;
  for (; count < 1000 && result == 0; count++) {
    snprintf(text, sizeof text, "%zu", count);
    result = wt_reply(session, text, sizeof text);
  }
  serving_add(context, "gave %zu, %d\n", count - (result != 0), result);
}

/* More than the peer's queue takes: the rest is held, up to the limit, and sent when there is room. */
TEST(what_a_unix_peer_has_no_room_for_is_held) {
  wt_options options = {.send_buffer = 100000};
  wt_callbacks callbacks = {NULL, NULL, datagrams_many, NULL, NULL};
  serving_t *serving = datagrams_unix_server(&options, &callbacks);
  int fd = datagrams_unix("client");
  int other = datagrams_unix("other");
  datagrams_unix_send(fd, serving, "go");
  SERVING_SAW(serving, 1, ", -11\n");
  int given = atoi(strstr(serving->log, "gave ") + 5);
  CHECK(given >= 100);
  for (int i = 0; i < given; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    datagrams_expect(fd, text);
  }
  CHECK(!client_readable(fd, 50));
  /* It goes on, and so do others. */
  datagrams_unix_send(fd, serving, "go");
  datagrams_expect(fd, "0");
  datagrams_unix_send(other, serving, "go");
  datagrams_expect(other, "0");
  close(fd);
  close(other);
  datagrams_unlink_name("client");
  datagrams_unlink_name("other");
  CHECK_INT(0, serving_ended(serving));
}

TEST(a_unix_peer_that_takes_nothing_is_given_up) {
  wt_callbacks callbacks = {NULL, NULL, datagrams_many, NULL, NULL};
  serving_t *serving = datagrams_unix_server(NULL, &callbacks);
  int fd = datagrams_unix("client");
  datagrams_unix_send(fd, serving, "go");
  SERVING_SAW(serving, 1, "close -9 timed-out by the peer in send; ");
  close(fd);
  datagrams_unlink_name("client");
  CHECK_INT(0, serving_ended(serving));
}

/* What is held for a peer when it is gone, or when the server stops. */
TEST(what_is_held_for_who_is_gone_is_told_and_dropped) {
  wt_callbacks callbacks = {NULL, NULL, datagrams_many, NULL, NULL};
  wt_options options = {.send_buffer = 3000, .drain_ms = 1};
  serving_t *serving = datagrams_unix_server(&options, &callbacks);
  int fd = datagrams_unix("client");
  int other = datagrams_unix("other");
  datagrams_unix_send(fd, serving, "go");
  SERVING_SAW(serving, 1, ", -11\n");
  datagrams_unix_send(other, serving, "go");
  SERVING_SAW(serving, 2, ", -11\n");
  close(fd);
  SERVING_SAW(serving, 1, "problem -3\n");
  wt_server_stop(serving->server);
  SERVING_SAW(serving, 2, "close -15 closed by us");
  CHECK_INT(1, serving_count(serving, "problem"));
  close(other);
  datagrams_unlink_name("client");
  datagrams_unlink_name("other");
  CHECK_INT(0, serving_joined(serving));
}

static void datagrams_end_one(wt_session *session, const wt_message *message, void *context) {
  wt_server *server = wt_session_server(session);
  if (message->data[0] == 'g') {
    datagrams_many(session, message, context);
    return;
  }
  for (wt_session *one = NULL; (one = wt_server_next(server, one)) != NULL;) {
    const char *name = wt_session_peer(one);
    if (name[strlen(name) - 6] == message->data[0]) {
      wt_session_abort(one);
    }
  }
}

static void datagrams_end_all(wt_server *server, const wt_error *error, void *context) {
  (void)error;
  (void)context;
  for (wt_session *one = NULL; (one = wt_server_next(server, one)) != NULL;) {
    wt_session_abort(one);
  }
}

/* Whichever of those for whom something is held is ended, the others have theirs; and all may be ended while it is sent. */
TEST(what_is_held_for_several) {
  static const char *const names[] = {"a", "b", "c"};
  wt_callbacks callbacks = {NULL, NULL, datagrams_end_one, NULL, datagrams_end_all};
  wt_options options = {.send_buffer = 15000};
  for (int ended = 0; ended < 3; ended++) {
    serving_t *serving = datagrams_unix_server(&options, &callbacks);
    int fds[3];
    for (int i = 0; i < 3; i++) {
      fds[i] = datagrams_unix(names[i]);
      datagrams_unix_send(fds[i], serving, "go");
    }
    SERVING_SAW(serving, 3, ", -11\n");
    /* Said by somebody else: one who takes nothing is not heard. */
    int other = datagrams_unix("d");
    datagrams_unix_send(other, serving, names[ended]);
    SERVING_SAW(serving, 1, "close -15 closed by us; ");
    for (int i = 0; i < 3; i++) {
      for (int told = 0; i != ended && told < 20; told++) {
        char text[16];
        snprintf(text, sizeof text, "%d", told);
        datagrams_expect(fds[i], text);
      }
    }
    /* Another round, and then one of them is gone: that is a problem, at which all are ended. */
    for (int i = 0; i < 3; i++) {
      datagrams_unix_send(fds[i], serving, "go");
    }
    SERVING_SAW(serving, 6, ", -11\n");
    close(fds[0]);
    SERVING_SAW(serving, 1, "problem -3\n");
    SERVING_SAW(serving, 4, "close -15 closed by us");
    close(fds[1]);
    close(fds[2]);
    close(other);
    datagrams_unlink_name("d");
    for (int i = 0; i < 3; i++) {
      datagrams_unlink_name(names[i]);
    }
    CHECK_INT(0, serving_ended(serving));
  }
}

/* ---- several addresses */

TEST(one_server_at_several_addresses) {
  char path[64];
  char address[100];
  struct stat file;
  datagrams_path(path, sizeof path, "stream");
  snprintf(address, sizeof address, "unix:%s?framing=length:u8", path);
  serving_t *serving = serving_new(NULL, &serving_echoes);
  serving_listen(serving, "tcp://127.0.0.1:0?framing=line");
  serving_listen(serving, "udp://127.0.0.1:0");
  serving_listen(serving, address);
  serving_begin(serving, 3);
  int tcp = client_socket(serving->address[0], SOCK_STREAM);
  int udp = client_socket(serving->address[1], SOCK_DGRAM);
  int local = client_socket(serving->address[2], SOCK_STREAM);
  client_send(tcp, "one\n");
  CLIENT_GETS(tcp, "one\n");
  client_send(udp, "two");
  datagrams_expect(udp, "two");
  client_send(local, "\5three");
  CLIENT_GETS(local, "\5three");
  CHECK_INT(3, serving_count(serving, "open\n"));
  close(tcp);
  close(udp);
  close(local);
  CHECK_INT(0, serving_ended(serving));
  CHECK(stat(path, &file) < 0);
}

TEST(every_interface_in_both_families) {
  serving_t *serving = serving_at("tcp://:0?framing=line", NULL, &serving_echoes);
  int port = client_port(serving->address[0]);
  struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  to.sin6_addr = in6addr_loopback;
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
    client_send(fd, "six\n");
    CLIENT_GETS(fd, "six\n");
  }
  int four = client_at(serving);
  client_send(four, "four\n");
  CLIENT_GETS(four, "four\n");
  close(fd);
  close(four);
  CHECK_INT(0, serving_ended(serving));
}

int main(void) {
  RUN_BOTH(each_peer_is_a_session);
  RUN_BOTH(a_silent_peer_is_forgotten);
  RUN_BOTH(only_so_many_peers_are_remembered);
  RUN_BOTH(one_too_long_is_told_and_dropped);
  RUN_BOTH(a_session_that_we_close_may_begin_again);
  RUN_BOTH(a_unix_peer_without_a_name_cannot_be_answered);
  RUN_BOTH(what_a_unix_peer_has_no_room_for_is_held);
  RUN_BOTH(a_unix_peer_that_takes_nothing_is_given_up);
  RUN_BOTH(what_is_held_for_who_is_gone_is_told_and_dropped);
  RUN_BOTH(what_is_held_for_several);
  RUN_BOTH(one_server_at_several_addresses);
  RUN_BOTH(every_interface_in_both_families);
  return check_done();
}
