/* The floor in C: writes back what it reads. One thread, one level-triggered epoll, one memory to read into for all;
 * what the system does not take at once is kept and sent before more is read. No messages, limits or timers. Linux only.
 *
 *   epoll_echo PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_EVENTS 256
#define READ_BYTES 65536

struct connection {
  int fd;
  char *kept; /* what is still to be sent, or NULL */
  size_t size, at;
};

static int poller;
static char input[READ_BYTES];

static void watch(struct connection *c, int how, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(poller, how, c->fd, &event);
}

static void end(struct connection *c) {
  close(c->fd);
  free(c->kept);
  free(c);
}

static void take(int listener) {
  for (int fd, one = 1; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    struct connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static void go_on(struct connection *c) {
  ssize_t sent = send(c->fd, c->kept + c->at, c->size - c->at, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    end(c);
  } else if (sent > 0 && (c->at += (size_t)sent) == c->size) {
    free(c->kept);
    c->kept = NULL;
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
  }
}

static void echo(struct connection *c) {
  ssize_t received = recv(c->fd, input, sizeof input, 0);
  if (received <= 0) {
    if (received == 0 || errno != EAGAIN) {
      end(c);
    }
    return;
  }
  ssize_t sent = send(c->fd, input, (size_t)received, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    end(c);
  } else if (sent < received) {
    c->at = 0;
    c->size = (size_t)(received - (sent > 0 ? sent : 0));
    c->kept = malloc(c->size);
    memcpy(c->kept, input + (sent > 0 ? sent : 0), c->size);
    watch(c, EPOLL_CTL_MOD, EPOLLOUT);
  }
}

int main(int count, char **words) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(count > 1 ? words[1] : "0"))};
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&own, sizeof own) || listen(listener, 4096)) {
    perror("epoll_echo");
    return 1;
  }
  struct connection door = {.fd = listener};
  poller = epoll_create1(EPOLL_CLOEXEC);
  watch(&door, EPOLL_CTL_ADD, EPOLLIN);
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int ready = epoll_wait(poller, events, MAX_EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == &door) {
        take(listener);
      } else if (c->kept) {
        go_on(c);
      } else {
        echo(c);
      }
    }
  }
}
