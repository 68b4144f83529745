/* poller.c: what both ways of polling have in common: which is taken, and how what is ready is told. No system
   call. */
#include "server/poller.h"

#include <errno.h>

WTI_PRIVATE int wti_poller_open(wti_poller_t *poller, bool use_poll) {
  poller->fd = -1;
  poller->own = NULL;
  poller->count = 0;
  poller->way = wti_poller_by_poll();
#ifdef WTI_HAS_EPOLL
  if (!use_poll) {
    poller->way = wti_poller_by_epoll();
  }
#else
  (void)use_poll;
#endif
  return poller->way->open(poller);
}

WTI_PRIVATE void wti_poller_close(wti_poller_t *poller) { poller->way->close(poller); }

WTI_PRIVATE int wti_poller_set(wti_poller_t *poller, wti_watch_t *watch, unsigned wanted) {
  if (watch->on && watch->wanted == wanted) {
    return 0;
  }
  if (poller->way->set(poller, watch, wanted) < 0) {
    return -1;
  }
  if (!watch->on) {
    watch->on = true;
    poller->count++;
  }
  watch->wanted = wanted;
  return 0;
}

WTI_PRIVATE void wti_poller_forget(wti_poller_t *poller, wti_watch_t *watch) {
  if (watch->on) {
    poller->way->forget(poller, watch);
    watch->on = false;
    poller->count--;
  }
}

WTI_PRIVATE int wti_poller_wait(wti_poller_t *poller, int timeout_ms) {
  int count = poller->way->wait(poller, timeout_ms);
  return count < 0 && errno == EINTR ? 0 : count;
}

WTI_PRIVATE void wti_poller_tell(wti_poller_t *poller, int count) {
  for (int i = 0; i < count; i++) {
    wti_watch_t *watch = poller->ready[i].watch;
    /* What was called before, in this very loop, may have ended it. */
    if (watch->on) {
      watch->ready(watch, poller->ready[i].events);
    }
  }
}
