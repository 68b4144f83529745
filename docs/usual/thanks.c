/* Thank clients, one after another: the first rude one is the last. */
#include "usual.h"

int main(int count, char **words) {
  static char name[1024];
  (void)count;
  int server = listening(SOCK_STREAM, words[1]);
  for (;;) {
    int client = accept(server, NULL, NULL);
    recv(client, name, sizeof name, 0);
    send(client, "thank you, ", 11, 0);
    send(client, name, strlen(name), 0);
    close(client);
  }
}
