/* A client, for the tests. Each line of its input is a conversation:

       ADDRESS MESSAGE…

   with messages in hexadecimal, "-" for an empty one. They are sent, and as many answers are received; with raw
   framing, as many bytes. It prints one line: the answers, and at last how the conversation ended, in one word. */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 30000
/* So much may be on its way, lest both sides wait for each other to read, or the system drop datagrams. */
#define WINDOW_BYTES 16000
#define WINDOW_MESSAGES 50

typedef struct talk {
  wt_connection *server;
  int raw;
  size_t messages, answers; /* how many were sent and received */
  size_t bytes, answered;   /* of how many bytes */
} talk;

static void print(const wt_message *message) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < message->size; i++) {
    putchar(digits[(unsigned char)message->data[i] >> 4]);
    putchar(digits[(unsigned char)message->data[i] & 15]);
  }
  fputs(message->size > 0 ? " " : "- ", stdout);
}

static int digit(char character) {
  return character <= '9' ? character - '0' : character - 'a' + 10;
}

/* Makes bytes of digits, in their place; returns how many. */
static size_t from_hex(char *text) {
  size_t size = 0;
  while (text[2 * size] != '\0' && text[2 * size] != '-') {
    text[size] = (char)(digit(text[2 * size]) << 4 | digit(text[2 * size + 1]));
    size++;
  }
  return size;
}

static int receive_one(talk *one) {
  wt_message answer;
  int code = wt_recv(one->server, &answer, PATIENCE_MS);
  if (code == 1) {
    one->answers++;
    one->answered += answer.size;
    print(&answer);
  }
  return code;
}

static int all_answered(const talk *one) {
  return one->raw ? one->answered == one->bytes : one->answers == one->messages;
}

static int is_full(const talk *one, size_t size) {
  return !all_answered(one) && (one->bytes - one->answered + size > WINDOW_BYTES ||
                                (!one->raw && one->messages - one->answers >= WINDOW_MESSAGES));
}

/* Returns 1, 0 at a premature end, or a code. */
static int say(talk *one, char *words) {
  int code = 1;
  for (char *word = strtok(words, " "); code == 1 && word != NULL; word = strtok(NULL, " ")) {
    size_t size = from_hex(word);
    while (code == 1 && is_full(one, size)) {
      code = receive_one(one);
    }
    if (code == 1 && (code = wt_send(one->server, word, size, PATIENCE_MS)) == 0) {
      one->messages++;
      one->bytes += size;
      code = 1;
    }
  }
  while (code == 1 && !all_answered(one)) {
    code = receive_one(one);
  }
  return code;
}

/* A stream is finished by us, and then by the peer; a datagram has no end. */
static int finish(talk *one, const char *address) {
  int code = 0;
  if (strncmp(address, "udp", 3) != 0 && strncmp(address, "unixgram", 8) != 0) {
    code = wt_half_close(one->server);
    if (code == 0 && (code = receive_one(one)) == 1) {
      fputs("more-than-expected ", stdout);
    }
  }
  return code;
}

static void converse(char *line) {
  wt_error error;
  talk one = {0};
  line[strcspn(line, "\n")] = '\0';
  char *words = line + strcspn(line, " ");
  if (*words != '\0') {
    *words++ = '\0';
  }
  one.raw = strstr(line, "framing=raw") != NULL;
  int code = wt_connect(&one.server, line, NULL, &error);
  if (code == 0) {
    code = say(&one, words);
    if (code == 1) {
      code = finish(&one, line);
    }
    if (code < 0) {
      fprintf(stderr, "%s\n", wt_last_error(one.server)->text);
    }
    wt_close(one.server);
  } else {
    fprintf(stderr, "%s\n", error.text);
  }
  puts(wt_how(code));
  fflush(stdout);
}

int main(void) {
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    converse(line);
  }
  free(line);
  return 0;
}
