/* connecting.c: connect to the first of several addresses that answers, as RFC 8305 (Happy Eyeballs, version 2) says:
   each gets a head start over the next, the first to connect wins, the others are closed. One thread, one poll. */
#include "connection/sockets.h"
#include "connection/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A Unix server's backlog is full, and nothing tells when it no longer is: the pause before asking again. */
enum { CONNECTING_BACKLOG_RETRY_MS = 20 };

typedef enum { CONNECTING_WAITS, CONNECTING_RUNS, CONNECTING_QUEUES, CONNECTING_LOST } connecting_state_t;

typedef struct connecting_attempt {
  connecting_state_t state;
  int fd;
  int code;              /* why it was lost */
  char *reason;          /* the words of that, from malloc; NULL where there is no memory for them */
  char name[WT_NAME_BYTES];
} connecting_attempt_t;

typedef struct connecting_race {
  const wt_address *address;
  const wti_candidate_t *candidates;
  connecting_attempt_t *attempts;
  struct pollfd *polled;
  size_t count;
  size_t started;
  int64_t next;          /* when the next one starts */
  size_t winner;         /* SIZE_MAX: none yet */
  wt_error error;        /* of the attempt that failed last */
} connecting_race_t;

static int connecting_prepare(int fd, const wti_candidate_t *candidate, const wt_address *address, wt_error *error) {
  int failed = wti_apply_options(fd, candidate->family, address, error);
  if (failed == 0 && candidate->type == SOCK_DGRAM && candidate->family != AF_UNIX && wti_is_group(&candidate->to)) {
    failed = wti_group_prepare(fd, candidate, address, error);
  }
  /* A socket that will not be connected is bound in any case, so that its own address can be told before it sends. */
  if (failed == 0 && (wt_address_option(address, "bind") != NULL || !candidate->connected)) {
    failed = wti_bind_own(fd, candidate, address, error);
  }
  return failed;
}

WTI_PRIVATE int wti_open_socket(const wti_candidate_t *candidate, const wt_address *address, wt_error *error) {
  int fd = wti_socket(candidate->family, candidate->type, candidate->protocol);
  if (fd < 0) {
    int os_error = errno;
    char name[WT_NAME_BYTES];
    wti_name(name, address->scheme, &candidate->to.storage, candidate->to.size);
    return wti_explain(error, os_error, name, WTI_OPEN);
  }
  int failed = connecting_prepare(fd, candidate, address, error);
  if (failed < 0) {
    wti_close_fd(fd);
    return failed;
  }
  return fd;
}

/* Whether TCP has connected a socket to itself: when nobody listens on a local port in the ephemeral range, the
   system may pick that very port as our own, and TCP's simultaneous open then succeeds with ourselves. */
static bool connecting_to_itself(int fd, const wti_candidate_t *candidate) {
  wti_sockaddr_t own;
  wti_sockaddr_t peer;
  if (candidate->type != SOCK_STREAM || candidate->family == AF_UNIX) {
    return false;
  }
  memset(&own, 0, sizeof own);
  memset(&peer, 0, sizeof peer);
  own.size = sizeof own.storage;
  peer.size = sizeof peer.storage;
  return getsockname(fd, (struct sockaddr *)&own.storage, &own.size) == 0 &&
         getpeername(fd, (struct sockaddr *)&peer.storage, &peer.size) == 0 && own.size == peer.size &&
         memcmp(&own.storage, &peer.storage, own.size) == 0;
}

/* Closes an attempt that failed, and notes why. */
static void connecting_lose(connecting_race_t *race, size_t at) {
  connecting_attempt_t *attempt = &race->attempts[at];
  if (attempt->fd >= 0) {
    wti_close_fd(attempt->fd);
    attempt->fd = -1;
  }
  attempt->state = CONNECTING_LOST;
  attempt->code = race->error.code;
  attempt->reason = strdup(race->error.text);
}

static void connecting_lose_os(connecting_race_t *race, size_t at, int os_error) {
  wti_explain(&race->error, os_error, race->attempts[at].name, WTI_CONNECT);
  connecting_lose(race, at);
}

static void connecting_win(connecting_race_t *race, size_t at) {
  if (connecting_to_itself(race->attempts[at].fd, &race->candidates[at])) {
    connecting_lose_os(race, at, ECONNREFUSED);
  } else {
    race->winner = at;
  }
}

static void connecting_try(connecting_race_t *race, size_t at) {
  connecting_attempt_t *attempt = &race->attempts[at];
  const wti_candidate_t *candidate = &race->candidates[at];
  if (!candidate->connected || connect(attempt->fd, (const struct sockaddr *)&candidate->to.storage,
                                       candidate->to.size) == 0 || errno == EISCONN) {
    connecting_win(race, at);
  } else if (errno == EAGAIN && candidate->family == AF_UNIX) {
    attempt->state = CONNECTING_QUEUES;
  } else if (errno == EINPROGRESS || errno == EINTR || errno == EALREADY) {
    attempt->state = CONNECTING_RUNS;
  } else {
    connecting_lose_os(race, at, errno);
  }
}

/* Begins the next attempt. Returns 0, or a code that no other attempt can better (its words are wrong, say). */
static int connecting_start(connecting_race_t *race, wti_unix_file_t *file) {
  size_t at = race->started++;
  connecting_attempt_t *attempt = &race->attempts[at];
  const wti_candidate_t *candidate = &race->candidates[at];
  wti_name(attempt->name, race->address->scheme, &candidate->to.storage, candidate->to.size);
  race->next = wti_deadline(WTI_ATTEMPT_DELAY_MS);
  attempt->fd = wti_open_socket(candidate, race->address, &race->error);
  int failed = attempt->fd < 0 ? attempt->fd : 0;
  if (failed == 0 && candidate->family == AF_UNIX && candidate->type == SOCK_DGRAM) {
    failed = wti_bind_nameless(attempt->fd, file, race->address, &race->error);
  }
  if (failed < 0) {
    connecting_lose(race, at);
    return failed == WT_EUSAGE || failed == WT_ELIMIT || failed == WT_EMEMORY ? failed : 0;
  }
  connecting_try(race, at);
  return 0;
}

/* Finds out what became of an attempt under way. */
static void connecting_finish(connecting_race_t *race, size_t at) {
  int os_error = 0;
  socklen_t size = sizeof os_error;
  if (getsockopt(race->attempts[at].fd, SOL_SOCKET, SO_ERROR, &os_error, &size) < 0) {
    os_error = errno;
  }
  if (os_error != 0) {
    connecting_lose_os(race, at, os_error);
  } else {
    connecting_win(race, at);
  }
}

/* Waits until something has become of an attempt, or another is due. Returns 0, or a code without words. */
static int connecting_wait(connecting_race_t *race, int64_t deadline, unsigned flags) {
  nfds_t running = 0;
  bool queues = false;
  for (size_t i = 0; i < race->started; i++) {
    connecting_attempt_t *attempt = &race->attempts[i];
    queues = queues || attempt->state == CONNECTING_QUEUES;
    if (attempt->state == CONNECTING_RUNS) {
      race->polled[running++] = (struct pollfd){.fd = attempt->fd, .events = POLLOUT, .revents = 0};
    }
  }
  int64_t until = deadline;
  if (race->started < race->count && race->next < until) {
    until = race->next;
  }
  int64_t retry = queues ? wti_deadline(CONNECTING_BACKLOG_RETRY_MS) : WTI_NEVER;
  until = retry < until ? retry : until;
  int ready = wti_poll(race->polled, running, until, flags);
  if (ready < 0) {
    return ready;
  }
  for (nfds_t i = 0; ready > 0 && i < running; i++) {
    for (size_t at = 0; race->polled[i].revents != 0 && race->winner == SIZE_MAX && at < race->started; at++) {
      if (race->attempts[at].fd == race->polled[i].fd) {
        connecting_finish(race, at);
        break;
      }
    }
  }
  return ready == 0 && deadline != WTI_NEVER && wti_left_ms(deadline) == 0 ? WT_ETIMEDOUT : 0;
}

static size_t connecting_under_way(const connecting_race_t *race) {
  size_t under_way = 0;
  for (size_t i = 0; i < race->started; i++) {
    connecting_state_t state = race->attempts[i].state;
    under_way += state == CONNECTING_RUNS || state == CONNECTING_QUEUES;
  }
  return under_way;
}

/* The words of an attempt that was lost. */
static const char *connecting_words(const connecting_attempt_t *attempt) {
  return attempt->reason != NULL ? attempt->reason : wt_strerror(attempt->code);
}

/* The bytes of the name that stands before them: the peer's, or our own address's where that was at fault. */
static int connecting_name_size(const connecting_attempt_t *attempt) {
  const char *words = connecting_words(attempt);
  const char *end = strstr(words, ": ");
  return end != NULL ? (int)(end - words) : 0;
}

/* The words without that name. */
static const char *connecting_reason(const connecting_attempt_t *attempt) {
  int name = connecting_name_size(attempt);
  return connecting_words(attempt) + (name > 0 ? name + 2 : 0);
}

/* The code that tells most of several: the same for all, else the first that is not "no way there". */
static int connecting_code(const connecting_race_t *race) {
  for (size_t i = 0; i < race->count; i++) {
    if (race->attempts[i].code != WT_EUNREACHABLE) {
      return race->attempts[i].code;
    }
  }
  return WT_EUNREACHABLE;
}

/* Makes one failure of all; what happened to all of them is said once. Returns its code. */
static int connecting_together(connecting_race_t *race, wt_error *error) {
  char words[WT_ERROR_BYTES] = "";
  char name[WT_ADDRESS_BYTES];
  size_t used = 0;
  bool same = true;
  if (race->count == 1) {
    if (error != NULL) {
      *error = race->error;
    }
    return race->error.code;
  }
  wti_told(name, race->address);
  const char *first = connecting_reason(&race->attempts[0]);
  for (size_t i = 1; i < race->count; i++) {
    same = same && race->attempts[i].code == race->attempts[0].code &&
           strcmp(connecting_reason(&race->attempts[i]), first) == 0;
  }
  for (size_t i = 0; i < race->count && used < sizeof words; i++) {
    const connecting_attempt_t *attempt = &race->attempts[i];
    const char *between = i == 0 ? "" : same ? " and " : "; ";
    int size = same ? connecting_name_size(attempt) : (int)strlen(connecting_words(attempt));
    int more = snprintf(words + used, sizeof words - used, "%s%.*s", between, size, connecting_words(attempt));
    used += (size_t)more;
  }
  if (same) {
    return wti_fail_os(error, connecting_code(race), race->error.os_error, "%s: %s (tried %s)", name, first, words);
  }
  return wti_fail_os(error, connecting_code(race), race->error.os_error, "%s: %s", name, words);
}

static int connecting_run(connecting_race_t *race, int64_t deadline, unsigned flags, wti_unix_file_t *file) {
  while (race->winner == SIZE_MAX) {
    bool due = wti_left_ms(race->next) == 0 || connecting_under_way(race) == 0;
    if (race->started < race->count && due) {
      int failed = connecting_start(race, file);
      if (failed < 0) {
        return failed;
      }
      continue;
    }
    if (connecting_under_way(race) == 0) {
      return 0;
    }
    int waited = connecting_wait(race, deadline, flags);
    if (waited < 0) {
      return waited;
    }
    for (size_t i = 0; i < race->started && race->winner == SIZE_MAX; i++) {
      if (race->attempts[i].state == CONNECTING_QUEUES) {
        connecting_try(race, i);
      }
    }
  }
  return 0;
}

/* Says why nobody has won; `stopped` is the code that ended the race before its time, 0 where all were lost. */
static int connecting_explain(connecting_race_t *race, int stopped, int timeout_ms, wt_error *error) {
  char name[WT_ADDRESS_BYTES];
  wti_told(name, race->address);
  switch (stopped) {
    case 0:
      return connecting_together(race, error);
    case WT_ETIMEDOUT:
      return wti_timed_out(error, name, "connect", timeout_ms);
    case WT_EINTERRUPTED:
      return wti_interrupted(error, name);
    case WT_ESYSTEM:
      return wti_explain(error, errno, name, WTI_CONNECT);
    default:
      if (error != NULL) {
        *error = race->error;
      }
      return stopped;
  }
}

WTI_PRIVATE int wti_connect_first(int *fd, const wti_candidate_t **won, const wti_candidate_t *candidates,
                                  size_t count, const wt_address *address, int64_t deadline, int timeout_ms,
                                  unsigned flags, wti_unix_file_t *file, wt_error *error) {
  connecting_race_t race = {.address = address, .candidates = candidates, .count = count, .winner = SIZE_MAX};
  race.attempts = calloc(count, sizeof *race.attempts);
  race.polled = calloc(count, sizeof *race.polled);
  for (size_t i = 0; race.attempts != NULL && i < count; i++) {
    race.attempts[i].fd = -1;
  }
  int code = WT_EMEMORY;
  if (race.attempts == NULL || race.polled == NULL) {
    wti_fail(&race.error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  } else {
    code = connecting_run(&race, deadline, flags, file);
  }
  if (race.winner == SIZE_MAX) {
    code = connecting_explain(&race, code, timeout_ms, error);
  } else {
    *fd = race.attempts[race.winner].fd;
    *won = &candidates[race.winner];
    race.attempts[race.winner].fd = -1;
  }
  for (size_t i = 0; race.attempts != NULL && i < count; i++) {
    if (race.attempts[i].fd >= 0) {
      wti_close_fd(race.attempts[i].fd);
    }
    free(race.attempts[i].reason);
  }
  free(race.attempts);
  free(race.polled);
  return code;
}
