/* Send a record as it lies in memory: as this machine and this compiler lay it. */
#include "usual.h"

struct record {
  char kind;
  unsigned int number;
  double reading;
};

int main(int count, char **words) {
  struct record one = {'T', 1, 20.5};
  (void)count;
  int fd = connected(SOCK_DGRAM, words[1]);
  send(fd, &one, sizeof one, 0);
  printf("%zu bytes sent\n", sizeof one);
  return 0;
}
