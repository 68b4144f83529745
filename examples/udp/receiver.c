/* Print what arrives as datagrams, each with its source, until an empty one comes.

       build/udp/receiver [ADDRESS]        default: udp://:8888 */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <signal.h>
#include <stdio.h>

static wt_server *running;
static volatile sig_atomic_t caught;

/* A signal handler may do next to nothing: no printf, no free. wt_server_stop is made for it. */
static void stop(int number) {
  caught = number;
  wt_server_stop(running);
}

static void on_ready(wt_server *server, const char *address, void *context) {
  struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND}; /* a second Ctrl-C ends it at once */
  (void)context;
  running = server;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  printf("listening on %s\n", address);
  fflush(stdout);
}

/* Each source is a session of its own. A datagram is a message: whole, or not there at all. The usual version's
   recvfrom into 1024 bytes drops the end of a longer one without a word, and then prints it as text, without a zero
   byte. */
static void on_message(wt_session *source, const wt_message *message, void *context) {
  (void)context;
  if (message->size == 0) {
    wt_server_stop(wt_session_server(source));
    return;
  }
  printf("%s: ", wt_session_peer(source));
  fwrite(message->data, 1, message->size, stdout);
  putchar('\n');
  fflush(stdout);
}

int main(int count, char **words) {
  wt_callbacks callbacks = {.on_ready = on_ready, .on_message = on_message};
  wt_error error;
  int code = wt_serve(count > 1 ? words[1] : "udp://:8888", NULL, &callbacks, NULL, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  return caught == SIGINT ? 130 : 0; /* what the shell says of Ctrl-C */
}
