/* Echo on libwiretalk's wt_serve, with all that it brings: messages, limits, backpressure, idle timers, names.
 *
 *   wt_serve_echo PORT FRAMING
 */
#include "wiretalk.h"

#include <stdio.h>

static void ready(wt_server *server, const char *address, void *context) {
  (void)server, (void)address, (void)context;
  puts("ready");
  fflush(stdout);
}

static void echo(wt_session *session, const wt_message *message, void *context) {
  (void)context;
  (void)wt_reply(session, message->data, message->size);
}

int main(int count, char **words) {
  wt_callbacks callbacks = {.on_ready = ready, .on_message = echo};
  wt_options options = {.framing = count > 2 ? words[2] : "raw"};
  wt_error error;
  char address[64];
  snprintf(address, sizeof address, "tcp://127.0.0.1:%s", count > 1 ? words[1] : "0");
  if (wt_serve(address, &options, &callbacks, NULL, &error) < 0) {
    fprintf(stderr, "%s\n", error.text);
    return 1;
  }
  return 0;
}
