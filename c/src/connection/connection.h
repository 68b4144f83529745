/* connection.h: what a connection is, for the files that make, use and end one. */
#ifndef WTI_CONNECTION_H
#define WTI_CONNECTION_H

#include "connection/sockets.h"

/* What has become of receiving on a stream. */
typedef enum { WTI_INPUT_OPEN, WTI_INPUT_ENDED, WTI_INPUT_BROKEN } wti_input_t;

struct wt_connection {
  int fd;
  bool datagram;
  bool unix_socket;
  unsigned flags;
  int close_timeout_ms;
  wti_plan_t plan;

  /* receiving */
  wt_decoder decoder;
  wti_buffer_t input;     /* a stream's bytes as they came, or a datagram; one byte more than is ever used */
  size_t start;           /* what of it has not been decoded: from here … */
  size_t end;             /* … to here */
  wti_buffer_t store;     /* where the decoder puts a message together; one byte more than it knows of */
  char *covered;          /* where the zero byte behind the message given last stands; NULL: nowhere */
  char covered_byte;      /* what belongs there */
  bool eager;             /* the last read filled the buffer, so the next one will hardly have to wait */
  wti_input_t input_state;
  int input_error;        /* errno of a broken input */
  char small[8];          /* a message that the decoder keeps in itself */

  /* sending */
  wti_buffer_t output;    /* a message that must be copied to be framed */
  int broken;             /* why nothing can be sent any more; else 0 */
  int broken_error;       /* errno of that */
  bool half_closed;
  wt_endpoint *everybody; /* a group's or broadcast's address, which is not connected to; else NULL */

  wti_unix_file_t file;
  wt_error error;
  char peer[WT_NAME_BYTES];
  char local[WT_NAME_BYTES];
};

/* Makes a connection of a connected socket, and owns it: closed where this fails. Returns 0, or WT_EMEMORY. */
WTI_PRIVATE int wti_connection_new(wt_connection **connection, int fd, const wt_address *address,
                                   const wti_plan_t *plan, const wt_options *options, const wti_sockaddr_t *peer,
                                   wt_error *error);

/* Frees it and all that it holds; the socket is closed already. */
WTI_PRIVATE void wti_connection_free(wt_connection *connection);

/* wt_send and wt_recv, of a stream and of datagrams. */
WTI_PRIVATE int wti_stream_send(wt_connection *connection, const void *message, size_t size, int timeout_ms);
WTI_PRIVATE int wti_stream_receive(wt_connection *connection, wt_message *message, int timeout_ms);
WTI_PRIVATE int wti_stream_pending(const wt_connection *connection);
WTI_PRIVATE int wti_datagram_send(wt_connection *connection, const void *message, size_t size, int timeout_ms);
WTI_PRIVATE int wti_datagram_receive(wt_connection *connection, wt_message *message, int timeout_ms);

/* Sends one datagram through any socket, and waits for room. Returns 0, or a code. */
WTI_PRIVATE int wti_send_datagram(int fd, const wt_endpoint *to, const void *message, size_t size, size_t max_message,
                                  const char *name, int timeout_ms, unsigned flags, wt_error *error);

#endif
