/* A program in C in a chat: says who it is, answers each "ping" it hears with "pong", and leaves at "bye". */
#include "wiretalk.h"

#include <stdio.h>
#include <string.h>

static int ends_with(const wt_message *message, const char *word) {
  size_t size = strlen(word);
  return message->size >= size && memcmp(message->data + message->size - size, word, size) == 0;
}

int main(int count, char **words) {
  wt_connection *chat;
  wt_message message;
  wt_error error;
  if (count != 2 || wt_connect(&chat, words[1], NULL, &error) < 0) {
    fprintf(stderr, "%s\n", count == 2 ? error.text : "say the address");
    return 1;
  }
  int code = wt_send(chat, "/nick c-program", 15, 60000);
  while (code == 0 && wt_recv(chat, &message, 60000) == 1) {
    printf("%s\n", message.data);
    fflush(stdout);
    if (ends_with(&message, "> ping")) {
      code = wt_send(chat, "pong", 4, 60000);
    } else if (ends_with(&message, "> bye")) {
      code = wt_send(chat, "/quit", 5, 60000);
    }
  }
  wt_close(chat);
  return -code;
}
