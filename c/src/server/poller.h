/* poller.h: which of many descriptors are ready. Two ways, told apart by one table of functions: epoll where there is
   epoll, poll everywhere. Knows descriptors and nothing of what runs over them. */
#ifndef WTI_SERVER_POLLER_H
#define WTI_SERVER_POLLER_H

#include "private.h"

#include <stdbool.h>

/* What is waited for, and what has come. A broken descriptor is told whether it was asked for or not. */
enum { WTI_POLLER_READ = 1, WTI_POLLER_WRITE = 2, WTI_POLLER_BROKEN = 4 };

enum { WTI_POLLER_BATCH = 256 }; /* told of in one wait; what is ready beyond that is told in the next */

/* One descriptor that is watched; the first field of whatever owns it. It must outlive the batch in which it was told
   of: a watch that is off by then is skipped, so a descriptor's number may be given anew within one batch. */
typedef struct wti_watch {
  int fd;
  unsigned wanted;
  size_t slot; /* poll's own: its place among the descriptors */
  bool on;
  void (*ready)(struct wti_watch *watch, unsigned events);
} wti_watch_t;

typedef struct wti_ready {
  wti_watch_t *watch;
  unsigned events;
} wti_ready_t;

typedef struct wti_poller wti_poller_t;

typedef struct wti_poller_way {
  int (*open)(wti_poller_t *poller); /* 0, or -1 with errno */
  void (*close)(wti_poller_t *poller);
  int (*set)(wti_poller_t *poller, wti_watch_t *watch, unsigned wanted); /* the same; begins a watch, or changes it */
  void (*forget)(wti_poller_t *poller, wti_watch_t *watch);
  int (*wait)(wti_poller_t *poller, int timeout_ms); /* how many are in `ready`; -1 with errno */
} wti_poller_way_t;

struct wti_poller {
  const wti_poller_way_t *way;
  int fd;       /* epoll's */
  void *own;    /* the way's own memory */
  size_t count; /* descriptors that are watched */
  wti_ready_t ready[WTI_POLLER_BATCH];
};

/* Opens the best way there is, or poll where it is asked for. Returns 0, or -1 with errno. */
WTI_PRIVATE int wti_poller_open(wti_poller_t *poller, bool use_poll);
WTI_PRIVATE void wti_poller_close(wti_poller_t *poller);

/* Begins to watch a descriptor, or changes what is waited for; nothing happens where that is the same. Returns 0, or
   -1 with errno. */
WTI_PRIVATE int wti_poller_set(wti_poller_t *poller, wti_watch_t *watch, unsigned wanted);

/* Stops watching, before the descriptor is closed; nothing happens to a watch that is off. */
WTI_PRIVATE void wti_poller_forget(wti_poller_t *poller, wti_watch_t *watch);

/* Waits. Returns how many have something to be told, none where a signal came; or -1 with errno. */
WTI_PRIVATE int wti_poller_wait(wti_poller_t *poller, int timeout_ms);

/* Calls `ready` of each watch that the last wait found. */
WTI_PRIVATE void wti_poller_tell(wti_poller_t *poller, int count);

WTI_PRIVATE const wti_poller_way_t *wti_poller_by_poll(void);

#if defined(__linux__) && !defined(WTI_POLL) && !defined(WTI_PORTABLE)
#define WTI_HAS_EPOLL 1
WTI_PRIVATE const wti_poller_way_t *wti_poller_by_epoll(void);
#endif

#endif
