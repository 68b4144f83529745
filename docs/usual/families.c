/* Listen on a Unix socket: once. */
#include "usual.h"
#include <sys/un.h>

int main(int count, char **words) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)count;
  strcpy(address.sun_path, words[1]);
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("bind");
    return 1;
  }
  listen(server, 5);
  puts("ready");
  return 0;
}
