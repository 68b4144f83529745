/* timers.c: timers in lanes, rings in the order in which they are due. Knows no session and no clock. */
#include "server/timers.h"

WTI_PRIVATE void wti_lane_open(wti_lane_t *lane, int64_t wait_ms, int64_t slack_ms, void (*fire)(void *owner)) {
  lane->ends.before = lane->ends.after = &lane->ends;
  lane->wait_ms = wait_ms;
  lane->slack_ms = slack_ms;
  lane->fire = fire;
}

WTI_PRIVATE void wti_timer_stop(wti_timer_t *timer) {
  if (timer->after != NULL) {
    timer->before->after = timer->after;
    timer->after->before = timer->before;
    timer->before = timer->after = NULL;
  }
}

WTI_PRIVATE void wti_lane_set(wti_lane_t *lane, wti_timer_t *timer, int64_t now) {
  wti_timer_stop(timer);
  if (lane->wait_ms == WTI_LANE_NEVER) {
    return;
  }
  timer->due = now + lane->wait_ms + lane->slack_ms;
  timer->after = &lane->ends;
  timer->before = lane->ends.before;
  timer->before->after = timer;
  lane->ends.before = timer;
}

WTI_PRIVATE int64_t wti_lane_due(const wti_lane_t *lane) {
  return lane->ends.after == &lane->ends ? WTI_LANE_NEVER : lane->ends.after->due;
}

WTI_PRIVATE void wti_lane_run(wti_lane_t *lane, int64_t now) {
  /* One set from here on is due later than now, but for a wait of nothing: that one comes next time. */
  while (wti_lane_due(lane) <= now) {
    wti_timer_t *timer = lane->ends.after;
    wti_timer_stop(timer);
    lane->fire(timer->owner);
    if (lane->wait_ms + lane->slack_ms <= 0) {
      return;
    }
  }
}
