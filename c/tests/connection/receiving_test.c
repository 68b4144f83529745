/* Receiving from a peer that cuts, stops, breaks off, or sends what is none: over real sockets, by a plain one. */
#include "wire.h"

/* What is on the wire for one message. */
static size_t wire_of(const char *spec, const char *message, size_t size, char *out, size_t room) {
  wt_framing framing;
  CHECK_INT(0, wt_framing_parse(&framing, spec, 0, NULL));
  ptrdiff_t written = wt_encode(&framing, message, size, out, room);
  CHECK(written > 0);
  return written > 0 ? (size_t)written : 0;
}

TEST(a_message_cut_at_any_byte_is_whole) {
  static const char *const specs[] = {"line",         "line:crlf",     "delimiter:7c7c", "length:u8", "length:u16be",
                                      "length:u32le", "length:varint", "netstring",      "fixed:5",   "slip",
                                      "cobs"};
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    char wire[256];
    wt_message message;
    size_t first = wire_of(specs[i], "h\xC0llo", 5, wire, sizeof wire);
    size_t both = first + wire_of(specs[i], "again", 5, wire + first, sizeof wire - first);
    wire_pair pair = wire_open_unix(specs[i], NULL);
    for (size_t cut = 1; cut < both; cut++) {
      wire_write(pair.peer, wire, cut);
      int got = wt_recv(pair.connection, &message, 0);
      /* SLIP's first byte alone, and what is whole, may come already. */
      CHECK_INT(cut < first ? WT_ETIMEDOUT : 1, got);
      wire_write(pair.peer, wire + cut, both - cut);
      if (got != 1) {
        CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
      }
      CHECK_INT(5, message.size);
      CHECK_TEXT("h\xC0llo", message.data);
      CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
      CHECK_TEXT("again", message.data);
      CHECK_INT(0, wt_pending(pair.connection));
    }
    wt_abort(pair.connection);
    close(pair.peer);
  }
}

TEST(messages_that_come_together_each_end_in_zero_and_harm_none) {
  static const char *const specs[] = {"line", "length:u8", "netstring", "fixed:3", "cobs"};
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    char wire[256];
    wt_message message;
    size_t size = 0;
    for (int n = 0; n < 9; n++) {
      char text[16];
      snprintf(text, sizeof text, "m%02d", n);
      size += wire_of(specs[i], text, 3, wire + size, sizeof wire - size);
    }
    wire_pair pair = wire_open_unix(specs[i], NULL);
    CHECK_INT(0, wt_pending(pair.connection));
    wire_write(pair.peer, wire, size - 1);
    for (int n = 0; n < 8; n++) {
      char text[16];
      snprintf(text, sizeof text, "m%02d", n);
      CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
      CHECK_INT(n < 7, wt_pending(pair.connection));
      /* Asking does not disturb the message. */
      CHECK_TEXT(text, message.data);
    }
    CHECK_INT(WT_ETIMEDOUT, wt_recv(pair.connection, &message, 0));
    CHECK_INT(0, wt_pending(pair.connection));
    wire_write(pair.peer, wire + size - 1, 1);
    CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
    CHECK_TEXT("m08", message.data);
    wt_close(pair.connection);
    close(pair.peer);
  }
}

TEST(empty_messages_are_messages) {
  wire_pair pair = wire_open("line", NULL);
  wt_message message = {NULL, 9};
  wire_write(pair.peer, "\n\nx\n", 4);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_INT(0, message.size);
  CHECK_TEXT("", message.data);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_INT(0, message.size);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("x", message.data);
  wt_close(pair.connection);
  close(pair.peer);
}

TEST(raw_gives_what_has_arrived) {
  wire_pair pair = wire_open_unix(NULL, NULL);
  wt_message message;
  wire_write(pair.peer, "abc", 3);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("abc", message.data);
  CHECK_INT(0, wt_pending(pair.connection));
  close(pair.peer);
  CHECK_INT(0, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_INT(1, wt_pending(pair.connection));
  wt_close(pair.connection);
}

TEST(a_character_that_comes_in_pieces_is_whole) {
  wire_pair pair = wire_open_unix("raw:utf8", NULL);
  wt_message message;
  static const char text[] = "\xF0\x9F\x98\x80";
  for (int i = 0; i < 3; i++) {
    wire_write(pair.peer, text + i, 1);
    CHECK_INT(WT_ETIMEDOUT, wt_recv(pair.connection, &message, 0));
  }
  wire_write(pair.peer, text + 3, 1);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT(text, message.data);
  wire_write(pair.peer, text, 2);
  close(pair.peer);
  CHECK_INT(WT_ETRUNCATED, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  wt_close(pair.connection);
}

TEST(half_a_message_and_the_end_is_truncated_for_good) {
  wire_pair pair = wire_open("length:u8", NULL);
  wt_message message;
  wire_write(pair.peer, "\5helloworld", 8);
  close(pair.peer);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("hello", message.data);
  for (int i = 0; i < 3; i++) {
    CHECK_INT(WT_ETRUNCATED, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
    CHECK_INT(WT_ETRUNCATED, wt_last_error(pair.connection)->code);
    CHECK_TEXT("the stream ended within a message: 1 of 119 bytes of it had come",
               wt_last_error(pair.connection)->text);
  }
  CHECK_INT(1, wt_pending(pair.connection));
  wt_close(pair.connection);
}

TEST(a_reset_comes_after_what_was_whole) {
  wire_pair pair = wire_open("line", NULL);
  wt_message message;
  char expected[400];
  wire_write(pair.peer, "one\nha", 6);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("one", message.data);
  wire_reset(pair.peer);
  for (int i = 0; i < 3; i++) {
    CHECK_INT(WT_ERESET, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
    snprintf(expected, sizeof expected, "%s: reset by the peer", wt_peer(pair.connection));
    CHECK_TEXT(expected, wt_last_error(pair.connection)->text);
    CHECK_INT(ECONNRESET, wt_last_error(pair.connection)->os_error);
  }
  CHECK_INT(1, wt_pending(pair.connection));
  CHECK_INT(WT_ERESET, wt_send(pair.connection, "x", 1, 0));
  wt_close(pair.connection);
}

TEST(bytes_that_break_the_framing_do_so_for_good) {
  wire_pair pair = wire_open("netstring", NULL);
  wt_message message;
  wire_write(pair.peer, "2:ab,junk", 9);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("ab", message.data);
  CHECK_INT(1, wt_pending(pair.connection));
  CHECK_INT(WT_EMALFORMED, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK(strlen(wt_last_error(pair.connection)->text) > 10);
  CHECK_INT(WT_EMALFORMED, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  /* The other direction is as good as before. */
  CHECK_INT(0, wt_send(pair.connection, "sorry", 5, WIRE_PATIENCE_MS));
  char answer[9];
  CHECK_INT(8, wire_read(pair.peer, answer, 8));
  CHECK(memcmp(answer, "5:sorry,", 8) == 0);
  wt_close(pair.connection);
  close(pair.peer);
}

TEST(a_message_over_the_limit_is_told_by_its_count_alone) {
  wt_options options = {0};
  options.max_message = 10;
  wire_pair pair = wire_open("length:u32be", &options);
  wt_message message;
  wire_write(pair.peer, "\0\0\0\12helloworld\0\0\0\13", 18);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("helloworld", message.data);
  CHECK_INT(WT_ELIMIT, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("a message of 11 bytes: the limit max_message_bytes is 10", wt_last_error(pair.connection)->text);
  wt_close(pair.connection);
  close(pair.peer);
}

TEST(a_wait_that_is_over_loses_nothing) {
  wire_pair pair = wire_open("line", NULL);
  wt_message message;
  char expected[400];
  wire_write(pair.peer, "ha", 2);
  int64_t began = wire_now_ms();
  CHECK_INT(WT_ETIMEDOUT, wt_recv(pair.connection, &message, 60));
  int64_t took = wire_now_ms() - began;
  CHECK(took >= 60 && took < WIRE_PATIENCE_MS);
  snprintf(expected, sizeof expected, "%s: timed out after 0.06 s in receive", wt_peer(pair.connection));
  CHECK_TEXT(expected, wt_last_error(pair.connection)->text);
  wire_write(pair.peer, "lf\n", 3);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("half", message.data);
  wt_close(pair.connection);
  close(pair.peer);
}

/* Sends lines of growing length, one byte a write for the first, as they are cut by nobody for the rest. */
enum { GROWN = 300000 };

static void *send_growing_lines(void *argument) {
  int fd = *(int *)argument;
  char *line = malloc(GROWN + 1);
  wire_block_signals();
  for (size_t size = 1; size <= GROWN; size = size * 3 + 7) {
    memset(line, 'a' + (int)(size % 26), size);
    line[size] = '\n';
    wire_write(fd, line, size + 1);
  }
  free(line);
  shutdown(fd, SHUT_WR);
  return NULL;
}

TEST(the_buffer_grows_with_the_messages) {
  wire_pair pair = wire_open("line", NULL);
  wt_message message;
  wire_thread sender = wire_start(send_growing_lines, &pair.peer);
  wire_storm(300);
  for (size_t size = 1; size <= GROWN; size = size * 3 + 7) {
    CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
    CHECK_INT(size, message.size);
    CHECK_INT(size, strlen(message.data));
    CHECK_INT('a' + (int)(size % 26), message.data[size - 1]);
  }
  CHECK_INT(0, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  wire_storm(0);
  wire_join(sender);
  wt_close(pair.connection);
  close(pair.peer);
}

static void *send_line_after_signals(void *argument) {
  wire_block_signals();
  while (wire_signals < 20) {
    sched_yield();
  }
  wire_write(*(int *)argument, "late\n", 5);
  return NULL;
}

TEST(signals_do_not_end_a_wait_unless_asked_to) {
  wire_pair pair = wire_open("line", NULL);
  wt_message message;
  wire_signals = 0;
  wire_thread sender = wire_start(send_line_after_signals, &pair.peer);
  wire_storm(2000);
  CHECK_INT(1, wt_recv(pair.connection, &message, WT_FOREVER));
  CHECK_TEXT("late", message.data);
  wire_join(sender);
  CHECK_INT(WT_ETIMEDOUT, wt_recv(pair.connection, &message, 50));
  wire_storm(0);
  wt_close(pair.connection);
  close(pair.peer);
}

TEST(signals_end_a_wait_where_that_is_asked_for) {
  wt_options options = {0};
  options.flags = WT_INTERRUPTIBLE;
  wire_pair pair = wire_open("line", &options);
  wt_message message;
  char expected[400];
  wire_write(pair.peer, "ha", 2);
  wire_storm(5000);
  CHECK_INT(WT_EINTERRUPTED, wt_recv(pair.connection, &message, WT_FOREVER));
  wire_storm(0);
  snprintf(expected, sizeof expected, "%s: a signal came", wt_peer(pair.connection));
  CHECK_TEXT(expected, wt_last_error(pair.connection)->text);
  wire_write(pair.peer, "lf\n", 3);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("half", message.data);
  wt_close(pair.connection);
  close(pair.peer);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(a_message_cut_at_any_byte_is_whole);
  RUN(messages_that_come_together_each_end_in_zero_and_harm_none);
  RUN(empty_messages_are_messages);
  RUN(raw_gives_what_has_arrived);
  RUN(a_character_that_comes_in_pieces_is_whole);
  RUN(half_a_message_and_the_end_is_truncated_for_good);
  RUN(a_reset_comes_after_what_was_whole);
  RUN(bytes_that_break_the_framing_do_so_for_good);
  RUN(a_message_over_the_limit_is_told_by_its_count_alone);
  RUN(a_wait_that_is_over_loses_nothing);
  RUN(the_buffer_grows_with_the_messages);
  RUN(signals_do_not_end_a_wait_unless_asked_to);
  RUN(signals_end_a_wait_where_that_is_asked_for);
  return wire_done(open_before);
}
