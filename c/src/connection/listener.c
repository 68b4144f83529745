/* listener.c: the blocking face of listening: waiting for a connection, or for a datagram, on all the sockets of an
   address. How they are opened is in listening.c. */
#include "connection/connection.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where wt_endpoint.local notes which of several sockets a datagram came to; behind what any address takes. */
enum { LISTENER_WHICH = sizeof ((wt_endpoint *)0)->local - 1 };

struct wt_listener {
  wt_address address;
  wti_plan_t plan;
  wt_options options;
  wti_listening_t *sockets;
  size_t count;
  size_t turn;            /* which socket is looked at first, so that none is starved */
  struct pollfd *polled;
  wti_buffer_t input;
  char name[WT_ADDRESS_BYTES];
};

/* Says where it listens: one socket's own name, or, for the several of a host name, that name. */
static void listener_name(wt_listener *listener) {
  if (listener->count == 1 || listener->address.host[0] == '\0') {
    snprintf(listener->name, sizeof listener->name, "%s", listener->sockets[0].name);
    if (listener->count == 1) {
      return;
    }
  }
  const char *port = strrchr(listener->sockets[0].name, ':');
  wti_told(listener->name, &listener->address);
  char *written = strrchr(listener->name, ':');
  if (port != NULL && written != NULL) {
    snprintf(written, sizeof listener->name - (size_t)(written - listener->name), "%s", port);
  }
}

static int listener_open(wt_listener *listener, const char *address, const wt_options *options, wt_error *error) {
  int failed = wt_address_parse(&listener->address, address, error);
  if (failed == 0) {
    failed = wti_plan(&listener->plan, &listener->address, options, error);
  }
  if (failed == 0) {
    failed = wti_open_listening(&listener->sockets, &listener->count, &listener->address, error);
  }
  if (failed < 0) {
    return failed;
  }
  listener->options = options != NULL ? *options : listener->options;
  listener->polled = calloc(listener->count, sizeof *listener->polled);
  if (listener->polled == NULL) {
    return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  for (size_t i = 0; i < listener->count; i++) {
    listener->polled[i].fd = listener->sockets[i].fd;
    listener->polled[i].events = POLLIN;
  }
  listener_name(listener);
  return 0;
}

int wt_listen(wt_listener **listener, const char *address, const wt_options *options, wt_error *error) {
  *listener = NULL;
  wt_listener *made = calloc(1, sizeof *made);
  if (made == NULL) {
    return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  int failed = listener_open(made, address, options, error);
  if (failed < 0) {
    wt_listener_close(made);
    return failed;
  }
  *listener = made;
  return 0;
}

void wt_listener_close(wt_listener *listener) {
  if (listener != NULL) {
    wti_close_listening(listener->sockets, listener->count);
    free(listener->polled);
    free(listener->input.data);
    free(listener);
  }
}

const char *wt_listener_address(const wt_listener *listener) { return listener->name; }

int wt_listener_fd(const wt_listener *listener) { return listener->sockets[0].fd; }

/* Waits until one of the sockets is ready. Returns 0, or a code. */
static int listener_await(wt_listener *listener, const char *wait, int64_t deadline, int timeout_ms,
                          wt_error *error) {
  int ready = wti_poll(listener->polled, (nfds_t)listener->count, deadline, listener->options.flags);
  if (ready > 0) {
    return 0;
  }
  if (ready == 0) {
    return wti_timed_out(error, listener->name, wait, timeout_ms);
  }
  return ready == WT_EINTERRUPTED ? wti_interrupted(error, listener->name)
                                  : wti_explain(error, errno, listener->name, WTI_ACCEPT);
}

/* Returns the socket whose turn it is after `tried` others. */
static const wti_listening_t *listener_turn(wt_listener *listener, size_t tried) {
  return &listener->sockets[(listener->turn + tried) % listener->count];
}

int wt_accept(wt_connection **connection, wt_listener *listener, int timeout_ms, wt_error *error) {
  *connection = NULL;
  if (wti_is_datagram(&listener->address)) {
    return wti_fail(error, WT_EUSAGE, "%s: datagrams have no connections to accept; wt_recv_from receives them",
                    listener->name);
  }
  int64_t deadline = wti_deadline(timeout_ms);
  for (;;) {
    for (size_t i = 0; i < listener->count; i++) {
      wti_sockaddr_t peer;
      int fd;
      int accepted = wti_accept_one(&fd, &peer, listener_turn(listener, i)->fd, &listener->address, error);
      if (accepted < 0) {
        return accepted;
      }
      if (accepted > 0) {
        listener->turn = (listener->turn + i + 1) % listener->count;
        return wti_connection_new(connection, fd, &listener->address, &listener->plan, &listener->options, &peer,
                                  error);
      }
    }
    int failed = listener_await(listener, "accept", deadline, timeout_ms, error);
    if (failed < 0) {
      return failed;
    }
  }
}

int wt_recv_from(wt_listener *listener, wt_message *message, wt_endpoint *from, int timeout_ms, wt_error *error) {
  if (!wti_is_datagram(&listener->address)) {
    return wti_fail(error, WT_EUSAGE, "%s: a stream has connections; wt_accept accepts them", listener->name);
  }
  int64_t deadline = wti_deadline(timeout_ms);
  wt_endpoint own;
  from = from != NULL ? from : &own;
  for (;;) {
    for (size_t i = 0; i < listener->count; i++) {
      int got = wti_take_datagram(listener_turn(listener, i)->fd, &listener->input, listener->plan.max_message,
                                  message, from, listener->name, error);
      if (got != 0) {
        size_t which = (listener->turn + i) % listener->count;
        from->local[LISTENER_WHICH] = which <= UCHAR_MAX ? (unsigned char)which : 0;
        listener->turn = (which + 1) % listener->count;
        wti_name_endpoint(from, listener->address.scheme);
        return got;
      }
    }
    int failed = listener_await(listener, "receive", deadline, timeout_ms, error);
    if (failed < 0) {
      return failed;
    }
  }
}

/* Returns the socket that an endpoint was heard on, else the first of its family. */
static int listener_socket_for(const wt_listener *listener, const wt_endpoint *to) {
  sa_family_t family = ((const struct sockaddr *)(const void *)to->sockaddr.bytes)->sa_family;
  size_t which = to->local[LISTENER_WHICH];
  if (which < listener->count && listener->sockets[which].family == family) {
    return listener->sockets[which].fd;
  }
  for (size_t i = 0; i < listener->count; i++) {
    if (listener->sockets[i].family == family) {
      return listener->sockets[i].fd;
    }
  }
  return listener->sockets[0].fd;
}

int wt_send_to(wt_listener *listener, const wt_endpoint *to, const void *message, size_t size, int timeout_ms,
               wt_error *error) {
  if (!wti_is_datagram(&listener->address)) {
    return wti_fail(error, WT_EUSAGE, "%s: a stream has connections; wt_send sends on one", listener->name);
  }
  if (to->text[0] == '\0') {
    return wti_fail(error, WT_EUNREACHABLE, "%s: this peer has no name, so nobody can answer it; it has to bind one",
                    listener->name);
  }
  return wti_send_datagram(listener_socket_for(listener, to), to, message, size, listener->plan.max_message, to->text,
                           timeout_ms, listener->options.flags, error);
}
