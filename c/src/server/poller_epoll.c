/* poller_epoll.c: epoll, where there is epoll. Level-triggered: one read a wake-up then is enough, without a second
   one that finds nothing, and what a session leaves unread comes again by itself. */
#include "server/poller.h"

#ifdef WTI_HAS_EPOLL

#include <sys/epoll.h>
#include <unistd.h>

static int epoll_way_open(wti_poller_t *poller) {
  poller->fd = epoll_create1(EPOLL_CLOEXEC);
  return poller->fd < 0 ? -1 : 0;
}

static void epoll_way_close(wti_poller_t *poller) {
  if (poller->fd >= 0) {
    close(poller->fd);
    poller->fd = -1;
  }
}

static int epoll_way_set(wti_poller_t *poller, wti_watch_t *watch, unsigned wanted) {
  struct epoll_event event = {0};
  event.events = (wanted & WTI_POLLER_READ ? EPOLLIN : 0u) | (wanted & WTI_POLLER_WRITE ? EPOLLOUT : 0u);
  event.data.ptr = watch;
  return epoll_ctl(poller->fd, watch->on ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd, &event);
}

/* Closing alone would do only as long as no forked child has a copy of the descriptor. */
static void epoll_way_forget(wti_poller_t *poller, wti_watch_t *watch) {
  struct epoll_event event = {0};
  (void)epoll_ctl(poller->fd, EPOLL_CTL_DEL, watch->fd, &event);
}

static int epoll_way_wait(wti_poller_t *poller, int timeout_ms) {
  struct epoll_event events[WTI_POLLER_BATCH];
  int count = epoll_wait(poller->fd, events, WTI_POLLER_BATCH, timeout_ms);
  for (int i = 0; i < count; i++) {
    uint32_t come = events[i].events;
    poller->ready[i].watch = events[i].data.ptr;
    poller->ready[i].events = (come & EPOLLIN ? WTI_POLLER_READ : 0u) | (come & EPOLLOUT ? WTI_POLLER_WRITE : 0u) |
                              (come & (EPOLLERR | EPOLLHUP) ? WTI_POLLER_BROKEN : 0u);
  }
  return count;
}

WTI_PRIVATE const wti_poller_way_t *wti_poller_by_epoll(void) {
  static const wti_poller_way_t way = {epoll_way_open, epoll_way_close, epoll_way_set, epoll_way_forget,
                                       epoll_way_wait};
  return &way;
}

#else

/* C99 wants something in every file. */
typedef int wti_no_epoll_t;

#endif
