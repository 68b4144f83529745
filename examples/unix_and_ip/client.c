/* Say something over any of the server's addresses.

       build/unix_and_ip/client [ADDRESS] [TEXT…]        default: unix:/tmp/wiretalk-example.sock hello

   tcp://localhost:8888 is tried over IPv6 and IPv4, whichever answers; tcp4://localhost:8884 and
   tcp6://localhost:8886 over one of them alone. */
#include "wiretalk.h"

#include <stdio.h>
#include <string.h>

static int say(wt_connection *server, const char *text) {
  wt_message answer;
  int code = wt_send(server, text, strlen(text), 10000);
  if (code == 0) {
    code = wt_recv(server, &answer, 10000);
  }
  if (code == 1) {
    puts(answer.data);
    return 0;
  }
  if (code == 0) {
    fprintf(stderr, "%s: left without an answer\n", wt_peer(server));
    return WT_ESYSTEM;
  }
  fprintf(stderr, "%s\n", wt_last_error(server)->text);
  return code;
}

int main(int count, char **words) {
  static char *usual[] = {"hello", NULL};
  char **texts = count > 2 ? words + 2 : usual;
  wt_options options = {.framing = "line"};
  wt_connection *server;
  wt_error error;
  /* The client of a Unix datagram server needs a name of its own, or the server has nowhere to answer to. The usual
     version waits for an answer that cannot come; here a name is made, and wt_close removes its file. */
  int code = wt_connect(&server, count > 1 ? words[1] : "unix:/tmp/wiretalk-example.sock", &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  while (code == 0 && *texts != NULL) {
    code = say(server, *texts++);
  }
  wt_close(server);
  return -code;
}
