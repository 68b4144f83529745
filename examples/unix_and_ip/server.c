/* Serve the same over Unix sockets, IPv4, IPv6, and both together.

       build/unix_and_ip/server [ADDRESS…]

   default: unix:/tmp/wiretalk-example.sock unixgram:/tmp/wiretalk-example.gram
            tcp4://:8884 (IPv4 alone), tcp6://:8886 (IPv6 alone) and tcp://:8888 (both together) */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const everywhere[] = {
    /* The usual version fails at its second start, for the socket file that its first left behind. Here a file behind
       which nobody listens is replaced, one behind which somebody does is refused, and ours is removed in the end.
       (unix:/tmp/wiretalk-example.sock?mode=600 keeps other users out.) And a path that is too long for the system's
       struct, which strcpy would write behind its end, is refused in a sentence. */
    "unix:/tmp/wiretalk-example.sock",
    "unixgram:/tmp/wiretalk-example.gram",
    "tcp4://:8884",
    "tcp6://:8886",
    /* Both families; whom a socket of both calls ::ffff:127.0.0.1 is named 127.0.0.1 here. */
    "tcp://:8888",
};

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

static void on_message(wt_session *session, const wt_message *message, void *context) {
  char *answer = malloc(64 + message->size);
  const char *local = wt_session_local(session);
  (void)context;
  if (answer == NULL) {
    wt_session_abort(session);
    return;
  }
  /* A scheme is what stands before the colon of an address. */
  int size = snprintf(answer, 64, "heard over %.*s: ", (int)strcspn(local, ":"), local);
  memcpy(answer + size, message->data, message->size);
  if (wt_reply(session, answer, (size_t)size + message->size) < 0) {
    wt_session_close(session);
  }
  free(answer); /* wt_reply has taken what it needs */
}

int main(int count, char **words) {
  wt_options options = {.framing = "line", .drain_ms = 300};
  wt_callbacks callbacks = {.on_ready = on_ready, .on_message = on_message};
  struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND}; /* a second Ctrl-C ends it at once */
  wt_error error;
  int code = wt_server_new(&server, &options, &callbacks, NULL, &error);
  for (int i = 1; code == 0 && i < count; i++) {
    code = wt_server_listen(server, words[i], &error);
  }
  for (size_t i = 0; code == 0 && count < 2 && i < sizeof everywhere / sizeof everywhere[0]; i++) {
    code = wt_server_listen(server, everywhere[i], &error);
  }
  if (code == 0) {
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    code = wt_server_run(server, &error);
  }
  wt_server_free(server); /* removes the files of Unix sockets */
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  return caught == SIGINT ? 130 : 0; /* what the shell says of Ctrl-C; SIGTERM asked it to stop, and so it did */
}
