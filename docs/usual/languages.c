/* Tell a Python program a name: the first word of it, and all of the array. */
#include "usual.h"

int main(int count, char **words) {
  char name[16] = "";
  (void)count;
  int fd = connected(SOCK_STREAM, words[1]);
  scanf("%s", name);
  send(fd, name, sizeof name, 0);
  return 0;
}
