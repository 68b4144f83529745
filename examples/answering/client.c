/* Type lines, and see what the server says, whenever it says it.

       build/answering/client [ADDRESS]        default: tcp://localhost:8888

   Ctrl-D says that you have finished, and the last answers still come; a server that ends the conversation ends this
   too. */
#define _POSIX_C_SOURCE 200809L

#include "../lines.h"
#include "wiretalk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* The usual version is a loop of fgets, send, recv. It sits in fgets when the server ends, and shows one answer where
   two have come. So both are waited for at the same time, and whatever comes first is dealt with. */
static int talk(wt_connection *server, lines *typed) {
  wt_message line, answer;
  int have = LINES_NONE, code;
  for (;;) {
    if (have == LINES_NONE && (have = lines_next(typed, &line)) == LINES_END) {
      wt_half_close(server); /* the server learns that there will be no more, and we hear the rest of its answers */
    }
    if (have < 0) {
      fputs("a line of more than 4096 bytes: this program sends none\n", stderr);
      return have;
    }
    /* A line that waits is sent when there is room for it, and no other is read until then. Somebody who sends
       without looking, while answers come that nobody reads, waits for a server that waits for him. */
    struct pollfd ends[2] = {
        {.fd = have == LINES_NONE ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = wt_fd(server), .events = have == LINES_ONE ? POLLIN | POLLOUT : POLLIN},
    };
    /* Two answers may have come in one segment. Then the second is in the connection already, where poll does not see
       it, and wt_pending does. */
    if (poll(ends, 2, wt_pending(server) ? 0 : -1) < 0 && errno != EINTR) {
      perror("poll");
      return WT_ESYSTEM;
    }
    if (ends[0].revents != 0) {
      lines_read(typed);
    }
    if (have == LINES_ONE && (ends[1].revents & POLLOUT) != 0) {
      /* A server that has left is WT_ERESET here; what it said before can still be received. */
      if ((code = wt_send(server, line.data, line.size, 10000)) < 0 && code != WT_ERESET) {
        return code;
      }
      have = LINES_NONE;
    }
    if (wt_pending(server) || (ends[1].revents & ~POLLOUT) != 0) {
      if ((code = wt_recv(server, &answer, 0)) == 1) {
        puts(answer.data);
      } else if (code != WT_ETIMEDOUT) { /* a part of an answer is none yet */
        return code;
      }
    }
  }
}

int main(int count, char **words) {
  wt_options options = {.framing = "line"};
  wt_connection *server;
  wt_error error;
  lines typed;
  int code = wt_connect(&server, count > 1 ? words[1] : "tcp://localhost:8888", &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  setvbuf(stdout, NULL, _IOLBF, 0); /* every line is seen at once, in a pipe and a file too */
  lines_begin(&typed);
  code = talk(server, &typed);
  if (code < 0 && wt_last_error(server)->code == code) {
    fprintf(stderr, "%s\n", wt_last_error(server)->text);
  }
  wt_close(server);
  return -code;
}
