/* listening.c: from an address to all the bound sockets that it means: several addresses, one port, both families. */
#include "connection/sockets.h"
#include "connection/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* How often another port is asked for, when the one picked for the first address is taken on the second. */
enum { LISTENING_PORT_ATTEMPTS = 16, LISTENING_TAKEN = 1, LISTENING_SKIPPED = 2 };

typedef struct listening_job {
  const wt_address *address;
  const wti_candidate_t *candidates;
  size_t candidate_count;
  wti_listening_t *sockets;
  size_t count;
  int port;
  wt_error *error;
} listening_job_t;

/* Sets what must be set before a socket of its own options is bound. */
static int listening_choose_families(int fd, const wti_candidate_t *candidate, const wt_address *address,
                                     wt_error *error) {
  if (candidate->family != AF_INET6) {
    return 0;
  }
  /* Systems differ in what they do unasked, so they are always asked. Where both families cannot be had in one
     socket, a second one is opened. */
  bool both = address->host[0] == '\0' && wti_family_of(address) == AF_UNSPEC;
  int only6 = wti_number(address, "v6only", !both) != 0;
  if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof only6) < 0 &&
      (only6 || wt_address_option(address, "v6only") != NULL)) {
    return wti_explain_option(error, errno, address, "v6only");
  }
  return 0;
}

static bool listening_serves_both(int fd, int family) {
  int only6 = 1;
  socklen_t size = sizeof only6;
  return family == AF_INET6 && getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, &size) == 0 && !only6;
}

/* What to bind a socket to, and what else a group needs. Returns 0, or a code; 0 with *os_error where bind failed. */
static int listening_bind(int fd, const wti_candidate_t *candidate, const wt_address *address, int *os_error,
                          wt_error *error) {
  int on = 1;
  bool group = candidate->type == SOCK_DGRAM && wti_is_group(&candidate->to);
  wti_sockaddr_t to = candidate->to;
  int failed = 0;
  if (candidate->type == SOCK_STREAM || group) {
    /* For TCP, so that a server can start again while connections of its last run are still in TIME_WAIT; on Linux
       and the BSDs it does not let two listen on one port. For a group, since several programs may be members. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  failed = wti_apply_options(fd, candidate->family, address, error);
  if (failed == 0 && group) {
    failed = wti_group_own(&to, candidate, address, error);
  }
  if (failed < 0) {
    return failed;
  }
  if (bind(fd, (const struct sockaddr *)&to.storage, to.size) < 0 ||
      (candidate->type == SOCK_STREAM && listen(fd, (int)wti_number(address, "backlog", WTI_BACKLOG)) < 0)) {
    *os_error = errno;
    return 0;
  }
  if (group) {
    failed = wti_group_join(fd, candidate, address, error);
    /* What a member says goes to the group's members by the same way. */
    return failed < 0 ? failed : wti_group_prepare(fd, candidate, address, error);
  }
  if (candidate->type == SOCK_DGRAM && wti_is_any(&candidate->to)) {
    wti_ask_local(fd, candidate->family);
  }
  return 0;
}

/* What became of a bind that failed: whether to try the next, or another port, or to say why. */
static int listening_bind_failed(const listening_job_t *job, const wti_candidate_t *candidate, int os_error) {
  bool absent = os_error == EADDRNOTAVAIL || os_error == EAFNOSUPPORT;
  char name[WT_ADDRESS_BYTES];
  if (absent && job->candidate_count > 1) {
    wti_told(name, job->address);
    wti_explain(job->error, os_error, name, WTI_LISTEN);
    return LISTENING_SKIPPED;
  }
  if (job->address->host[0] != '\0') {
    wti_name(name, job->address->scheme, &candidate->to.storage, candidate->to.size);
  } else {
    wti_told(name, job->address);
  }
  int code = wti_explain(job->error, os_error, name, WTI_LISTEN);
  return os_error == EADDRINUSE && job->count > 0 && job->address->port == 0 ? LISTENING_TAKEN : code;
}

static void listening_take(listening_job_t *job, int fd, int family) {
  wti_listening_t *taken = &job->sockets[job->count++];
  wti_sockaddr_t own;
  memset(taken, 0, sizeof *taken);
  taken->fd = fd;
  taken->family = family;
  taken->both = listening_serves_both(fd, family);
  own.size = sizeof own.storage;
  if (getsockname(fd, (struct sockaddr *)&own.storage, &own.size) == 0) {
    job->port = wti_port_of(&own);
  }
}

/* Opens a socket for one candidate at the job's port. */
static int listening_open(listening_job_t *job, const wti_candidate_t *given) {
  wti_candidate_t candidate = *given;
  wti_set_port(&candidate.to, job->port);
  int os_error = 0;
  int failed = 0;
  int fd = wti_socket(candidate.family, candidate.type, candidate.protocol);
  if (fd < 0) {
    return listening_bind_failed(job, &candidate, errno);
  }
  failed = listening_choose_families(fd, &candidate, job->address, job->error);
  if (failed == 0) {
    failed = listening_bind(fd, &candidate, job->address, &os_error, job->error);
  }
  if (failed == 0 && os_error != 0) {
    failed = listening_bind_failed(job, &candidate, os_error);
  }
  if (failed != 0) {
    wti_close_fd(fd);
    return failed;
  }
  listening_take(job, fd, candidate.family);
  return 0;
}

/* Opens them all with one port. Returns 0, or a code; LISTENING_TAKEN: another address has that port. */
static int listening_open_all(listening_job_t *job) {
  int result = 0;
  bool skipped = false;
  job->port = job->address->port;
  for (size_t i = 0; i < job->candidate_count; i++) {
    result = listening_open(job, &job->candidates[i]);
    if (result == LISTENING_SKIPPED) {
      skipped = true;
    } else if (result != 0) {
      return result;
    } else if (job->address->host[0] == '\0' && job->sockets[job->count - 1].both) {
      break;
    }
  }
  /* What was skipped has left its words. */
  return job->count > 0 || !skipped ? 0 : job->error->code;
}

/* Notes where a socket listens. An empty host stays one as long as one socket stands for all that it means. */
static int listening_name(wti_listening_t *taken, const wt_address *address, bool alone, wt_error *error) {
  char name[WT_ADDRESS_BYTES];
  wti_sockaddr_t own;
  own.size = sizeof own.storage;
  if (wti_is_unix(address) || getsockname(taken->fd, (struct sockaddr *)&own.storage, &own.size) < 0) {
    wti_told(name, address);
  } else if (alone && address->host[0] == '\0') {
    snprintf(name, sizeof name, "%s://:%d", address->scheme, wti_port_of(&own));
  } else {
    wti_name(name, address->scheme, &own.storage, own.size);
  }
  taken->name = strdup(name);
  return taken->name != NULL ? 0 : wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
}

static int listening_inet(listening_job_t *job) {
  int result;
  int attempts = 0;
  while ((result = listening_open_all(job)) != 0) {
    for (; job->count > 0; job->count--) {
      wti_close_fd(job->sockets[job->count - 1].fd);
    }
    if (result < 0 || ++attempts == LISTENING_PORT_ATTEMPTS) {
      return job->error->code;
    }
  }
  return 0;
}

static int listening_unix(listening_job_t *job) {
  const wti_candidate_t *candidate = &job->candidates[0];
  int fd = wti_socket(AF_UNIX, candidate->type, 0);
  if (fd < 0) {
    char name[WT_ADDRESS_BYTES];
    int os_error = errno;
    wti_told(name, job->address);
    return wti_explain(job->error, os_error, name, WTI_OPEN);
  }
  wti_unix_file_t file = {NULL, 0, 0, 0};
  int failed = wti_apply_options(fd, AF_UNIX, job->address, job->error);
  if (failed == 0) {
    failed = wti_bind_path(fd, candidate->type, &candidate->to, (int)wti_number(job->address, "backlog", WTI_BACKLOG),
                           job->address, &file, job->error);
  }
  if (failed < 0) {
    wti_close_fd(fd);
    return failed;
  }
  wti_listening_t *taken = &job->sockets[job->count++];
  memset(taken, 0, sizeof *taken);
  taken->fd = fd;
  taken->family = AF_UNIX;
  taken->file = file;
  return 0;
}

static int listening_job_run(listening_job_t *job) {
  job->sockets = calloc(job->candidate_count, sizeof *job->sockets);
  if (job->sockets == NULL) {
    return wti_fail(job->error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  int failed = wti_is_unix(job->address) ? listening_unix(job) : listening_inet(job);
  bool alone = job->count == 1 && (job->sockets[0].both || wti_family_of(job->address) != AF_UNSPEC);
  for (size_t i = 0; i < job->count && failed == 0; i++) {
    failed = listening_name(&job->sockets[i], job->address, alone, job->error);
  }
  if (failed < 0) {
    wti_close_listening(job->sockets, job->count);
  }
  return failed;
}

WTI_PRIVATE int wti_open_listening(wti_listening_t **sockets, size_t *count, const wt_address *address,
                                   wt_error *error) {
  wti_candidate_t *candidates = NULL;
  size_t candidate_count = 0;
  if (wt_address_option(address, "bind") != NULL) {
    return wti_option_fault(error, address, "bind",
                            "bind is where to connect from; what to listen on is the address itself");
  }
  int failed = wti_resolve(&candidates, &candidate_count, address, true, error);
  if (failed < 0) {
    return failed;
  }
  /* What one address could not do is no failure as long as another can, so the caller's error waits. */
  wt_error own;
  listening_job_t job = {address, candidates, candidate_count, NULL, 0, 0, &own};
  failed = listening_job_run(&job);
  free(candidates);
  if (failed < 0) {
    if (error != NULL) {
      *error = own;
    }
    return failed;
  }
  *sockets = job.sockets;
  *count = job.count;
  return 0;
}

WTI_PRIVATE void wti_close_listening(wti_listening_t *sockets, size_t count) {
  for (size_t i = 0; sockets != NULL && i < count; i++) {
    wti_remove_file(&sockets[i].file);
    wti_close_fd(sockets[i].fd);
    free(sockets[i].name);
  }
  free(sockets);
}
