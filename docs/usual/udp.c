/* Ask in a datagram, and wait for the answer: for ever, if one of the two is lost. */
#include "usual.h"

int main(int count, char **words) {
  static char answer[1024];
  (void)count;
  int fd = connected(SOCK_DGRAM, words[1]);
  send(fd, "hello", 5, 0);
  recv(fd, answer, sizeof answer, 0);
  puts(answer);
  return 0;
}
