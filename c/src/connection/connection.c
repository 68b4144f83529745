/* connection.c: making a connection, and what can be asked of one. Sending and receiving are in stream.c and peer.c,
   ending in closing.c. */
#include "connection/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

WTI_PRIVATE int wti_connection_new(wt_connection **connection, int fd, const wt_address *address,
                                   const wti_plan_t *plan, const wt_options *options, const wti_sockaddr_t *peer,
                                   wt_error *error) {
  wt_connection *made = calloc(1, sizeof *made);
  if (made == NULL) {
    wti_close_fd(fd);
    return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  made->fd = fd;
  made->datagram = wti_is_datagram(address);
  made->unix_socket = wti_is_unix(address);
  made->plan = *plan;
  made->close_timeout_ms = WTI_CLOSE_TIMEOUT_MS;
  if (options != NULL) {
    made->flags = options->flags;
    made->close_timeout_ms = options->close_timeout_ms != 0 ? options->close_timeout_ms : WTI_CLOSE_TIMEOUT_MS;
  }
  wt_decoder_init(&made->decoder, &plan->framing, NULL, 0);
  wti_name(made->peer, address->scheme, &peer->storage, peer->size);
  wti_local_name(made->local, address->scheme, fd);
  *connection = made;
  return 0;
}

WTI_PRIVATE void wti_connection_free(wt_connection *connection) {
  wti_remove_file(&connection->file);
  free(connection->input.data);
  free(connection->store.data);
  free(connection->output.data);
  free(connection->everybody);
  free(connection);
}

/* Keeps whom to send to, where the socket is not connected. Returns 0, or WT_EMEMORY. */
static int connection_keep_everybody(wt_connection *connection, const wti_candidate_t *won, wt_error *error) {
  if (won->connected) {
    return 0;
  }
  connection->everybody = calloc(1, sizeof *connection->everybody);
  if (connection->everybody == NULL) {
    return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  connection->everybody->size = won->to.size;
  memcpy(connection->everybody->sockaddr.bytes, &won->to.storage, won->to.size);
  return 0;
}

static int connection_open(wt_connection **connection, const wt_address *address, const wti_plan_t *plan,
                           const wt_options *options, wt_error *error) {
  int timeout_ms = options != NULL && options->connect_timeout_ms != 0 ? options->connect_timeout_ms
                                                                        : (int)WTI_CONNECT_TIMEOUT_MS;
  unsigned flags = options != NULL ? options->flags : 0;
  int64_t deadline = wti_deadline(timeout_ms);
  wti_candidate_t *candidates = NULL;
  const wti_candidate_t *won = NULL;
  wti_unix_file_t file = {NULL, 0, 0, 0};
  size_t count = 0;
  int fd = -1;
  int failed = wti_resolve(&candidates, &count, address, false, error);
  if (failed < 0) {
    return failed;
  }
  failed = wti_connect_first(&fd, &won, candidates, count, address, deadline, timeout_ms, flags, &file, error);
  if (failed == 0) {
    failed = wti_connection_new(connection, fd, address, plan, options, &won->to, error);
  }
  if (failed < 0) {
    wti_remove_file(&file);
    free(candidates);
    return failed;
  }
  (*connection)->file = file;
  failed = connection_keep_everybody(*connection, won, error);
  free(candidates);
  return failed;
}

int wt_connect(wt_connection **connection, const char *address, const wt_options *options, wt_error *error) {
  wt_address parsed;
  wti_plan_t plan;
  *connection = NULL;
  int failed = wt_address_parse(&parsed, address, error);
  if (failed == 0) {
    failed = wti_plan(&plan, &parsed, options, error);
  }
  if (failed == 0) {
    failed = connection_open(connection, &parsed, &plan, options, error);
  }
  if (failed < 0 && *connection != NULL) {
    wt_abort(*connection);
    *connection = NULL;
  }
  return failed;
}

int wt_send(wt_connection *connection, const void *message, size_t size, int timeout_ms) {
  return connection->datagram ? wti_datagram_send(connection, message, size, timeout_ms)
                              : wti_stream_send(connection, message, size, timeout_ms);
}

int wt_recv(wt_connection *connection, wt_message *message, int timeout_ms) {
  return connection->datagram ? wti_datagram_receive(connection, message, timeout_ms)
                              : wti_stream_receive(connection, message, timeout_ms);
}

int wt_pending(const wt_connection *connection) {
  return connection->datagram ? 0 : wti_stream_pending(connection);
}

const char *wt_peer(const wt_connection *connection) { return connection->peer; }

const char *wt_local(const wt_connection *connection) { return connection->local; }

const wt_error *wt_last_error(const wt_connection *connection) { return &connection->error; }

int wt_fd(const wt_connection *connection) { return connection->fd; }
