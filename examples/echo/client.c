/* Say things to an echo server in all the ways in which they arrive, "exit" in pieces at last.

       build/echo/client [ADDRESS]        default: tcp://localhost:8888 */
#include "wiretalk.h"

#include <stdio.h>
#include <string.h>

static int say(wt_connection *server, const char *text) {
  return wt_send(server, text, strlen(text), 10000);
}

/* Prints so many messages, or all until the end: returns how many, or a code. */
static int print(wt_connection *server, int most, const char *end) {
  wt_message message;
  int code = 1, printed = 0;
  while (printed < most && (code = wt_recv(server, &message, 10000)) == 1) {
    fwrite(message.data, 1, message.size, stdout);
    fputs(end, stdout);
    printed++;
  }
  return code < 0 ? code : printed;
}

static int in_messages(wt_connection *server) {
  int code = say(server, "one message");
  if (code == 0) {
    code = print(server, 1, "\n");
  }
  /* Two messages said one right after the other may arrive as one segment, and are two messages all the same. */
  if (code == 1 && (code = say(server, "two messages")) == 0 && (code = say(server, "in one segment")) == 0) {
    code = print(server, 2, "\n");
  }
  if (code == 2 && (code = say(server, "exit")) == 0 && (code = print(server, 1000, " is not expected\n")) == 0) {
    puts("the server has ended it");
  }
  return code;
}

static int in_pieces(wt_connection *server) {
  static const char *const pieces[] = {"in pie", "ces\ne", "xi", "t\n"};
  /* Without a framing, what we send are the bytes on the wire, and we decide how they are cut. */
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    int code = say(server, pieces[i]);
    if (code < 0) {
      return code;
    }
  }
  int code = print(server, 1000, "");
  if (code >= 0) {
    puts("and ended by a word in three pieces");
  }
  return code;
}

/* Connects, talks, closes: the one place that tells what went wrong. Returns 0 or a code. */
static int converse(const char *address, const char *framing, int (*talk)(wt_connection *server)) {
  wt_options options = {.framing = framing};
  wt_connection *server;
  wt_error error;
  int code = wt_connect(&server, address, &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return code;
  }
  code = talk(server);
  if (code < 0) {
    fprintf(stderr, "%s\n", wt_last_error(server)->text);
  }
  wt_close(server);
  return code < 0 ? code : 0;
}

int main(int count, char **words) {
  const char *address = count > 1 ? words[1] : "tcp://localhost:8888";
  int code = converse(address, "line", in_messages);
  if (code == 0) {
    code = converse(address, "raw", in_pieces);
  }
  return -code;
}
