/* closing.c: how a connection is ended: half of it, in good order, or at once. */
#include "connection/connection.h"

#include <errno.h>

#ifdef WTI_LINUX
#include <linux/sockios.h>
#include <sys/ioctl.h>
#endif

enum { CLOSING_LOOK_MS = 20, CLOSING_DISCARD_BYTES = 4096 };

int wt_half_close(wt_connection *connection) {
  if (connection->datagram || connection->half_closed) {
    /* Datagrams have no end of input. */
    return 0;
  }
  connection->half_closed = true;
  if (shutdown(connection->fd, SHUT_WR) < 0) {
    int os_error = errno;
    int code = wti_explain(&connection->error, os_error, connection->peer, WTI_SEND);
    connection->broken = connection->broken != 0 ? connection->broken : code;
    connection->broken_error = os_error;
    return code;
  }
  connection->broken = connection->broken != 0 ? connection->broken : WT_ECLOSED;
  return 0;
}

/* Returns whether the peer's system has yet to take bytes of ours: then a reset would destroy them. */
static bool closing_owes(const wt_connection *connection) {
#ifdef WTI_LINUX
  int unsent = 0;
  bool whole = connection->broken == 0 || connection->broken == WT_ECLOSED;
  return whole && !connection->unix_socket && ioctl(connection->fd, SIOCOUTQ, &unsent) == 0 && unsent > 0;
#else
  (void)connection;
  return false;
#endif
}

/* Lets a reset not overtake our last bytes. A socket that is closed with input unread, or to come, answers with a
   reset; the peer may then lose what it had not read yet, and is told of a reset where all was well. So the end is
   sent first, and a peer that has not finished is listened to: for a moment, and until it has what it is owed. */
static void closing_linger(wt_connection *connection) {
  char dropped[CLOSING_DISCARD_BYTES];
  int64_t moment = wti_deadline(WTI_LINGER_MS);
  int64_t latest = wti_deadline(connection->close_timeout_ms);
  moment = moment < latest ? moment : latest;
  for (;;) {
    ssize_t received = wti_receive(connection->fd, dropped, sizeof dropped);
    if (received == 0 || (received < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
      return;
    }
    bool passed = wti_left_ms(moment) == 0;
    if (passed && (wti_left_ms(latest) == 0 || !closing_owes(connection))) {
      return;
    }
    /* Nothing tells when the peer has taken the rest, so that is looked at now and then. */
    int64_t until = passed ? wti_deadline(CLOSING_LOOK_MS) : moment;
    if (received < 0 && wti_poll_one(connection->fd, POLLIN, until, connection->flags) < 0) {
      return;
    }
  }
}

void wt_close(wt_connection *connection) {
  if (connection == NULL) {
    return;
  }
  if (!connection->datagram && connection->broken != WT_ERESET && connection->input_state != WTI_INPUT_BROKEN) {
    bool told = connection->half_closed || shutdown(connection->fd, SHUT_WR) == 0;
    if (told && connection->input_state == WTI_INPUT_OPEN) {
      closing_linger(connection);
    }
  }
  wti_close_fd(connection->fd);
  wti_connection_free(connection);
}

void wt_abort(wt_connection *connection) {
  if (connection != NULL) {
    wti_reset_fd(connection->fd);
    wti_connection_free(connection);
  }
}
