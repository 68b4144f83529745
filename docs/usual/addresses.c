/* Tell who has come, and to where: the same address, whoever it was. */
#include "usual.h"

int main(int count, char **words) {
  struct sockaddr_in peer, local;
  socklen_t size = sizeof peer;
  (void)count;
  int server = listening(SOCK_STREAM, words[1]);
  int client = accept(server, (struct sockaddr *)&peer, &size);
  getsockname(client, (struct sockaddr *)&local, &size);
  const char *from = inet_ntoa(peer.sin_addr);
  const char *to = inet_ntoa(local.sin_addr);
  printf("from %s to %s\n", from, to);
  return 0;
}
