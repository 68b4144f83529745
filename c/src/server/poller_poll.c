/* poller_poll.c: poll, which every system has. Linear in the descriptors, as poll is. */
#include "server/poller.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* What is polled, and whose it is, at the same places; `from` is where the next look begins, so that in a full batch
   nobody always comes first. */
typedef struct poll_way {
  struct pollfd *fds;
  wti_watch_t **watches;
  size_t room;
  size_t from;
} poll_way_t;

static int poll_way_open(wti_poller_t *poller) {
  poller->own = calloc(1, sizeof(poll_way_t));
  return poller->own == NULL ? -1 : 0;
}

static void poll_way_close(wti_poller_t *poller) {
  poll_way_t *way = poller->own;
  if (way != NULL) {
    free(way->fds);
    free(way->watches);
    free(way);
    poller->own = NULL;
  }
}

static int poll_way_grow(poll_way_t *way) {
  size_t room = way->room == 0 ? 64 : way->room * 2;
  struct pollfd *fds = realloc(way->fds, room * sizeof *fds);
  if (fds == NULL) {
    return -1;
  }
  way->fds = fds;
  wti_watch_t **watches = realloc(way->watches, room * sizeof *watches);
  if (watches == NULL) {
    return -1;
  }
  way->watches = watches;
  way->room = room;
  return 0;
}

static int poll_way_set(wti_poller_t *poller, wti_watch_t *watch, unsigned wanted) {
  poll_way_t *way = poller->own;
  if (!watch->on) {
    if (poller->count == way->room && poll_way_grow(way) < 0) {
      errno = ENOMEM;
      return -1;
    }
    watch->slot = poller->count;
    way->watches[watch->slot] = watch;
    way->fds[watch->slot].fd = watch->fd;
    way->fds[watch->slot].revents = 0;
  }
  way->fds[watch->slot].events =
      (short)((wanted & WTI_POLLER_READ ? POLLIN : 0) | (wanted & WTI_POLLER_WRITE ? POLLOUT : 0));
  return 0;
}

static void poll_way_forget(wti_poller_t *poller, wti_watch_t *watch) {
  poll_way_t *way = poller->own;
  size_t last = poller->count - 1;
  way->fds[watch->slot] = way->fds[last];
  way->watches[watch->slot] = way->watches[last];
  way->watches[watch->slot]->slot = watch->slot;
}

static unsigned poll_way_events(short come) {
  return (come & POLLIN ? WTI_POLLER_READ : 0u) | (come & POLLOUT ? WTI_POLLER_WRITE : 0u) |
         (come & (POLLERR | POLLHUP | POLLNVAL) ? WTI_POLLER_BROKEN : 0u);
}

static int poll_way_wait(wti_poller_t *poller, int timeout_ms) {
  poll_way_t *way = poller->own;
  int left = poll(way->fds, (nfds_t)poller->count, timeout_ms);
  if (left < 0) {
    return -1;
  }
  int count = 0;
  size_t at = way->from < poller->count ? way->from : 0;
  for (size_t seen = 0; seen < poller->count && left > 0 && count < WTI_POLLER_BATCH; seen++) {
    short come = way->fds[at].revents;
    if (come != 0) {
      left--;
      poller->ready[count].watch = way->watches[at];
      poller->ready[count].events = poll_way_events(come);
      count++;
    }
    at = at + 1 < poller->count ? at + 1 : 0;
  }
  way->from = at;
  return count;
}

WTI_PRIVATE const wti_poller_way_t *wti_poller_by_poll(void) {
  static const wti_poller_way_t way = {poll_way_open, poll_way_close, poll_way_set, poll_way_forget, poll_way_wait};
  return &way;
}
