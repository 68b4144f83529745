/* peer.c: datagrams between us and one peer, or a group. An error that the network sends back is told once, and then
   it goes on. */
#include "connection/connection.h"

#include <errno.h>

WTI_PRIVATE int wti_send_datagram(int fd, const wt_endpoint *to, const void *message, size_t size, size_t max_message,
                                  const char *name, int timeout_ms, unsigned flags, wt_error *error) {
  int64_t deadline = wti_deadline(timeout_ms);
  if (size > max_message) {
    return wti_fail(error, WT_ELIMIT, "a message of %zu bytes: the limit max_message_bytes is %zu", size,
                    max_message);
  }
  /* An unconnected Unix socket counts as writable even while its peer's queue is full. */
  bool look = to != NULL && ((const struct sockaddr *)(const void *)to->sockaddr.bytes)->sa_family == AF_UNIX;
  for (;;) {
    int given = wti_give_datagram(fd, to, message, size, name, error);
    if (given != 0) {
      return given < 0 ? given : 0;
    }
    int64_t soon = look ? wti_deadline(WTI_ROOM_LOOK_MS) : deadline;
    int ready = wti_poll_one(fd, look ? 0 : POLLOUT, soon < deadline ? soon : deadline, flags);
    if (ready == 0 && deadline != WTI_NEVER && wti_left_ms(deadline) == 0) {
      return wti_timed_out(error, name, "send", timeout_ms);
    }
    if (ready < 0) {
      return ready == WT_EINTERRUPTED ? wti_interrupted(error, name) : wti_explain(error, errno, name, WTI_SEND);
    }
  }
}

WTI_PRIVATE int wti_datagram_send(wt_connection *connection, const void *message, size_t size, int timeout_ms) {
  return wti_send_datagram(connection->fd, connection->everybody, message, size, connection->plan.max_message,
                           connection->peer, timeout_ms, connection->flags, &connection->error);
}

WTI_PRIVATE int wti_datagram_receive(wt_connection *connection, wt_message *message, int timeout_ms) {
  int64_t deadline = wti_deadline(timeout_ms);
  wt_error *error = &connection->error;
  for (;;) {
    int got = wti_take_datagram(connection->fd, &connection->input, connection->plan.max_message, message, NULL,
                                connection->peer, error);
    if (got != 0) {
      return got;
    }
    int ready = wti_poll_one(connection->fd, POLLIN, deadline, connection->flags);
    if (ready == 0) {
      return wti_timed_out(error, connection->peer, "receive", timeout_ms);
    }
    if (ready < 0) {
      return ready == WT_EINTERRUPTED ? wti_interrupted(error, connection->peer)
                                      : wti_explain(error, errno, connection->peer, WTI_RECEIVE);
    }
  }
}
