/* Lanes of timers. */
#include "server/timers.h"
#include "check.h"

#include <stdio.h>

static char timers_log[256];

static void timers_note(void *owner) {
  strcat(timers_log, (const char *)owner);
}

static wti_lane_t *timers_again_lane;
static wti_timer_t *timers_again;

/* One that sets itself again. */
static void timers_note_again(void *owner) {
  timers_note(owner);
  wti_lane_set(timers_again_lane, timers_again, 0);
}

TEST(they_fire_in_order_and_once) {
  wti_lane_t lane;
  wti_timer_t a = {.owner = "a"}, b = {.owner = "b"}, c = {.owner = "c"};
  timers_log[0] = '\0';
  wti_lane_open(&lane, 10, 0, timers_note);
  CHECK(wti_lane_due(&lane) == WTI_LANE_NEVER);
  wti_lane_set(&lane, &a, 0);
  wti_lane_set(&lane, &b, 1);
  wti_lane_set(&lane, &c, 2);
  CHECK_INT(10, wti_lane_due(&lane));
  wti_lane_run(&lane, 9);
  CHECK_TEXT("", timers_log);
  wti_lane_run(&lane, 11);
  CHECK_TEXT("ab", timers_log);
  wti_lane_run(&lane, 100);
  wti_lane_run(&lane, 100);
  CHECK_TEXT("abc", timers_log);
  CHECK(wti_lane_due(&lane) == WTI_LANE_NEVER);
}

TEST(one_that_is_set_again_or_stopped_does_not_fire_as_before) {
  wti_lane_t lane;
  wti_timer_t a = {.owner = "a"}, b = {.owner = "b"}, c = {.owner = "c"};
  timers_log[0] = '\0';
  wti_lane_open(&lane, 10, 0, timers_note);
  wti_lane_set(&lane, &a, 0);
  wti_lane_set(&lane, &b, 0);
  wti_lane_set(&lane, &c, 0);
  wti_lane_set(&lane, &a, 5);
  wti_timer_stop(&b);
  wti_timer_stop(&b);
  wti_lane_run(&lane, 10);
  CHECK_TEXT("c", timers_log);
  wti_lane_run(&lane, 15);
  CHECK_TEXT("ca", timers_log);
}

TEST(a_timer_goes_from_lane_to_lane) {
  wti_lane_t soon, late;
  wti_timer_t a = {.owner = "a"};
  timers_log[0] = '\0';
  wti_lane_open(&soon, 1, 0, timers_note);
  wti_lane_open(&late, 10, 0, timers_note);
  wti_lane_set(&soon, &a, 0);
  wti_lane_set(&late, &a, 0);
  wti_lane_run(&soon, 5);
  CHECK_TEXT("", timers_log);
  wti_lane_run(&late, 10);
  CHECK_TEXT("a", timers_log);
}

/* What passes all the time is put off; never early, and no later than the slack. */
TEST(a_touch_puts_off) {
  wti_lane_t lane;
  wti_timer_t a = {.owner = "a"};
  timers_log[0] = '\0';
  wti_lane_open(&lane, 160, 10, timers_note);
  wti_lane_set(&lane, &a, 0);
  for (int64_t now = 0; now <= 1000; now += 7) {
    wti_lane_run(&lane, now);
    wti_lane_touch(&lane, &a, now);
    CHECK(wti_lane_due(&lane) >= now + 160);
    CHECK(wti_lane_due(&lane) <= now + 170);
  }
  CHECK_TEXT("", timers_log);
  wti_lane_run(&lane, 994 + 170);
  CHECK_TEXT("a", timers_log);
  /* One that is in no lane is not put into one. */
  wti_lane_touch(&lane, &a, 2000);
  CHECK(wti_lane_due(&lane) == WTI_LANE_NEVER);
}

TEST(a_lane_without_an_end_fires_nothing) {
  wti_lane_t lane;
  wti_timer_t a = {.owner = "a"};
  timers_log[0] = '\0';
  wti_lane_open(&lane, WTI_LANE_NEVER, 0, timers_note);
  wti_lane_set(&lane, &a, 0);
  wti_lane_touch(&lane, &a, 0);
  wti_lane_run(&lane, INT64_MAX - 1);
  CHECK_TEXT("", timers_log);
}

TEST(one_that_sets_itself_again_does_not_hold_up_the_rest) {
  wti_lane_t lane;
  wti_timer_t a = {.owner = "a"};
  timers_log[0] = '\0';
  timers_again_lane = &lane;
  timers_again = &a;
  wti_lane_open(&lane, 0, 0, timers_note_again);
  wti_lane_set(&lane, &a, 0);
  wti_lane_run(&lane, 0);
  CHECK_TEXT("a", timers_log);
  wti_lane_run(&lane, 0);
  CHECK_TEXT("aa", timers_log);
}

int main(void) {
  RUN(they_fire_in_order_and_once);
  RUN(one_that_is_set_again_or_stopped_does_not_fire_as_before);
  RUN(a_timer_goes_from_lane_to_lane);
  RUN(a_touch_puts_off);
  RUN(a_lane_without_an_end_fires_nothing);
  RUN(one_that_sets_itself_again_does_not_hold_up_the_rest);
  return check_done();
}
