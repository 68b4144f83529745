/* Conversations with a server, one at a time. */
#include "server/serving.h"

TEST(an_echo_in_pieces) {
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &serving_echoes);
  int fd = client_at(serving);
  const char *text = "one\ntwo\n";
  for (size_t i = 0; i < strlen(text); i++) {
    client_send_bytes(fd, text + i, 1);
  }
  CLIENT_GETS(fd, "one\ntwo\n");
  close(fd);
  SERVING_SAW(serving, 1, "close 0 finished by the peer\n");
  CHECK_TEXT("open\nmessage one\nmessage two\nclose 0 finished by the peer\n", serving->log);
  CHECK_INT(0, serving_ended(serving));
}

TEST(many_messages_in_a_segment) {
  static char sent[20000 * 6 + 1];
  static char got[sizeof sent];
  for (size_t i = 0; i < 20000; i++) {
    snprintf(sent + i * 6, 7, "%05zu\n", i);
  }
  wt_options options = {.framing = "line"};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
  int fd = client_at(serving);
  client_send_bytes(fd, sent, sizeof sent - 1);
  CHECK_INT(sizeof sent - 1, client_take(fd, got, sizeof sent - 1));
  CHECK(memcmp(sent, got, sizeof sent - 1) == 0);
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

/* Every framing on the way there and back, in pieces of every size up to the whole. */
TEST(every_framing_in_every_piece) {
  static const struct {
    const char *framing;
    const char *wire;
    size_t size;
  } spoken[] = {
      {"raw", "abc", 3},
      {"line:crlf", "ab\r\ncd\r\n", 8},
      {"delimiter:2c20", "ab, c, ", 7},
      {"length:u8", "\2ab\0\1c", 6},
      {"length:u16le", "\2\0ab\1\0c", 7},
      {"length:u32be", "\0\0\0\2ab\0\0\0\1c", 11},
      {"length:varint", "\2ab\1c", 5},
      {"netstring", "2:ab,1:c,", 9},
      {"fixed:3", "abcdef", 6},
      {"slip", "\xC0" "a\xDB\xDC\xC0\xC0" "b\xC0", 8},
      {"cobs", "\3ab\0\1\0\2c\0", 9},
  };
  for (size_t i = 0; i < sizeof spoken / sizeof spoken[0]; i++) {
    wt_options options = {.framing = spoken[i].framing};
    serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
    for (size_t piece = 1; piece <= spoken[i].size; piece++) {
      char got[64];
      int fd = client_at(serving);
      for (size_t at = 0; at < spoken[i].size; at += piece) {
        size_t left = spoken[i].size - at;
        client_send_bytes(fd, spoken[i].wire + at, left < piece ? left : piece);
        if (at == 0) {
          SERVING_SAW(serving, piece, "open\n");
        }
      }
      shutdown(fd, SHUT_WR);
      CHECK_INT(spoken[i].size, client_take(fd, got, sizeof got));
      CHECK(memcmp(spoken[i].wire, got, spoken[i].size) == 0);
      CHECK_INT(0, client_end(fd));
      close(fd);
    }
    CHECK_INT(0, serving_ended(serving));
  }
}

static void session_greet(wt_session *session, void *context) {
  (void)context;
  CHECK_INT(0, wt_reply(session, "welcome", 7));
}

/* The peer finishes before its answers are there: it gets them all, then the end. */
TEST(a_half_close_is_answered_to_the_end) {
  wt_callbacks callbacks = {NULL, session_greet, serving_echo, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  CLIENT_GETS(fd, "welcome\n");
  client_send(fd, "a\nb\n");
  shutdown(fd, SHUT_WR);
  CLIENT_GETS(fd, "a\nb\n");
  CHECK_INT(0, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close 0 finished by the peer\n");
  CHECK_INT(0, serving_ended(serving));
}

TEST(messages_before_a_fault_are_answered) {
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=netstring", NULL, &serving_echoes);
  int fd = client_at(serving);
  client_send(fd, "2:hi,3:you,x:what,2:no,");
  CLIENT_GETS(fd, "2:hi,3:you,");
  CHECK_INT(0, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close -12 malformed by the peer (");
  CHECK_INT(2, serving_count(serving, "message"));
  CHECK_INT(0, serving_ended(serving));
}

TEST(a_message_too_long_ends_its_conversation) {
  wt_options options = {.framing = "line", .max_message = 10};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
  int fd = client_at(serving);
  client_send(fd, "short\n0123456789a\n");
  CLIENT_GETS(fd, "short\n");
  CHECK_INT(0, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close -11 limit by the peer (a message of 11 bytes: the limit max_message_bytes is 10)\n");
  CHECK_INT(0, serving_ended(serving));
}

TEST(a_stream_that_ends_within_a_message_is_told) {
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=length:u8", NULL, &serving_echoes);
  int fd = client_at(serving);
  client_send(fd, "\2hi\5wor");
  shutdown(fd, SHUT_WR);
  CLIENT_GETS(fd, "\2hi");
  CHECK_INT(0, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1,
              "close -13 truncated by the peer (the stream ended within a message: 3 of 5 bytes of it had come)\n");
  CHECK_INT(0, serving_ended(serving));
}

TEST(a_reset_within_a_message_is_told) {
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=length:u8", NULL, &serving_echoes);
  int fd = client_at(serving);
  client_send(fd, "\2hi\5wor");
  CLIENT_GETS(fd, "\2hi");
  client_reset(fd);
  SERVING_SAW(serving, 1, "close -10 reset by the peer\n");
  CHECK_TEXT("open\nmessage hi\nclose -10 reset by the peer\n", serving->log);
  CHECK_INT(0, serving_ended(serving));
}

static void session_close_on_bye(wt_session *session, const wt_message *message, void *context) {
  (void)context;
  CHECK_INT(0, wt_reply(session, message->data, message->size));
  if (strcmp(message->data, "bye") == 0) {
    wt_session_close(session);
    CHECK_INT(WT_ECLOSED, wt_reply(session, "more", 4));
  } else if (strcmp(message->data, "off") == 0) {
    wt_session_abort(session);
    CHECK_INT(WT_ECLOSED, wt_reply(session, "more", 4));
  }
}

/* The peer goes on sending what nobody reads any more: still it gets all that was said, and no reset overtakes it. */
TEST(a_close_sends_what_is_queued_and_no_reset) {
  wt_callbacks callbacks = {NULL, NULL, session_close_on_bye, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "one\nbye\nnever heard\n");
  client_send(fd, "nor this\n");
  CLIENT_GETS(fd, "one\nbye\n");
  CHECK_INT(0, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close -15 closed by us\n");
  CHECK_INT(2, serving_count(serving, "message"));
  CHECK_INT(0, serving_ended(serving));
}

/* A peer that never finishes is listened to for a moment, not for ever. */
TEST(lingering_ends) {
  wt_callbacks callbacks = {NULL, NULL, session_close_on_bye, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "bye\n");
  CLIENT_GETS(fd, "bye\n");
  SERVING_SAW(serving, 1, "close -15 closed by us\n");
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

TEST(an_abort_is_a_reset) {
  wt_callbacks callbacks = {NULL, NULL, session_close_on_bye, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?framing=line", NULL, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "off\nnever heard\n");
  CHECK_INT(ECONNRESET, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close -15 closed by us; 4 bytes unsent\n");
  CHECK_INT(1, serving_count(serving, "message"));
  CHECK_INT(0, serving_ended(serving));
}

/* Behind every message stands a zero, and the next message is as it came all the same. */
static void session_zero(wt_session *session, const wt_message *message, void *context) {
  (void)context;
  CHECK_INT('\0', message->data[message->size]);
  CHECK_INT(0, wt_reply(session, message->data, message->size));
}

TEST(a_zero_stands_behind_each_message) {
  static const char *const framings[] = {"raw", "line", "length:u8", "fixed:1", "netstring"};
  static const char *const wires[] = {"abc", "a\n\nb\n", "\1a\2bc", "abc", "1:a,2:bc,"};
  wt_callbacks callbacks = {NULL, NULL, session_zero, NULL, NULL};
  for (size_t i = 0; i < sizeof framings / sizeof framings[0]; i++) {
    wt_options options = {.framing = framings[i]};
    serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &callbacks);
    int fd = client_at(serving);
    client_send(fd, wires[i]);
    CLIENT_GETS(fd, wires[i]);
    close(fd);
    CHECK_INT(0, serving_ended(serving));
  }
}

/* A message far larger than a read, both ways. */
TEST(a_large_message_goes_there_and_back) {
  enum { SIZE = 1 << 20 };
  char *sent = malloc(SIZE + 4);
  char *got = malloc(SIZE + 4);
  memcpy(sent, "\0\x10\0\0", 4);
  for (size_t i = 0; i < SIZE; i++) {
    sent[4 + i] = (char)(i * 31 >> 3);
  }
  wt_options options = {.framing = "length:u32be"};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &serving_echoes);
  int fd = client_at(serving);
  for (int turn = 0; turn < 3; turn++) {
    client_send_bytes(fd, sent, SIZE + 4);
    CHECK_INT(SIZE + 4, client_take(fd, got, SIZE + 4));
    CHECK(memcmp(sent, got, SIZE + 4) == 0);
  }
  close(fd);
  CHECK_INT(0, serving_ended(serving));
  free(sent);
  free(got);
}

static void session_refused(wt_session *session, const wt_message *message, void *context) {
  (void)message;
  (void)context;
  static char long_one[2000];
  CHECK_INT(WT_EMALFORMED, wt_reply(session, "a\nb", 3));
  CHECK_INT(WT_ELIMIT, wt_reply(session, long_one, sizeof long_one));
  CHECK_INT(WT_ELIMIT, wt_reply(session, "", SIZE_MAX));
  CHECK_INT(0, wt_session_unsent(session));
  CHECK_INT(0, wt_reply(session, "fine", 4));
  CHECK_INT(5, wt_session_unsent(session));
}

TEST(a_message_that_cannot_be_sent_is_refused_and_nothing_else_happens) {
  wt_options options = {.framing = "line", .max_message = 1000};
  wt_callbacks callbacks = {NULL, NULL, session_refused, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", &options, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "hello\n");
  CLIENT_GETS(fd, "fine\n");
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

static void session_names(wt_session *session, void *context) {
  serving_t *serving = context;
  char sockname[64];
  snprintf(sockname, sizeof sockname, "%s", wt_session_local(session));
  CHECK_TEXT(serving->address[0], sockname);
  CHECK(strncmp(wt_session_peer(session), "tcp://127.0.0.1:", 16) == 0);
  CHECK(wt_session_server(session) == serving->server);
  CHECK(wt_session_get(session) == NULL);
  wt_session_set(session, serving);
}

static void session_names_still(wt_session *session, const wt_error *why, void *context) {
  (void)why;
  CHECK(wt_session_get(session) == context);
  CHECK(strncmp(wt_session_peer(session), "tcp://127.0.0.1:", 16) == 0);
}

TEST(names_and_a_pointer_are_kept_to_the_end) {
  wt_callbacks callbacks = {NULL, session_names, NULL, session_names_still, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0", NULL, &callbacks);
  int fd = client_at(serving);
  SERVING_SAW(serving, 1, "open\n");
  close(fd);
  SERVING_SAW(serving, 1, "close 0 finished by the peer\n");
  CHECK_INT(0, serving_ended(serving));
}

int main(void) {
  RUN_BOTH(an_echo_in_pieces);
  RUN_BOTH(many_messages_in_a_segment);
  RUN_BOTH(every_framing_in_every_piece);
  RUN_BOTH(a_half_close_is_answered_to_the_end);
  RUN_BOTH(messages_before_a_fault_are_answered);
  RUN_BOTH(a_message_too_long_ends_its_conversation);
  RUN_BOTH(a_stream_that_ends_within_a_message_is_told);
  RUN_BOTH(a_reset_within_a_message_is_told);
  RUN_BOTH(a_close_sends_what_is_queued_and_no_reset);
  RUN_BOTH(lingering_ends);
  RUN_BOTH(an_abort_is_a_reset);
  RUN_BOTH(a_zero_stands_behind_each_message);
  RUN_BOTH(a_large_message_goes_there_and_back);
  RUN_BOTH(a_message_that_cannot_be_sent_is_refused_and_nothing_else_happens);
  RUN_BOTH(names_and_a_pointer_are_kept_to_the_end);
  return check_done();
}
