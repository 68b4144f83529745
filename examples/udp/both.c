/* Talk and listen at once, over UDP: the same program on both sides.

       build/udp/both [ADDRESS]        default: udp://127.0.0.1:8889?bind=:8888

   on the one side, and on the other build/udp/both 'udp://127.0.0.1:8888?bind=:8889'. Each names where the other is,
   and the port of its own that the other speaks to. Ctrl-D, or an empty line, ends it for both. */
#define _POSIX_C_SOURCE 200809L

#include "../lines.h"
#include "wiretalk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

static int say(wt_connection *peer, const wt_message *line) {
  int code = wt_send(peer, line->data, line->size, 10000);
  if (code == WT_EREFUSED) {
    /* This told of the datagram before; there is nothing wrong with this one. */
    code = wt_send(peer, line->data, line->size, 10000);
  }
  return code;
}

/* Says all lines that have been typed. Returns 1; 0 after the last one; or a code. */
static int say_lines(wt_connection *peer, lines *typed) {
  wt_message line = {"", 0};
  int code, have;
  while ((have = lines_next(typed, &line)) != LINES_NONE) {
    if (have == LINES_END) {
      line.size = 0;
    } else if (have < 0) {
      fputs("a line of more than 4096 bytes: this program sends none\n", stderr);
      return have;
    }
    if ((code = say(peer, &line)) < 0 || line.size == 0) {
      return code;
    }
  }
  return 1;
}

/* Hears one datagram. Returns 1; 0 after the last one; or a code. */
static int hear(wt_connection *peer) {
  wt_message message;
  int code = wt_recv(peer, &message, 0);
  if (code == 1) {
    if (message.size == 0) {
      return 0;
    }
    puts(message.data);
    return 1;
  }
  if (code == WT_EREFUSED) {
    /* The other side has not been started yet, or has been left. UDP has no connection that this could end. */
    fputs("(nobody is there to hear it)\n", stderr);
  }
  return code == WT_EREFUSED || code == WT_ETIMEDOUT ? 1 : code;
}

/* The usual version takes turns: send, recv, send, recv. Then it hears nothing while its user thinks. */
static int talk(wt_connection *peer, lines *typed) {
  int code = 1;
  while (code == 1) {
    struct pollfd ends[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = wt_fd(peer), .events = POLLIN}};
    if (poll(ends, 2, wt_pending(peer) ? 0 : -1) < 0 && errno != EINTR) {
      perror("poll");
      return WT_ESYSTEM;
    }
    if (wt_pending(peer) || ends[1].revents != 0) {
      code = hear(peer);
    }
    if (code == 1 && ends[0].revents != 0) {
      lines_read(typed);
      code = say_lines(peer, typed);
    }
  }
  return code;
}

int main(int count, char **words) {
  wt_connection *peer;
  wt_error error;
  lines typed;
  int code = wt_connect(&peer, count > 1 ? words[1] : "udp://127.0.0.1:8889?bind=:8888", NULL, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  setvbuf(stdout, NULL, _IOLBF, 0); /* every line is seen at once, in a pipe and a file too */
  lines_begin(&typed);
  code = talk(peer, &typed);
  if (code < 0 && wt_last_error(peer)->code == code) {
    fprintf(stderr, "%s\n", wt_last_error(peer)->text);
  }
  wt_close(peer);
  return -code;
}
