/* Send every message back, and end the conversation at "exit".

       build/echo/server [ADDRESS…]        default: tcp://:8888

   Over any scheme, datagrams too, and over several together:

       build/echo/server tcp://:8888 udp://:8888 unix:echo.sock */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

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
  fflush(stdout); /* what is printed into a pipe or a file waits in a buffer otherwise */
}

/* The usual version compares what recv returned with "exit", by strcmp, which needs a zero byte that recv does not
   write. And it works on one's own machine, as long as a person types; then the word arrives as "ex" and "it", or
   with a message in front of it in one segment, or with the CR LF of telnet, and is echoed. Here a message is a line,
   whole and alone. */
static void on_message(wt_session *session, const wt_message *message, void *context) {
  (void)context;
  size_t size = message->size;
  if (size > 0 && message->data[size - 1] == '\n') {
    size--; /* a datagram is a message with all that is in it, and nc sends the line end along */
  }
  if (size == 4 && memcmp(message->data, "exit", 4) == 0) {
    wt_session_close(session);
  } else if (wt_reply(session, message->data, message->size) < 0) {
    /* A client that does not read its answers is not read either, so there is always room for this one; and what came
       in this framing can go out in it. If nonetheless it cannot be said, then better nothing more. */
    wt_session_abort(session);
  }
}

int main(int count, char **words) {
  wt_options options = {.framing = "line", .drain_ms = 300}; /* so long may open conversations last after Ctrl-C */
  wt_callbacks callbacks = {.on_ready = on_ready, .on_message = on_message};
  struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
  wt_error error;
  int code = wt_server_new(&server, &options, &callbacks, NULL, &error);
  for (int i = 1; code == 0 && i < count; i++) {
    code = wt_server_listen(server, words[i], &error);
  }
  if (code == 0 && count < 2) {
    code = wt_server_listen(server, "tcp://:8888", &error);
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
