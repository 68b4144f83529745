/* Serve many clients at once, whatever one of them does, and tell how each conversation ended.

       build/many_clients/server [ADDRESS] [SECONDS]        default: tcp://:8888, and 30 seconds of silence */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wt_server *running;
static volatile sig_atomic_t caught;

/* A signal handler may do next to nothing: no printf, no free. wt_server_stop is made for it. */
static void stop(int number) {
  caught = number;
  wt_server_stop(running);
}

static void on_ready(wt_server *server, const char *address, void *context) {
  struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
  (void)context;
  running = server;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  printf("listening on %s\n", address);
  fflush(stdout);
}

/* Called for whoever has said a whole message: one thread, many clients, and none waits for another. The usual
   version serves one after another, so that a slow client makes all others wait. */
static void on_message(wt_session *session, const wt_message *message, void *context) {
  char *backwards = malloc(message->size + 1);
  size_t begin = message->size, written = 0;
  (void)context;
  if (backwards == NULL) {
    wt_session_abort(session);
    return;
  }
  /* Backwards, character by character. One of UTF-8 begins with a byte that is not 10xxxxxx, and stays as it is. */
  for (size_t end = message->size; end > 0; end = begin) {
    begin = end - 1;
    while (begin > 0 && (message->data[begin] & 0xC0) == 0x80) {
      begin--;
    }
    memcpy(backwards + written, message->data + begin, end - begin);
    written += end - begin;
  }
  if (wt_reply(session, backwards, written) < 0) {
    wt_session_abort(session);
  }
  free(backwards); /* wt_reply has taken what it needs */
}

/* Finished, reset, cut off within a message, silent too long: nothing here is an accident of the server. */
static void on_close(wt_session *session, const wt_error *why, void *context) {
  (void)session, (void)context;
  puts(why->text); /* "tcp://192.0.2.7:51234: finished by the peer" */
  fflush(stdout);
}

static void on_problem(wt_server *server, const wt_error *error, void *context) {
  (void)server, (void)context;
  fprintf(stderr, "%s\n", error->text);
}

int main(int count, char **words) {
  /* At these limits, further clients wait in the kernel's queue, and silent ones are ended. Nobody can fill memory: a
     client that does not read its answers is not read either. After Ctrl-C, open conversations have 300 ms to end. */
  wt_options options = {
      .framing = "line", .max_connections = 1000, .max_message = 1000, .idle_timeout_ms = 30000, .drain_ms = 300};
  wt_callbacks callbacks = {.on_ready = on_ready, .on_message = on_message, .on_close = on_close,
                            .on_problem = on_problem};
  wt_error error;
  if (count > 2) {
    char *end;
    double seconds = strtod(words[2], &end);
    if (*end != '\0' || !(seconds >= 0.001 && seconds <= 1e6)) {
      fprintf(stderr, "%s: this is no number of seconds from 0.001 to 1000000\n", words[2]);
      return -WT_EUSAGE;
    }
    options.idle_timeout_ms = (int)(seconds * 1000);
  }
  int code = wt_serve(count > 1 ? words[1] : "tcp://:8888", &options, &callbacks, NULL, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  return caught == SIGINT ? 130 : 0; /* what the shell says of Ctrl-C; SIGTERM asked it to stop, and so it did */
}
