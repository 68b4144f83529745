/* Ending a connection: in good order, so that no reset overtakes the last bytes; by halves; at once. */
#include "wire.h"

/* A peer that goes on talking, reads late, and then wants all that it was sent. */
typedef struct talker {
  int fd;
  size_t read;
  int reset;
  int pause_ms;
} talker;

static void *talk_on(void *argument) {
  talker *who = argument;
  static char buffer[1 << 16];
  wire_block_signals();
  wire_write(who->fd, "still talking\n", 14);
  poll(NULL, 0, who->pause_ms);
  wire_write(who->fd, "still talking\n", 14);
  for (;;) {
    ssize_t more = recv(who->fd, buffer, sizeof buffer, 0);
    if (more <= 0) {
      who->reset = more < 0;
      return NULL;
    }
    who->read += (size_t)more;
  }
}

TEST(closing_on_a_peer_that_talks_loses_nothing_of_ours) {
  wire_pair pair = wire_open("line", NULL);
  char bytes[20000];
  memset(bytes, 'x', sizeof bytes);
  talker who = {pair.peer, 0, 0, 0};
  wire_thread talking = wire_start(talk_on, &who);
  CHECK(wire_readable(wt_fd(pair.connection), WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send(pair.connection, bytes, sizeof bytes, WIRE_PATIENCE_MS));
  wt_close(pair.connection);
  wire_join(talking);
  CHECK_INT(20001, who.read);
  CHECK_INT(0, who.reset);
  close(pair.peer);
}

#ifndef WTI_PORTABLE
/* Sends until the system takes no more, so that it holds bytes that the peer has no room for. Returns how many. */
static size_t fill(wt_connection *connection) {
  static const char bytes[1 << 14];
  size_t sent = 0;
  struct pollfd writable = {.fd = wt_fd(connection), .events = POLLOUT, .revents = 0};
  /* Always whole messages: poll tells of room for more than one of these. */
  while (poll(&writable, 1, 50) > 0) {
    CHECK_INT(0, wt_send(connection, bytes, sizeof bytes, WIRE_PATIENCE_MS));
    sent += sizeof bytes;
  }
  return sent;
}

/* Elsewhere the system does not tell what the peer has yet to take, and a moment is all that it is given. */
TEST(what_the_peer_has_yet_to_take_is_waited_for) {
  wire_pair pair = wire_open("raw", NULL);
  size_t sent = fill(pair.connection);
  CHECK(sent > 100000);
  /* It begins to read when a close that waited for a moment alone would be over, and talks meanwhile. */
  talker who = {pair.peer, 0, 0, 400};
  wire_thread talking = wire_start(talk_on, &who);
  CHECK(wire_readable(wt_fd(pair.connection), WIRE_PATIENCE_MS));
  wt_close(pair.connection);
  wire_join(talking);
  CHECK_INT(sent, who.read);
  CHECK_INT(0, who.reset);
  close(pair.peer);
}

TEST(but_not_for_longer_than_the_options_say) {
  wt_options options = {0};
  options.close_timeout_ms = 300;
  wire_pair pair = wire_open("raw", &options);
  fill(pair.connection);
  int64_t began = wire_now_ms();
  wt_close(pair.connection);
  int64_t took = wire_now_ms() - began;
  CHECK(took >= 300 && took < WIRE_PATIENCE_MS);
  close(pair.peer);
}

TEST(nor_where_a_signal_comes_and_that_is_to_end_waits) {
  wt_options options = {0};
  options.flags = WT_INTERRUPTIBLE;
  options.close_timeout_ms = WT_FOREVER;
  wire_pair pair = wire_open("raw", &options);
  fill(pair.connection);
  wire_storm(20000);
  wt_close(pair.connection);
  wire_storm(0);
  close(pair.peer);
}
#endif

TEST(a_peer_that_has_finished_is_not_waited_for) {
  int64_t shortest = WIRE_PATIENCE_MS;
  /* More than once, since a machine with much else to do may be slow now and then. */
  for (int i = 0; i < 5; i++) {
    wire_pair pair = wire_open("line", NULL);
    wt_message message;
    shutdown(pair.peer, SHUT_WR);
    CHECK_INT(0, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
    CHECK_INT(0, wt_send(pair.connection, "bye", 3, WIRE_PATIENCE_MS));
    int64_t began = wire_now_ms();
    wt_close(pair.connection);
    int64_t took = wire_now_ms() - began;
    shortest = took < shortest ? took : shortest;
    char got[8] = "";
    CHECK_INT(4, wire_read(pair.peer, got, sizeof got));
    CHECK_TEXT("bye\n", got);
    close(pair.peer);
  }
  CHECK(shortest < 140);
}

static void *talk_without_end(void *argument) {
  static char bytes[1 << 16];
  wire_block_signals();
  while (send(*(int *)argument, bytes, sizeof bytes, MSG_NOSIGNAL) > 0) {
  }
  return NULL;
}

TEST(a_peer_that_never_stops_talking_is_left) {
  wire_pair pair = wire_open("raw", NULL);
  wire_thread talking = wire_start(talk_without_end, &pair.peer);
  CHECK(wire_readable(wt_fd(pair.connection), WIRE_PATIENCE_MS));
  int64_t began = wire_now_ms();
  wt_close(pair.connection);
  CHECK(wire_now_ms() - began < WIRE_PATIENCE_MS);
  wire_join(talking);
  close(pair.peer);
}

TEST(a_silent_peer_is_waited_for_a_moment) {
  wire_pair pair = wire_open("line", NULL);
  int64_t began = wire_now_ms();
  wt_close(pair.connection);
  int64_t took = wire_now_ms() - began;
  CHECK(took >= 150 && took < 5000);
  char got[8];
  CHECK_INT(0, recv(pair.peer, got, sizeof got, 0));
  close(pair.peer);
}

TEST(aborting_is_a_reset) {
  wire_pair pair = wire_open("line", NULL);
  char got[8];
  CHECK_INT(0, wt_send(pair.connection, "x", 1, WIRE_PATIENCE_MS));
  wt_abort(pair.connection);
  CHECK(wire_readable(pair.peer, WIRE_PATIENCE_MS));
  ssize_t read = recv(pair.peer, got, sizeof got, 0);
  while (read > 0) {
    read = recv(pair.peer, got, sizeof got, 0);
  }
  CHECK_INT(-1, read);
  CHECK_INT(ECONNRESET, errno);
  close(pair.peer);
}

TEST(half_closing_towards_a_peer_that_is_gone_tells_it) {
  wire_pair pair = wire_open("line", NULL);
  wt_message message;
  wire_reset(pair.peer);
  CHECK_INT(WT_ERESET, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_INT(WT_ERESET, wt_half_close(pair.connection));
  CHECK_INT(ENOTCONN, wt_last_error(pair.connection)->os_error);
  CHECK_INT(WT_ERESET, wt_send(pair.connection, "x", 1, 0));
  wt_close(pair.connection);
}

TEST(nothing_can_be_closed) {
  wt_close(NULL);
  wt_abort(NULL);
  wt_listener_close(NULL);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(closing_on_a_peer_that_talks_loses_nothing_of_ours);
#ifndef WTI_PORTABLE
  RUN(what_the_peer_has_yet_to_take_is_waited_for);
  RUN(but_not_for_longer_than_the_options_say);
  RUN(nor_where_a_signal_comes_and_that_is_to_end_waits);
#endif
  RUN(a_peer_that_has_finished_is_not_waited_for);
  RUN(a_peer_that_never_stops_talking_is_left);
  RUN(a_silent_peer_is_waited_for_a_moment);
  RUN(aborting_is_a_reset);
  RUN(half_closing_towards_a_peer_that_is_gone_tells_it);
  RUN(nothing_can_be_closed);
  return wire_done(open_before);
}
