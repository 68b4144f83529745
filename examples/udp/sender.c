/* Send each line that is typed as a datagram, and an empty one at the end.

       build/udp/sender [ADDRESS]        default: udp://localhost:8888

   An empty line is an empty datagram, and ends it too. To all on this network:
   udp://255.255.255.255:8888?broadcast */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <stdio.h>
#include <stdlib.h>

/* Nothing comes back, so nothing but the keyboard has to be waited for, and getline will do: the whole line, however
   long it is, where gets and a buffer of 80 bytes were the end of many a program. */
static int send_lines(wt_connection *receiver) {
  char *line = NULL;
  size_t room = 0;
  int code = 0, more = 1;
  while (code == 0 && more) {
    ssize_t size = getline(&line, &room, stdin);
    while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r')) {
      size--;
    }
    more = size > 0;
    /* Nobody need listen there, and sendto does not care. This socket is connected, so the system tells when a
       datagram reached nobody: the next call returns WT_EREFUSED. */
    code = wt_send(receiver, line, more ? (size_t)size : 0, 10000);
  }
  free(line);
  return code;
}

int main(int count, char **words) {
  wt_connection *receiver;
  wt_error error;
  int code = wt_connect(&receiver, count > 1 ? words[1] : "udp://localhost:8888", NULL, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  code = send_lines(receiver);
  if (code < 0) {
    fprintf(stderr, "%s\n", wt_last_error(receiver)->text);
  }
  wt_close(receiver);
  return -code;
}
