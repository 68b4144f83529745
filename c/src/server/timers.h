/* timers.h: timers in lanes. All timers of a lane wait equally long, so who was set first is due first: setting,
   moving and stopping one is O(1), and finding who is due looks at nobody else. Knows no session and no clock. */
#ifndef WTI_SERVER_TIMERS_H
#define WTI_SERVER_TIMERS_H

#include "private.h"

#include <stdbool.h>

#define WTI_LANE_NEVER INT64_MAX

/* In at most one lane at a time. All zero: in none. */
typedef struct wti_timer {
  struct wti_timer *before;
  struct wti_timer *after;
  int64_t due;
  void *owner;
} wti_timer_t;

/* Not to be moved in memory once it is open. */
typedef struct wti_lane {
  wti_timer_t ends;  /* the ring's own link: the first is after it, the last before it */
  int64_t wait_ms;   /* WTI_LANE_NEVER: nothing is ever due */
  int64_t slack_ms;  /* how much later it may be: see wti_lane_touch */
  void (*fire)(void *owner);
} wti_lane_t;

/* `slack_ms` is for lanes whose timers are touched. */
WTI_PRIVATE void wti_lane_open(wti_lane_t *lane, int64_t wait_ms, int64_t slack_ms, void (*fire)(void *owner));

/* Sets a timer, wherever it was before, to fire after the lane's wait and its slack. */
WTI_PRIVATE void wti_lane_set(wti_lane_t *lane, wti_timer_t *timer, int64_t now);

/* Puts a timer of this lane off for as long as the lane waits. Cheap where something passes all the time: it is moved
   only when the slack is used up, and so fires after the wait, and at most the slack later; never before. */
static inline void wti_lane_touch(wti_lane_t *lane, wti_timer_t *timer, int64_t now) {
  if (timer->after != NULL && timer->due - now < lane->wait_ms) {
    wti_lane_set(lane, timer, now);
  }
}

/* Takes a timer out of its lane; nothing happens where it is in none. */
WTI_PRIVATE void wti_timer_stop(wti_timer_t *timer);

/* When the first is due, or WTI_LANE_NEVER. */
WTI_PRIVATE int64_t wti_lane_due(const wti_lane_t *lane);

/* Takes out and fires all that are due, the ones set meanwhile not. */
WTI_PRIVATE void wti_lane_run(wti_lane_t *lane, int64_t now);

#endif
