/* List a folder for a client: and whatever stands behind its name. */
#include "usual.h"

int main(int count, char **words) {
  static char folder[512], command[1024], output[4096];
  (void)count;
  int server = listening(SOCK_STREAM, words[1]);
  for (;;) {
    int client = accept(server, NULL, NULL);
    recv(client, folder, sizeof folder - 1, 0);
    sprintf(command, "ls %s", folder);
    FILE *pipe = popen(command, "r");
    send(client, output, fread(output, 1, sizeof output, pipe), 0);
    pclose(pipe);
    close(client);
  }
}
