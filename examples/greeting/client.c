/* Read the server's greeting first, then answer it.

       build/greeting/client [ADDRESS] [NAME]        default: tcp://localhost:8888, and your login name */
#include "wiretalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int talk(wt_connection *server, const char *name) {
  wt_message greeting;
  /* Who speaks first is a part of every protocol. Two programs that both begin with recv wait for each other for
     ever; so somebody has to say how long is too long: 10 seconds, here. */
  int code = wt_recv(server, &greeting, 10000);
  if (code == 0) {
    fprintf(stderr, "%s: left without a greeting\n", wt_peer(server));
    return WT_ESYSTEM;
  }
  if (code == 1) {
    puts(greeting.data);
    /* wt_send hands over all of it. The socket's own send may take a part, and say so in a number that nobody looks
       at. */
    code = wt_send(server, name, strlen(name), 10000);
  }
  if (code < 0) {
    fprintf(stderr, "%s\n", wt_last_error(server)->text);
  }
  return code;
}

int main(int count, char **words) {
  const char *address = count > 1 ? words[1] : "tcp://localhost:8888";
  const char *login = getenv("LOGNAME");
  const char *name = count > 2 ? words[2] : login != NULL ? login : "somebody";
  wt_options options = {.framing = "line"};
  wt_connection *server;
  wt_error error;
  /* Connecting has a time limit of its own, tries IPv6 and IPv4, and says in words what is wrong. */
  int code = wt_connect(&server, address, &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  code = talk(server, name);
  wt_close(server);
  return -code;
}
