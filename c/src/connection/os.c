/* os.c: the calls of the system that wait, open and move bytes, made safe against signals. No message and no ending
   of a conversation is decided here. */
#include "connection/os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OS_DAY_MS = 86400000, OS_MAX_SKIPPED = 64 };

#ifdef MSG_NOSIGNAL
#define OS_SEND_FLAGS MSG_NOSIGNAL
#else
#define OS_SEND_FLAGS 0
#endif

WTI_PRIVATE int64_t wti_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

WTI_PRIVATE int64_t wti_deadline(int timeout_ms) {
  if (timeout_ms < 0) {
    return WTI_NEVER;
  }
  /* The clock is read in whole milliseconds: one more, so that no wait is shorter than was asked for. */
  return wti_now_ms() + timeout_ms + (timeout_ms > 0);
}

WTI_PRIVATE int wti_left_ms(int64_t deadline) {
  if (deadline == WTI_NEVER) {
    return -1;
  }
  int64_t left = deadline - wti_now_ms();
  if (left <= 0) {
    return 0;
  }
  return left < OS_DAY_MS ? (int)left : (int)OS_DAY_MS;
}

WTI_PRIVATE int wti_poll(struct pollfd *fds, nfds_t count, int64_t deadline, unsigned flags) {
  for (;;) {
    int left = wti_left_ms(deadline);
    int ready = poll(fds, count, left);
    if (ready > 0) {
      return ready;
    }
    if (ready == 0 && (left == 0 || wti_left_ms(deadline) == 0)) {
      return 0;
    }
    if (ready < 0 && errno == EINTR && (flags & WT_INTERRUPTIBLE) != 0) {
      return WT_EINTERRUPTED;
    }
    if (ready < 0 && errno != EINTR && errno != EAGAIN) {
      return WT_ESYSTEM;
    }
  }
}

WTI_PRIVATE int wti_poll_one(int fd, short events, int64_t deadline, unsigned flags) {
  struct pollfd one = {.fd = fd, .events = events, .revents = 0};
  return wti_poll(&one, 1, deadline, flags);
}

WTI_PRIVATE int wti_prepare_fd(int fd) {
  int status = fcntl(fd, F_GETFL);
  if (status < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
    return -1;
  }
#ifdef SO_NOSIGPIPE
  int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) < 0) {
    return -1;
  }
#endif
  return 0;
}

WTI_PRIVATE int wti_socket(int family, int type, int protocol) {
#ifdef WTI_LINUX
  return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
#else
  int fd = socket(family, type, protocol);
  if (fd >= 0 && wti_prepare_fd(fd) < 0) {
    wti_close_fd(fd);
    return -1;
  }
  return fd;
#endif
}

WTI_PRIVATE void wti_close_fd(int fd) {
  int kept = errno;
  /* Not again after EINTR: the descriptor is given back all the same, and may be another's by then. */
  close(fd);
  errno = kept;
}

WTI_PRIVATE void wti_reset_fd(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  /* Where a socket cannot linger (a Unix one on some systems), closing it is abrupt enough. */
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  wti_close_fd(fd);
}

/* Whether accept tells of a connection that died, or that a firewall took, before it was accepted: accept(2). */
static bool os_gone_already(int os_error) {
  switch (os_error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTUNREACH:
    case ENETUNREACH:
#ifdef EHOSTDOWN
    case EHOSTDOWN:
#endif
#ifdef ENONET
    case ENONET:
#endif
      return true;
    default:
      return false;
  }
}

static int os_accept(int listening, wti_sockaddr_t *peer) {
  peer->size = sizeof peer->storage;
  struct sockaddr *sockaddr = (struct sockaddr *)&peer->storage;
#ifdef WTI_LINUX
  return accept4(listening, sockaddr, &peer->size, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
  int fd = accept(listening, sockaddr, &peer->size);
  if (fd >= 0 && wti_prepare_fd(fd) < 0) {
    wti_close_fd(fd);
    return -1;
  }
  return fd;
#endif
}

/* Gives an accepted socket the options of the address, where it has not inherited them from the one that listens. */
static int os_adopt(int fd, int family, const wt_address *address, wt_error *error) {
#ifdef WTI_LINUX
  (void)fd, (void)family, (void)address, (void)error;
  return 0;
#else
  return family == AF_UNIX ? 0 : wti_apply_options(fd, family, address, error);
#endif
}

WTI_PRIVATE int wti_accept_one(int *fd, wti_sockaddr_t *peer, int listening, const wt_address *address,
                               wt_error *error) {
  wti_sockaddr_t own;
  peer = peer != NULL ? peer : &own;
  for (int skipped = 0; skipped < OS_MAX_SKIPPED; skipped++) {
    int accepted = os_accept(listening, peer);
    if (accepted >= 0) {
      int failed = os_adopt(accepted, peer->storage.ss_family, address, error);
      if (failed < 0) {
        wti_close_fd(accepted);
        return failed;
      }
      *fd = accepted;
      return 1;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return 0;
    }
    if (!os_gone_already(errno)) {
      int os_error = errno;
      char name[WT_ADDRESS_BYTES];
      wti_told(name, address);
      return wti_explain(error, os_error, name, WTI_ACCEPT);
    }
  }
  return 0;
}

WTI_PRIVATE ssize_t wti_send_pieces(int fd, const struct iovec *pieces, int count) {
  struct msghdr message;
  memset(&message, 0, sizeof message);
  /* sendmsg reads the pieces alone, although its type does not say so. */
  union {
    const struct iovec *given;
    struct iovec *taken;
  } list = {pieces};
  message.msg_iov = list.taken;
  /* Its type is size_t, int, or what else a system likes; a byte fits all. */
  message.msg_iovlen = (unsigned char)count;
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, OS_SEND_FLAGS);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

WTI_PRIVATE ssize_t wti_send_bytes(int fd, const void *bytes, size_t size) {
  ssize_t sent;
  do {
    sent = send(fd, bytes, size, OS_SEND_FLAGS);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

WTI_PRIVATE ssize_t wti_receive(int fd, void *buffer, size_t room) {
  ssize_t received;
  do {
    received = recv(fd, buffer, room, 0);
  } while (received < 0 && errno == EINTR);
  return received;
}
