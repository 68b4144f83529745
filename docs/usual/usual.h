/* What the usual programs in C have in common, so that each shows little more than its mistake. No errors are looked at
   here either. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in here(const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
  address.sin_addr.s_addr = inet_addr("127.0.0.1");
  return address;
}

static inline int connected(int type, const char *port) {
  struct sockaddr_in address = here(port);
  int fd = socket(AF_INET, type, 0);
  connect(fd, (struct sockaddr *)&address, sizeof address);
  return fd;
}

static inline int listening(int type, const char *port) {
  struct sockaddr_in address = here(port);
  int fd = socket(AF_INET, type, 0);
  bind(fd, (struct sockaddr *)&address, sizeof address);
  if (type == SOCK_STREAM) {
    listen(fd, 5);
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("listening on %s\n", port);
  return fd;
}
