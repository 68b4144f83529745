/* Sending to a peer that reads late, slowly, never, or is gone: whole messages, or none. */
#include "wire.h"

/* Reads all that comes, and keeps how much and whether it is what was sent. */
typedef struct sink {
  int fd;
  size_t read;
  size_t wrong;
  int slow;
} sink;

static unsigned char pattern(size_t at) { return (unsigned char)(at * 7 + at / 251); }

static void *drain(void *argument) {
  sink *into = argument;
  static unsigned char buffer[1 << 16];
  wire_block_signals();
  for (;;) {
    ssize_t more = recv(into->fd, buffer, into->slow ? 5000 : sizeof buffer, 0);
    if (more <= 0) {
      return NULL;
    }
    for (ssize_t i = 0; i < more; i++) {
      into->wrong += buffer[i] != pattern(into->read++);
    }
    if (into->slow) {
      sched_yield();
    }
  }
}

static char *patterned(size_t size) {
  char *bytes = malloc(size);
  for (size_t i = 0; i < size; i++) {
    bytes[i] = (char)pattern(i);
  }
  return bytes;
}

TEST(ten_mebibytes_in_a_storm_of_signals) {
  size_t size = (size_t)10 << 20;
  char *bytes = patterned(size);
  wire_pair pair = wire_open("raw", NULL);
  sink into = {pair.peer, 0, 0, 1};
  wire_thread reader = wire_start(drain, &into);
  wire_signals = 0;
  wire_storm(200);
  CHECK_INT(0, wt_send(pair.connection, bytes, size, WT_FOREVER));
  CHECK_INT(0, wt_half_close(pair.connection));
  wire_storm(0);
  wire_join(reader);
  CHECK(wire_signals > 0);
  CHECK_INT(size, into.read);
  CHECK_INT(0, into.wrong);
  wt_close(pair.connection);
  close(pair.peer);
  free(bytes);
}

TEST(what_is_sent_is_framed) {
  static const struct {
    const char *spec;
    const char *wire;
    size_t size;
  } cases[] = {
      {"raw", "a\xC0z", 3},
      {"line", "a\xC0z\n", 4},
      {"length:u16be", "\0\3a\xC0z", 5},
      {"netstring", "3:a\xC0z,", 6},
      {"fixed:3", "a\xC0z", 3},
      {"slip", "\xC0" "a\xDB\xDCz\xC0", 6},
      {"cobs", "\4a\xC0z\0", 5},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    wire_pair pair = wire_open_unix(cases[i].spec, NULL);
    char got[16] = "";
    CHECK_INT(0, wt_send(pair.connection, "a\xC0z", 3, WIRE_PATIENCE_MS));
    CHECK_INT(0, wt_half_close(pair.connection));
    CHECK_INT(cases[i].size, wire_read(pair.peer, got, sizeof got));
    if (memcmp(got, cases[i].wire, cases[i].size) != 0) {
      CHECK_TEXT(cases[i].spec, "as it is on the wire");
    }
    wt_close(pair.connection);
    close(pair.peer);
  }
}

TEST(a_message_that_cannot_be_sent_leaves_the_connection_good) {
  wt_options options = {0};
  options.max_message = 8;
  wire_pair pair = wire_open("line", &options);
  char got[16] = "";
  CHECK_INT(WT_EMALFORMED, wt_send(pair.connection, "two\nlines", 7, WIRE_PATIENCE_MS));
  CHECK_INT(WT_EMALFORMED, wt_last_error(pair.connection)->code);
  CHECK_INT(WT_ELIMIT, wt_send(pair.connection, "too long for it", 15, WIRE_PATIENCE_MS));
  CHECK_TEXT("a message of 15 bytes to send: the limit max_message_bytes is 8", wt_last_error(pair.connection)->text);
  CHECK_INT(0, wt_send(pair.connection, "good", 4, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send(pair.connection, "", 0, WIRE_PATIENCE_MS));
  wt_half_close(pair.connection);
  CHECK_INT(6, wire_read(pair.peer, got, sizeof got));
  CHECK_TEXT("good\n\n", got);
  wt_close(pair.connection);
  close(pair.peer);
}

TEST(to_a_peer_that_never_reads_a_message_goes_out_in_part_and_no_other_follows) {
  wire_pair pair = wire_open("line", NULL);
  size_t size = (size_t)1 << 20;
  char *bytes = malloc(size);
  char expected[400];
  memset(bytes, 'x', size);
  int code;
  do {
    code = wt_send(pair.connection, bytes, size, 30);
  } while (code == 0);
  CHECK_INT(WT_ETIMEDOUT, code);
  snprintf(expected, sizeof expected, "%s: timed out after 0.03 s in send; ", wt_peer(pair.connection));
  CHECK(strncmp(expected, wt_last_error(pair.connection)->text, strlen(expected)) == 0);
  CHECK(strstr(wt_last_error(pair.connection)->text, " bytes unsent") != NULL);
  for (int i = 0; i < 2; i++) {
    CHECK_INT(WT_ETIMEDOUT, wt_send(pair.connection, "y", 1, WT_FOREVER));
    snprintf(expected, sizeof expected,
             "%s: timed out in send: a part of a message is out, and no other can follow it",
             wt_peer(pair.connection));
    CHECK_TEXT(expected, wt_last_error(pair.connection)->text);
  }
  /* What the peer says can still be received, and its end is an end. */
  wt_message message;
  wire_write(pair.peer, "enough\n", 7);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("enough", message.data);
  shutdown(pair.peer, SHUT_WR);
  CHECK_INT(0, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  wt_close(pair.connection);
  close(pair.peer);
  free(bytes);
}

TEST(where_nothing_is_out_another_try_may_follow) {
  wire_pair pair = wire_open_unix("line", NULL);
  char line[1001];
  size_t sent = 0;
  memset(line, 'z', sizeof line);
  int code;
  while ((code = wt_send(pair.connection, line, 1000, 0)) == 0) {
    sent++;
  }
  /* A Unix socket takes a small message whole, or not at all. */
  CHECK_INT(WT_ETIMEDOUT, code);
  CHECK_INT(WT_ETIMEDOUT, wt_send(pair.connection, line, 1000, 20));
  CHECK(sent > 10);
  char *got = malloc(1001 * (sent + 2));
  CHECK_INT(1001 * sent, wire_read(pair.peer, got, 1001 * sent));
  CHECK_INT(0, wt_send(pair.connection, line, 1000, WIRE_PATIENCE_MS));
  CHECK_INT(1001, wire_read(pair.peer, got, 1001));
  CHECK(got[999] == 'z' && got[1000] == '\n');
  free(got);
  wt_close(pair.connection);
  close(pair.peer);
}

TEST(to_a_peer_that_is_gone_there_is_a_code_and_no_sigpipe) {
  signal(SIGPIPE, SIG_DFL);
  wire_pair pair = wire_open("line", NULL);
  wire_write(pair.peer, "last words\n", 11);
  CHECK(wire_readable(wt_fd(pair.connection), WIRE_PATIENCE_MS));
  close(pair.peer);
  int code;
  int tries = 0;
  /* The first goes out; the answer to it is a reset. */
  while ((code = wt_send(pair.connection, "hello?", 6, WIRE_PATIENCE_MS)) == 0 && tries++ < 10000) {
    poll(NULL, 0, 1);
  }
  CHECK_INT(WT_ERESET, code);
  CHECK_INT(WT_ERESET, wt_send(pair.connection, "hello?", 6, 0));
  CHECK(strstr(wt_last_error(pair.connection)->text, ": reset by the peer") != NULL);
  /* What it sent before can still be received, then it is over. */
  wt_message message;
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("last words", message.data);
  CHECK_INT(WT_ERESET, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_INT(WT_ERESET, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  wt_close(pair.connection);
}

TEST(over_unix_a_peer_that_is_gone_is_told_at_once) {
  wire_pair pair = wire_open_unix("cobs", NULL);
  close(pair.peer);
  CHECK_INT(WT_ERESET, wt_send(pair.connection, "hello?", 6, WIRE_PATIENCE_MS));
  CHECK_INT(EPIPE, wt_last_error(pair.connection)->os_error);
  wt_close(pair.connection);
}

TEST(after_a_half_close_nothing_is_sent_and_all_is_received) {
  wire_pair pair = wire_open("line", NULL);
  char got[16] = "";
  char expected[400];
  CHECK_INT(0, wt_send(pair.connection, "question", 8, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_half_close(pair.connection));
  CHECK_INT(0, wt_half_close(pair.connection));
  CHECK_INT(WT_ECLOSED, wt_send(pair.connection, "more", 4, WIRE_PATIENCE_MS));
  snprintf(expected, sizeof expected, "%s: closed by us", wt_peer(pair.connection));
  CHECK_TEXT(expected, wt_last_error(pair.connection)->text);
  CHECK_INT(9, wire_read(pair.peer, got, sizeof got));
  CHECK_TEXT("question\n", got);
  wire_write(pair.peer, "answer\nand more\n", 16);
  close(pair.peer);
  wt_message message;
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("answer", message.data);
  CHECK_INT(1, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  CHECK_TEXT("and more", message.data);
  CHECK_INT(0, wt_recv(pair.connection, &message, WIRE_PATIENCE_MS));
  wt_close(pair.connection);
}

static void *interrupt_main(void *argument) {
  pthread_t *main_thread = argument;
  wire_block_signals();
  for (int i = 0; i < 400 && wire_signals < 100000; i++) {
    poll(NULL, 0, 5);
    pthread_kill(*main_thread, SIGALRM);
  }
  return NULL;
}

TEST(a_signal_ends_a_send_where_that_is_asked_for) {
  wt_options options = {0};
  options.flags = WT_INTERRUPTIBLE;
  wire_pair pair = wire_open("line", &options);
  size_t size = (size_t)1 << 20;
  char *bytes = malloc(size);
  memset(bytes, 'x', size);
  pthread_t self = pthread_self();
  wire_storm(0);
  wire_signals = 0;
  wire_thread signals = wire_start(interrupt_main, &self);
  int code;
  do {
    code = wt_send(pair.connection, bytes, size, WT_FOREVER);
  } while (code == 0);
  wire_signals = 100000;
  CHECK_INT(WT_EINTERRUPTED, code);
  CHECK_INT(WT_EINTERRUPTED, wt_send(pair.connection, "y", 1, WT_FOREVER));
  wire_join(signals);
  wt_abort(pair.connection);
  close(pair.peer);
  free(bytes);
}

/* 32 MiB each way, as messages of 1 to 300,000 bytes: one end sends them, the other, a thread, echoes them. */
static void *echo(void *argument) {
  wt_connection *connection = argument;
  wt_message message;
  while (wt_recv(connection, &message, WIRE_PATIENCE_MS) == 1) {
    if (wt_send(connection, message.data, message.size, WIRE_PATIENCE_MS) < 0) {
      break;
    }
  }
  wt_close(connection);
  return NULL;
}

static size_t nth_size(size_t n) { return 1 + n * 7919 % 300000; }

static const size_t both_ways = (size_t)32 << 20;

TEST(messages_of_every_size_both_ways) {
  static const char *const specs[] = {"length:u32be", "cobs"};
  char *bytes = patterned(300000);
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    wt_listener *listener;
    wt_connection *client;
    wt_connection *server;
    wt_error error;
    wt_options options = {0};
    wt_message message;
    options.framing = specs[i];
    CHECK_INT(0, wt_listen(&listener, "tcp://127.0.0.1:0", &options, &error));
    CHECK_INT(0, wt_connect(&client, wt_listener_address(listener), &options, &error));
    CHECK_INT(0, wt_accept(&server, listener, WIRE_PATIENCE_MS, &error));
    wire_thread echoing = wire_start(echo, server);
    size_t moved = 0;
    for (size_t n = 0; moved < both_ways; n++) {
      size_t size = nth_size(n);
      CHECK_INT(0, wt_send(client, bytes, size, WIRE_PATIENCE_MS));
      CHECK_INT(1, wt_recv(client, &message, WIRE_PATIENCE_MS));
      CHECK_INT(size, message.size);
      CHECK(memcmp(message.data, bytes, size) == 0);
      moved += size;
    }
    wt_half_close(client);
    CHECK_INT(0, wt_recv(client, &message, WIRE_PATIENCE_MS));
    wire_join(echoing);
    wt_close(client);
    wt_listener_close(listener);
  }
  free(bytes);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(ten_mebibytes_in_a_storm_of_signals);
  RUN(what_is_sent_is_framed);
  RUN(a_message_that_cannot_be_sent_leaves_the_connection_good);
  RUN(to_a_peer_that_never_reads_a_message_goes_out_in_part_and_no_other_follows);
  RUN(where_nothing_is_out_another_try_may_follow);
  RUN(to_a_peer_that_is_gone_there_is_a_code_and_no_sigpipe);
  RUN(over_unix_a_peer_that_is_gone_is_told_at_once);
  RUN(after_a_half_close_nothing_is_sent_and_all_is_received);
  RUN(a_signal_ends_a_send_where_that_is_asked_for);
  RUN(messages_of_every_size_both_ways);
  return wire_done(open_before);
}
