/* Open two connections in one program, and use both.

       build/thanks/client [ADDRESS]        default: tcp://localhost:8888 */
#include "wiretalk.h"

#include <stdio.h>
#include <string.h>

/* Prints all that the server says until it closes. Then wt_recv returns 0: the loop ends. (A socket's recv returns 0
   then as well, again and again, and a program that takes it for an empty message spins.) */
static int listen_to(wt_connection *connection) {
  const char *told = "was told";
  wt_message message;
  int code;
  while ((code = wt_recv(connection, &message, 10000)) == 1) {
    printf("%s %s: %s\n", wt_local(connection), told, message.data);
    told = "was told more";
  }
  return code;
}

static int use(wt_connection *connections[2]) {
  static const char *const names[2] = {"first", "second"};
  /* Both are open. The server may take one client after another, as ours does, so nothing here may wait for an answer
     on one connection before the other has said what the server waits for. */
  for (int i = 1; i >= 0; i--) {
    int code = wt_send(connections[i], names[i], strlen(names[i]), 10000);
    if (code < 0) {
      fprintf(stderr, "%s\n", wt_last_error(connections[i])->text);
      return code;
    }
  }
  for (int i = 0; i < 2; i++) {
    int code = listen_to(connections[i]);
    if (code < 0) {
      fprintf(stderr, "%s\n", wt_last_error(connections[i])->text);
      return code;
    }
  }
  return 0;
}

int main(int count, char **words) {
  const char *address = count > 1 ? words[1] : "tcp://localhost:8888";
  wt_options options = {.framing = "line"};
  wt_connection *connections[2] = {NULL, NULL};
  wt_error error;
  int code = 0;
  for (int i = 0; i < 2 && code == 0; i++) {
    code = wt_connect(&connections[i], address, &options, &error);
    if (code < 0) {
      fprintf(stderr, "%s\n", error.text);
    }
  }
  if (code == 0) {
    code = use(connections);
  }
  wt_close(connections[0]); /* one that was never opened is NULL, which is no matter */
  wt_close(connections[1]);
  return -code;
}
