/* Receive a file in datagrams: in the order in which they happen to come, and each as long as the buffer. */
#include "usual.h"

int main(int count, char **words) {
  static char chunk[1000];
  (void)count;
  int fd = listening(SOCK_DGRAM, words[1]);
  FILE *file = fopen(words[2], "wb");
  while (recv(fd, chunk, sizeof chunk, 0) > 0) {
    fwrite(chunk, 1, sizeof chunk, file);
  }
  fclose(file);
  puts("complete");
  return 0;
}
