/* Send back what comes, until "exit": if nothing longer has come before. */
#include "usual.h"

int main(int count, char **words) {
  static char buffer[1024];
  (void)count;
  int server = listening(SOCK_STREAM, words[1]);
  for (;;) {
    int size, client = accept(server, NULL, NULL);
    while ((size = recv(client, buffer, sizeof buffer, 0)) > 0) {
      if (strcmp(buffer, "exit") == 0) {
        break;
      }
      send(client, buffer, size, 0);
    }
    close(client);
  }
}
