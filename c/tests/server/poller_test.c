/* Which of many descriptors are ready: the same of both ways. */
#include "server/poller.h"
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static bool poller_by_poll;

typedef struct poller_end {
  wti_watch_t watch; /* first */
  int other;
  unsigned come;
  int times;
  wti_poller_t *poller;
  struct poller_end *victim; /* forgotten when this one is told */
} poller_end_t;

static void poller_told(wti_watch_t *watch, unsigned events) {
  poller_end_t *end = (poller_end_t *)watch;
  end->come |= events;
  end->times++;
  if (end->victim != NULL) {
    wti_poller_forget(end->poller, &end->victim->watch);
  }
}

static void poller_pair(poller_end_t *end, wti_poller_t *poller) {
  int fds[2];
  memset(end, 0, sizeof *end);
  CHECK_INT(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
  end->watch.fd = fds[0];
  end->watch.ready = poller_told;
  end->other = fds[1];
  end->poller = poller;
}

static void poller_unpair(poller_end_t *end) {
  wti_poller_forget(end->poller, &end->watch);
  close(end->watch.fd);
  if (end->other >= 0) {
    close(end->other);
  }
}

static int poller_turn(wti_poller_t *poller, int ms) {
  int count = wti_poller_wait(poller, ms);
  wti_poller_tell(poller, count);
  return count;
}

TEST(reading_writing_and_the_end_are_told) {
  wti_poller_t poller;
  poller_end_t end;
  CHECK_INT(0, wti_poller_open(&poller, poller_by_poll));
  poller_pair(&end, &poller);
  CHECK_INT(0, wti_poller_set(&poller, &end.watch, WTI_POLLER_READ));
  CHECK_INT(0, poller_turn(&poller, 0));
  CHECK_INT(1, write(end.other, "x", 1));
  CHECK_INT(1, poller_turn(&poller, 1000));
  CHECK_INT(WTI_POLLER_READ, end.come);
  /* Told again for as long as it is not read. */
  CHECK_INT(1, poller_turn(&poller, 1000));
  CHECK_INT(0, wti_poller_set(&poller, &end.watch, WTI_POLLER_WRITE));
  CHECK_INT(0, wti_poller_set(&poller, &end.watch, WTI_POLLER_WRITE));
  end.come = 0;
  CHECK_INT(1, poller_turn(&poller, 1000));
  CHECK_INT(WTI_POLLER_WRITE, end.come);
  /* A broken one is told though nothing was asked for. */
  CHECK_INT(0, wti_poller_set(&poller, &end.watch, 0));
  CHECK_INT(0, poller_turn(&poller, 0));
  close(end.other);
  end.other = -1;
  end.come = 0;
  CHECK_INT(1, poller_turn(&poller, 1000));
  CHECK_INT(WTI_POLLER_BROKEN, end.come);
  poller_unpair(&end);
  CHECK_INT(0, poller_turn(&poller, 0));
  wti_poller_close(&poller);
}

TEST(one_forgotten_in_a_batch_is_not_told) {
  wti_poller_t poller;
  poller_end_t ends[3];
  CHECK_INT(0, wti_poller_open(&poller, poller_by_poll));
  for (int i = 0; i < 3; i++) {
    poller_pair(&ends[i], &poller);
    CHECK_INT(0, wti_poller_set(&poller, &ends[i].watch, WTI_POLLER_READ));
    CHECK_INT(1, write(ends[i].other, "x", 1));
  }
  /* Whichever of the first two is told first, the other is not. */
  ends[0].victim = &ends[1];
  ends[1].victim = &ends[0];
  CHECK_INT(3, poller_turn(&poller, 1000));
  CHECK_INT(1, ends[0].times + ends[1].times);
  CHECK_INT(1, ends[2].times);
  for (int i = 0; i < 3; i++) {
    poller_unpair(&ends[i]);
  }
  wti_poller_close(&poller);
}

/* More than a batch takes: all get their turn. */
TEST(nobody_is_left_out) {
  enum { MANY = 3 * WTI_POLLER_BATCH / 2 };
  wti_poller_t poller;
  poller_end_t *ends = calloc(MANY, sizeof *ends);
  int fewest = 1000;
  CHECK_INT(0, wti_poller_open(&poller, poller_by_poll));
  for (int i = 0; i < MANY; i++) {
    poller_pair(&ends[i], &poller);
    CHECK_INT(0, wti_poller_set(&poller, &ends[i].watch, WTI_POLLER_READ));
    CHECK_INT(1, write(ends[i].other, "x", 1));
  }
  for (int turn = 0; turn < 6; turn++) {
    CHECK_INT(WTI_POLLER_BATCH, poller_turn(&poller, 1000));
  }
  for (int i = 0; i < MANY; i++) {
    fewest = ends[i].times < fewest ? ends[i].times : fewest;
  }
  CHECK(fewest >= 3);
  for (int i = 0; i < MANY; i++) {
    poller_unpair(&ends[i]);
  }
  free(ends);
  wti_poller_close(&poller);
}

static void poller_nothing(int signal_number) { (void)signal_number; }

TEST(a_signal_ends_a_wait_and_is_no_failure) {
  wti_poller_t poller;
  poller_end_t end;
  struct sigaction action = {.sa_handler = poller_nothing};
  struct itimerval soon = {.it_value = {.tv_usec = 20000}};
  sigaction(SIGALRM, &action, NULL);
  CHECK_INT(0, wti_poller_open(&poller, poller_by_poll));
  poller_pair(&end, &poller);
  CHECK_INT(0, wti_poller_set(&poller, &end.watch, WTI_POLLER_READ));
  setitimer(ITIMER_REAL, &soon, NULL);
  CHECK_INT(0, poller_turn(&poller, 10000));
  poller_unpair(&end);
  wti_poller_close(&poller);
}

TEST(what_is_no_descriptor_is_told_or_refused) {
  wti_poller_t poller;
  poller_end_t end;
  CHECK_INT(0, wti_poller_open(&poller, poller_by_poll));
  poller_pair(&end, &poller);
  close(end.watch.fd);
  if (wti_poller_set(&poller, &end.watch, WTI_POLLER_READ) == 0) {
    CHECK_INT(1, poller_turn(&poller, 1000));
    CHECK_INT(WTI_POLLER_BROKEN, end.come);
    wti_poller_forget(&poller, &end.watch);
  }
  CHECK_INT(0, poller.count);
  close(end.other);
  wti_poller_close(&poller);
}

#define RUN_BOTH(test)      \
  do {                      \
    poller_by_poll = false; \
    RUN(test);              \
    poller_by_poll = true;  \
    RUN(test);              \
  } while (0)

int main(void) {
  RUN_BOTH(reading_writing_and_the_end_are_told);
  RUN_BOTH(one_forgotten_in_a_batch_is_not_told);
  RUN_BOTH(nobody_is_left_out);
  RUN_BOTH(a_signal_ends_a_wait_and_is_no_failure);
  RUN_BOTH(what_is_no_descriptor_is_told_or_refused);
  return check_done();
}
