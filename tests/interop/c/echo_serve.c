/* Echo on wt_serve, for the tests: serves all addresses of its command line until SIGTERM, and tells of each session
   how it ended: "ended PEER HOW". */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <signal.h>
#include <stdio.h>

static wt_server *server;

static void stop(int number) {
  (void)number;
  wt_server_stop(server);
}

static void on_ready(wt_server *one, const char *address, void *context) {
  (void)one, (void)context;
  printf("listening on %s\n", address);
  fflush(stdout);
}

static void on_message(wt_session *session, const wt_message *message, void *context) {
  (void)context;
  int code = wt_reply(session, message->data, message->size);
  if (code < 0) {
    fprintf(stderr, "no reply of %zu bytes to %s: %s\n", message->size, wt_session_peer(session), wt_how(code));
  }
}

static void on_close(wt_session *session, const wt_error *why, void *context) {
  (void)context;
  printf("ended %s %s\n", wt_session_peer(session), wt_how(why->code));
  fflush(stdout);
}

static void on_problem(wt_server *one, const wt_error *error, void *context) {
  (void)one, (void)context;
  fprintf(stderr, "%s\n", error->text);
}

int main(int count, char **words) {
  wt_callbacks callbacks = {
      .on_ready = on_ready, .on_message = on_message, .on_close = on_close, .on_problem = on_problem};
  struct sigaction action = {.sa_handler = stop};
  wt_error error;
  int code = wt_server_new(&server, NULL, &callbacks, NULL, &error);
  for (int i = 1; code == 0 && i < count; i++) {
    code = wt_server_listen(server, words[i], &error);
  }
  if (code == 0) {
    sigaction(SIGTERM, &action, NULL);
    code = wt_server_run(server, &error);
  }
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
  }
  wt_server_free(server);
  return -code;
}
