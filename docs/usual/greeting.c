/* Read a greeting, and answer: whether anybody is there is not looked at. */
#include "usual.h"

int main(int count, char **words) {
  static char greeting[1024];
  (void)count;
  int fd = connected(SOCK_STREAM, words[1]);
  recv(fd, greeting, sizeof greeting, 0);
  printf("the server says: %s\n", greeting);
  fflush(stdout);
  send(fd, "Zoe\n", 4, 0);
  return 0;
}
