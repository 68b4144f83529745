/* Peers that do not read what they asked for: they cost a bounded amount, and nobody else waits. */
#include "server/serving.h"

enum { BACKPRESSURE_SIZE = 1000, BACKPRESSURE_WIRE = BACKPRESSURE_SIZE + 4, BACKPRESSURE_BUFFER = 65536 };

/* One whole message of many, told apart by its number. */
static void backpressure_message(char *out, uint32_t number) {
  memset(out, (int)('a' + number % 26), BACKPRESSURE_WIRE);
  memcpy(out, "\0\0\3\xE8", 4);
  memcpy(out + 4, &number, sizeof number);
}

/* Sends until the system takes no more for a while; returns the bytes. */
static size_t backpressure_fill(int fd) {
  char message[BACKPRESSURE_WIRE];
  size_t sent = 0;
  for (;;) {
    backpressure_message(message, (uint32_t)(sent / BACKPRESSURE_WIRE));
    size_t at = sent % BACKPRESSURE_WIRE;
    ssize_t some = send(fd, message + at, BACKPRESSURE_WIRE - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (some > 0) {
      sent += (size_t)some;
      continue;
    }
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    if (poll(&one, 1, 300) == 0) {
      return sent;
    }
  }
}

static void backpressure_small(int fd) {
  int small = 4096;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
}

static void backpressure_echo(wt_session *session, const wt_message *message, void *context) {
  serving_t *serving = context;
  size_t *most = serving->extra;
  /* The first answer always has a place. */
  CHECK_INT(0, wt_reply(session, message->data, message->size));
  if (wt_session_unsent(session) > *most) {
    *most = wt_session_unsent(session);
  }
}

TEST(who_does_not_read_is_not_read) {
  size_t most = 0;
  wt_options options = {.framing = "length:u32be", .send_buffer = BACKPRESSURE_BUFFER};
  wt_callbacks callbacks = {NULL, NULL, backpressure_echo, NULL, NULL};
  serving_t *serving = serving_new(&options, &callbacks);
  serving->extra = &most;
  serving_listen(serving, "tcp://127.0.0.1:0?sndbuf=8K");
  serving_begin(serving, 1);
  int slow = client_at(serving);
  size_t sent = backpressure_fill(slow);
  /* Somebody else is answered all the same. */
  int quick = client_at(serving);
  client_send_bytes(quick, "\0\0\0\2hi", 6);
  char answer[6];
  CHECK_INT(6, client_take(quick, answer, 6));
  close(quick);
  CHECK(sent > BACKPRESSURE_BUFFER);
  CHECK(most <= BACKPRESSURE_BUFFER + BACKPRESSURE_WIRE);
  /* Then it reads after all, and has every answer, in order. */
  shutdown(slow, SHUT_WR);
  char got[BACKPRESSURE_WIRE];
  char expected[BACKPRESSURE_WIRE];
  for (uint32_t number = 0; number < sent / BACKPRESSURE_WIRE; number++) {
    backpressure_message(expected, number);
    if (client_take(slow, got, sizeof got) != sizeof got || memcmp(expected, got, sizeof got) != 0) {
      CHECK_INT(-1, number);
      break;
    }
  }
  CHECK_INT(0, client_end(slow));
  close(slow);
  CHECK(most <= BACKPRESSURE_BUFFER + BACKPRESSURE_WIRE);
  CHECK_INT(0, serving_ended(serving));
}

/* A small buffer, so that what has been read waits and goes on many times; with a peer that reads a little now and
   then. */
TEST(what_has_been_read_waits_its_turn) {
  size_t most = 0;
  enum { COUNT = 3000 };
  wt_options options = {.framing = "length:u32be", .send_buffer = 3000};
  wt_callbacks callbacks = {NULL, NULL, backpressure_echo, NULL, NULL};
  serving_t *serving = serving_new(&options, &callbacks);
  serving->extra = &most;
  serving_listen(serving, "tcp://127.0.0.1:0?sndbuf=4K");
  serving_begin(serving, 1);
  int fd = client_at(serving);
  pid_t child = fork();
  if (child == 0) {
    char message[BACKPRESSURE_WIRE];
    for (uint32_t number = 0; number < COUNT; number++) {
      backpressure_message(message, number);
      client_send_bytes(fd, message, sizeof message);
    }
    _exit(0);
  }
  char got[BACKPRESSURE_WIRE];
  char expected[BACKPRESSURE_WIRE];
  for (uint32_t number = 0; number < COUNT; number++) {
    backpressure_message(expected, number);
    if (client_take(fd, got, sizeof got) != sizeof got || memcmp(expected, got, sizeof got) != 0) {
      CHECK_INT(-1, number);
      break;
    }
  }
  waitpid(child, NULL, 0);
  CHECK(most <= 3000 + BACKPRESSURE_WIRE);
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

static void backpressure_flood(wt_session *session, const wt_message *message, void *context) {
  static const char text[1000] = "flood";
  int result;
  (void)message;
  while ((result = wt_reply(session, text, sizeof text)) == 0) {
  }
  CHECK_INT(WT_ELIMIT, result);
  CHECK(wt_session_unsent(session) >= 10000);
  CHECK(wt_session_unsent(session) < 12000);
  serving_add(context, "full\n");
}

TEST(answers_beyond_the_limit_are_refused_and_the_session_goes_on) {
  wt_options options = {.framing = "line", .send_buffer = 10000};
  wt_callbacks callbacks = {NULL, NULL, backpressure_flood, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?sndbuf=4K", &options, &callbacks);
  int fd = client_at(serving);
  client_send(fd, "go\ngo\n");
  SERVING_SAW(serving, 1, "full\n");
  CHECK_INT(1, serving_count(serving, "full\n"));
  /* The second is told when there is room. */
  char got[4096];
  for (int i = 0; i < 10000 && serving_count(serving, "full\n") < 2; i++) {
    client_take(fd, got, 1);
  }
  SERVING_SAW(serving, 2, "full\n");
  client_reset(fd);
  SERVING_SAW(serving, 1, "close -10 reset by the peer");
  CHECK_INT(0, serving_ended(serving));
}

static void backpressure_large(wt_session *session, const wt_message *message, void *context) {
  static char large[1 << 20];
  (void)context;
  int result = wt_reply(session, large, sizeof large);
  /* What came before the peer broke off is told all the same. */
  CHECK_INT(strcmp(message->data, "more") == 0 ? WT_ECLOSED : 0, result);
  if (strcmp(message->data, "bye") == 0) {
    wt_session_close(session);
  }
}

/* A vanished peer: nothing passes, in either direction, though much is owed to it. */
TEST(a_peer_that_takes_nothing_is_idle) {
  wt_options options = {.framing = "line", .idle_timeout_ms = 150, .max_message = 2 << 20};
  wt_callbacks callbacks = {NULL, NULL, backpressure_large, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?sndbuf=4K", &options, &callbacks);
  int fd = client_at(serving);
  backpressure_small(fd);
  client_send(fd, "go\n");
  SERVING_SAW(serving, 1, "close -9 timed-out by the peer in idle; ");
  CHECK_INT(1, serving_count(serving, " bytes unsent\n"));
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

TEST(closing_waits_for_a_slow_peer_only_so_long) {
  wt_options options = {.framing = "line", .close_timeout_ms = 150, .max_message = 2 << 20};
  wt_callbacks callbacks = {NULL, NULL, backpressure_large, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?sndbuf=4K", &options, &callbacks);
  int fd = client_at(serving);
  backpressure_small(fd);
  client_send(fd, "bye\n");
  SERVING_SAW(serving, 1, "close -9 timed-out by the peer in close; ");
  close(fd);
  CHECK_INT(0, serving_ended(serving));
}

/* Far more than the system takes at once, and then a close: all of it arrives, and then the end. */
TEST(closing_sends_all_that_is_queued) {
  enum { SIZE = 1 << 20 };
  wt_options options = {.framing = "line", .max_message = 2 << 20};
  wt_callbacks callbacks = {NULL, NULL, backpressure_large, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?sndbuf=4K", &options, &callbacks);
  char *got = malloc(SIZE + 1);
  int fd = client_at(serving);
  client_send(fd, "bye\n");
  CHECK_INT(SIZE + 1, client_take(fd, got, SIZE + 1));
  CHECK_INT('\n', got[SIZE]);
  CHECK_INT(0, client_end(fd));
  close(fd);
  SERVING_SAW(serving, 1, "close -15 closed by us\n");
  free(got);
  CHECK_INT(0, serving_ended(serving));
}

/* The peer breaks off while much is owed to it. */
TEST(a_reset_while_much_is_owed) {
  wt_options options = {.framing = "line", .max_message = 2 << 20};
  wt_callbacks callbacks = {NULL, NULL, backpressure_large, NULL, NULL};
  serving_t *serving = serving_at("tcp://127.0.0.1:0?sndbuf=4K", &options, &callbacks);
  static const char *const words[] = {"go\n", "go\nmore\n", "bye\n"};
  for (size_t i = 0; i < 3; i++) {
    int fd = client_at(serving);
    backpressure_small(fd);
    client_send(fd, words[i]);
    char got;
    CHECK_INT(1, client_take(fd, &got, 1));
    client_reset(fd);
    SERVING_SAW(serving, i + 1, "close -10 reset by the peer; ");
  }
  CHECK_INT(0, serving_ended(serving));
}

int main(void) {
  signal(SIGPIPE, SIG_DFL);
  RUN_BOTH(who_does_not_read_is_not_read);
  RUN_BOTH(what_has_been_read_waits_its_turn);
  RUN_BOTH(answers_beyond_the_limit_are_refused_and_the_session_goes_on);
  RUN_BOTH(a_peer_that_takes_nothing_is_idle);
  RUN_BOTH(closing_waits_for_a_slow_peer_only_so_long);
  RUN_BOTH(closing_sends_all_that_is_queued);
  RUN_BOTH(a_reset_while_much_is_owed);
  return check_done();
}
