/* Serve each client in a process of its own: nobody counts them, and nobody buries them. */
#include "usual.h"

int main(int count, char **words) {
  (void)count;
  int server = listening(SOCK_STREAM, words[1]);
  for (;;) {
    int client = accept(server, NULL, NULL);
    if (fork() == 0) {
      char buffer[1024];
      int size;
      while ((size = recv(client, buffer, sizeof buffer, 0)) > 0) {
        send(client, buffer, size, 0);
      }
      exit(0);
    }
    close(client);
  }
}
