/* Print binary records as they come, and tell which are missing, which are late and which are none.

       build/udp/record_receiver [ADDRESS…]        default: udp://:8888

   The same records may come over a byte stream: build/udp/record_receiver udp://:8888 tcp://:8888 */
#define _POSIX_C_SOURCE 200809L

#include "record.h"
#include "wiretalk.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static wt_server *server;
static volatile sig_atomic_t caught;

/* A signal handler may do next to nothing: no printf, no free. wt_server_stop is made for it. */
static void stop(int number) {
  caught = number;
  wt_server_stop(server);
}

static void on_ready(wt_server *one, const char *address, void *context) {
  (void)one, (void)context;
  printf("listening on %s\n", address);
  fflush(stdout);
}

/* What is remembered of each source: the number that is due. It comes with the source and goes with it. */
static void on_open(wt_session *source, void *context) {
  (void)context;
  uint32_t *due = calloc(1, sizeof *due);
  if (due == NULL) {
    wt_session_abort(source);
  }
  wt_session_set(source, due);
}

static void on_close(wt_session *source, const wt_error *why, void *context) {
  (void)why, (void)context;
  free(wt_session_get(source));
}

static double age_ms(const record *one) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  /* The difference of two uint64_t, and then its sign: the sender's clock may be ahead of ours. */
  return (double)(int64_t)((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - one->sent_ns) / 1e6;
}

static void on_message(wt_session *source, const wt_message *message, void *context) {
  const char *peer = wt_session_peer(source);
  uint32_t *due = wt_session_get(source);
  record one;
  (void)context;
  if (message->size != RECORD_SIZE) {
    /* The usual version casts what came to its struct, and reads behind the end of a short one. */
    printf("%s: ignored: a record has %d bytes; this message has %zu\n", peer, RECORD_SIZE, message->size);
    return;
  }
  record_decode(&one, (const unsigned char *)message->data);
  /* UDP may lose datagrams and deliver them in another order; only a number in each can tell. */
  if (one.sequence > *due) {
    printf("%s: %" PRIu32 " missing before %" PRIu32 "\n", peer, one.sequence - *due, one.sequence);
  } else if (one.sequence < *due) {
    printf("%s: %" PRIu32 " is late, or came twice\n", peer, one.sequence);
  }
  if (one.sequence >= *due) {
    *due = one.sequence + 1;
  }
  printf("%s: %" PRIu32 ": %g (%.3f ms old)\n", peer, one.sequence, one.reading, age_ms(&one));
  fflush(stdout);
}

int main(int count, char **words) {
  /* The framing is that of byte streams: a datagram is a message already, of whatever size. */
  wt_options options = {.framing = "fixed:20", .drain_ms = 300};
  wt_callbacks callbacks = {
      .on_ready = on_ready, .on_open = on_open, .on_message = on_message, .on_close = on_close};
  struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND}; /* a second Ctrl-C ends it at once */
  wt_error error;
  int code = wt_server_new(&server, &options, &callbacks, NULL, &error);
  for (int i = 1; code == 0 && i < count; i++) {
    code = wt_server_listen(server, words[i], &error);
  }
  if (code == 0 && count < 2) {
    code = wt_server_listen(server, "udp://:8888", &error);
  }
  if (code == 0) {
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    code = wt_server_run(server, &error);
  }
  wt_server_free(server);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  return caught == SIGINT ? 130 : 0; /* what the shell says of Ctrl-C; SIGTERM asked it to stop, and so it did */
}
