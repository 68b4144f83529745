/* Ask, and wait for the answer: for ever. */
#include "usual.h"

int main(int count, char **words) {
  static char answer[1024];
  (void)count;
  int fd = connected(SOCK_STREAM, words[1]);
  send(fd, "hello\n", 6, 0);
  recv(fd, answer, sizeof answer, 0);
  puts(answer);
  return 0;
}
