/* Serve the files of a folder: and of all other folders too. */
#include "usual.h"

int main(int count, char **words) {
  static char request[1024], path[1024], name[2048], page[4096];
  (void)count;
  int server = listening(SOCK_STREAM, words[1]);
  for (;;) {
    int client = accept(server, NULL, NULL);
    recv(client, request, sizeof request, 0);
    sscanf(request, "GET %s", path);
    sprintf(name, "site%s", path);
    FILE *file = fopen(name, "rb");
    size_t size = fread(page, 1, sizeof page, file);
    send(client, "HTTP/1.0 200 OK\r\n\r\n", 19, 0);
    send(client, page, size, 0);
    fclose(file);
    close(client);
  }
}
