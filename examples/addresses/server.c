/* Tell each peer who it is, and where it was met.

       build/addresses/server [ADDRESS…]        default: tcp://:8888 udp://:8888 */
#define _POSIX_C_SOURCE 200809L

#include "../json.h"
#include "wiretalk.h"

#include <signal.h>

static wt_server *server;
static volatile sig_atomic_t caught;

/* A signal handler may do next to nothing: no printf, no free. wt_server_stop is made for it. */
static void stop(int number) {
  caught = number;
  wt_server_stop(server);
}

/* Port 0 is a port that the system picks, and here it is told. */
static void on_ready(wt_server *one, const char *address, void *context) {
  (void)one, (void)context;
  printf("listening on %s\n", address);
  fflush(stdout);
}

/* What getpeername and getsockname give, as text that is an address again: with the brackets of IPv6, the zone of a
   link-local one, "unix:(unnamed)" for a Unix peer without a name. The usual version has inet_ntoa, which knows IPv4
   alone, and whose two results in one printf are one and the same buffer. */
static void on_open(wt_session *session, void *context) {
  (void)context;
  printf("%s is here, met at %s\n", wt_session_peer(session), wt_session_local(session));
  fflush(stdout);
}

static void on_message(wt_session *session, const wt_message *message, void *context) {
  char answer[12 * WT_NAME_BYTES + 64], *end = answer;
  (void)message, (void)context;
  end += sprintf(end, "{\"you\":");
  end = json_put(end, wt_session_peer(session));
  end += sprintf(end, ",\"me\":");
  end = json_put(end, wt_session_local(session));
  *end++ = '}';
  if (wt_reply(session, answer, (size_t)(end - answer)) < 0) {
    wt_session_close(session);
  }
}

int main(int count, char **words) {
  wt_options options = {.framing = "line", .drain_ms = 300}; /* so long may open conversations last after Ctrl-C */
  wt_callbacks callbacks = {.on_ready = on_ready, .on_open = on_open, .on_message = on_message};
  struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND}; /* a second Ctrl-C ends it at once */
  wt_error error;
  int code = wt_server_new(&server, &options, &callbacks, NULL, &error);
  for (int i = 1; code == 0 && i < count; i++) {
    code = wt_server_listen(server, words[i], &error);
  }
  if (count < 2) {
    code = code == 0 ? wt_server_listen(server, "tcp://:8888", &error) : code;
    code = code == 0 ? wt_server_listen(server, "udp://:8888", &error) : code;
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
