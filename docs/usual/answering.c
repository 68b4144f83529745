/* Answer with a prefix: and with what was left of the message before. */
#include "usual.h"

int main(int count, char **words) {
  static char message[1024], answer[2048];
  (void)count;
  int server = listening(SOCK_STREAM, words[1]);
  int client = accept(server, NULL, NULL);
  while (recv(client, message, sizeof message, 0) > 0) {
    sprintf(answer, "server rec: %s", message);
    send(client, answer, strlen(answer), 0);
  }
  return 0;
}
