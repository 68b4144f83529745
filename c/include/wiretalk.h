/*
 * wiretalk.h: programs that talk over sockets, in C.
 *
 * This header is the manual. Compile wiretalk.c with your program, or link libwiretalk; C99 over POSIX.1-2008, and
 * nothing else. Addresses, framings, limits and the meanings of errors are those of wiretalk in Python and in the shell.
 *
 *     #include "wiretalk.h"                          a client of five lines
 *
 *     wt_connection *connection;
 *     wt_message message;
 *     wt_error error;
 *     if (wt_connect(&connection, "tcp://pi.local:8888?framing=line", NULL, &error) < 0)
 *       return fprintf(stderr, "%s\n", error.text), -error.code;
 *     if (wt_send(connection, "hello", 5, 10000) == 0 && wt_recv(connection, &message, 10000) == 1)
 *       printf("%s\n", message.data);
 *     wt_close(connection);
 *
 * What holds everywhere
 *
 *   Returns    ≥ 0 is success, and each function says what it means. Negative is a WT_E… code that says what the caller
 *              can do; its absolute value is the exit status of wiretalk's shell face for the same ending.
 *   Waits      `timeout_ms` is milliseconds for the whole call: 0 never waits, WT_FOREVER waits without end. A function
 *              without such an argument does not block, unless it says so.
 *   Signals    EINTR is dealt with inside, and no write raises SIGPIPE. A wait goes on after a signal handler has run,
 *              or, with WT_INTERRUPTIBLE among the options, returns WT_EINTERRUPTED.
 *   Memory     What a wt_…_t out-parameter receives is yours until you give it to the function that ends it. A
 *              wt_message belongs to the connection and holds until the next call on that connection.
 *   Threads    No global state. Two threads may use two connections; one connection belongs to one thread at a time.
 *              wt_server_stop alone may be called from anywhere, signal handlers included.
 *   Floors     Framing, first below, allocates nothing and does no I/O: it is all that a board without sockets needs.
 */

#ifndef WIRETALK_H
#define WIRETALK_H

#include <stddef.h>
#include <stdint.h>

#define WT_VERSION "0.1.0"

/* WT_API marks what a shared library shows; everything else in it is hidden. */
#ifndef WT_API
#if defined(WT_SHARED) && defined(__GNUC__)
#define WT_API __attribute__((visibility("default")))
#else
#define WT_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------ errors */

/* What the caller can do about a failure. `-code` is the shell's exit status for it; wt_how gives the word. */
enum {
  WT_ESYSTEM = -1,          /* the system failed in a way that has no other name here; error.os_error says which */
  WT_EUSAGE = -2,           /* the call's words are wrong (an address, a framing, an argument): change them */
  WT_EREFUSED = -3,         /* nobody listens there: start the other side, or look at the port */
  WT_EUNREACHABLE = -4,     /* no way there: the network, the route, or the socket file is missing */
  WT_ENOHOST = -5,          /* no such host name */
  WT_EINUSE = -6,           /* somebody else has that address */
  WT_ENOTPERMITTED = -7,    /* the system does not let this user */
  WT_ETIMEDOUT = -9,        /* a wait took as long as it may; unless it says otherwise, try again if you like */
  WT_ERESET = -10,          /* the peer, or the way to it, broke off */
  WT_ELIMIT = -11,          /* a limit was reached; the text names it */
  WT_EMALFORMED = -12,      /* bytes that break the framing, or a message that the framing cannot carry */
  WT_ETRUNCATED = -13,      /* the stream ended within a message */
  WT_ECLOSED = -15,         /* we closed this connection, or our half of it, ourselves */
  WT_EROOM = -20,           /* the caller's buffer is too small: give a larger one, and call again */
  WT_EMEMORY = -21,         /* no memory */
  WT_EINTERRUPTED = -130    /* a signal handler ran while it waited (WT_INTERRUPTIBLE alone) */
};

#define WT_FOREVER (-1) /* a wait without end */
#define WT_ERROR_BYTES 2048

/* A failure, in words. Yours; a function that fails fills it, one that succeeds leaves it alone. Every `wt_error *`
   argument may be NULL. */
typedef struct wt_error {
  int code;          /* WT_E… */
  int os_error;      /* errno, where a system call failed; else 0 */
  size_t at;         /* WT_EUSAGE: the byte of the text at which the fault begins … */
  size_t length;     /* … and how many bytes are at fault */
  char text[WT_ERROR_BYTES]; /* a sentence of UTF-8, without a newline at its end; for an address, the address and a
                                caret under the fault on two lines more. Cut where it would be longer. */
} wt_error;

/* Returns the one word for a code that the shell, the log and Python share ("refused", "timed-out"); static. */
WT_API const char *wt_how(int code);

/* Returns a short sentence for a code, where no wt_error is at hand; static. */
WT_API const char *wt_strerror(int code);

/* ------------------------------------------------------------------------------------------------ framing */

/* A message: `size` bytes at `data`. Where a connection or a server gives it, a zero byte that does not count stands
   after it, so that text can be used as a string. */
typedef struct wt_message {
  const char *data;
  size_t size;
} wt_message;

/* How a byte stream is cut into messages. Made by wt_framing_parse; a plain value, to be copied at will. */
typedef struct wt_framing {
  uint8_t kind;              /* the library's own, as are all that follow */
  uint8_t variant;
  uint8_t delimiter_size;
  unsigned char delimiter[16];
  size_t fixed_size;
  size_t max_message;
} wt_framing;

#define WT_MAX_MESSAGE ((size_t)1 << 20) /* the largest message unless told, either way; in bytes */

/* Reads a framing's specification: "raw", "raw:utf8", "line", "line:crlf", "delimiter:HEX", "length:u8", "length:u16be",
   "length:u16le", "length:u32be", "length:u32le", "length:varint", "netstring", "fixed:N", "slip", "cobs".
   `max_message` is the largest message in bytes, either way; 0: WT_MAX_MESSAGE. Returns 0, or WT_EUSAGE. */
WT_API int wt_framing_parse(wt_framing *framing, const char *spec, size_t max_message, wt_error *error);

/* Takes bytes in any pieces and gives whole messages. The fields are the library's own. */
typedef struct wt_decoder {
  wt_framing framing;
  unsigned char *buffer;
  size_t capacity;
  size_t held;               /* bytes of the unfinished message in `buffer` */
  uint64_t need;             /* the size that the message on its way should have, where that is known */
  uint64_t count;            /* bytes of a frame on its way, as they came */
  uint64_t fault_size;       /* the size that was over the limit, or what had come of a message cut off */
  size_t room;               /* what WT_EROOM asked for */
  int fault;                 /* WT_EMALFORMED, WT_ELIMIT or WT_ETRUNCATED once there has been one; else 0 */
  uint8_t state;
  uint8_t head_size;
  uint8_t fault_reason;
  uint8_t fault_byte;
  unsigned char head[32];    /* a count, or the beginning of a delimiter, on its way */
} wt_decoder;

/* Begins a stream. `buffer` is yours, of `capacity` bytes, and holds a message that comes in pieces: as many bytes as
   the largest message are always enough, fewer make wt_decode return WT_EROOM when a longer message comes. It may be
   NULL with a capacity of 0. */
WT_API void wt_decoder_init(wt_decoder *decoder, const wt_framing *framing, void *buffer, size_t capacity);

/* Gives a larger buffer: what is held is copied there. `capacity` must not be less than before. */
WT_API void wt_decoder_rebuffer(wt_decoder *decoder, void *buffer, size_t capacity);

/* Takes bytes of the stream, and stops behind the first message that they complete. The one law for returns:
     > 0            so many of the bytes were taken, and `message` is whole; call again with the rest. It points into
                    `data`, the buffer or the decoder, and holds until the next call with this decoder
     0              all were taken, and more are needed
     WT_EMALFORMED  the bytes break the framing
     WT_ELIMIT      a message is longer than `max_message`
     WT_EROOM       no byte was taken, for the buffer is too small; wt_decoder_room says how large a one is needed
   After WT_EMALFORMED and WT_ELIMIT every further call returns the same: nobody can tell where a message would begin.
   So does every call after wt_decode_end has returned WT_ETRUNCATED.
   Time is linear in the bytes, however small the pieces are. */
WT_API ptrdiff_t wt_decode(wt_decoder *decoder, const void *data, size_t size, wt_message *message);

/* Takes the end of the stream. Returns 0 where it ended between two messages; WT_ETRUNCATED where it ended within one;
   the fault where there has been one. `rest` (or NULL) receives what had come of an unfinished message, decoded as far
   as that goes, or what had come of its count, cut to the buffer's capacity where it is more than the largest message;
   `need` (or NULL) the size it should have had, 0 where nothing tells. */
WT_API int wt_decode_end(wt_decoder *decoder, wt_message *rest, size_t *need);

/* Returns how large a buffer to give after WT_EROOM: what the message on its way needs, or, for a long one, what it needs
   by now and some more, so that a peer that announces much and sends nothing costs little. It may have to be asked for
   again, each time at least twice as much until the message is in; never more than the largest message. */
WT_API size_t wt_decoder_room(const wt_decoder *decoder);

/* Says in words what wt_decode or wt_decode_end returned last; a decoder without a fault gives an empty text. */
WT_API void wt_decoder_explain(const wt_decoder *decoder, wt_error *error);

/* Writes a message as it goes on the wire, into `out`, which has `room` bytes and does not overlap the message. Returns
   the bytes written; WT_EMALFORMED where the framing cannot carry this message; WT_ELIMIT where it is longer than
   `max_message`; WT_EROOM where it does not fit, and then nothing is written. */
WT_API ptrdiff_t wt_encode(const wt_framing *framing, const void *message, size_t size, void *out, size_t room);

/* Returns how many bytes of room suffice for wt_encode of any message of `size` bytes. */
WT_API size_t wt_encoded_most(const wt_framing *framing, size_t size);

/* Says in words why wt_encode refuses this message; an empty text where it does not. */
WT_API void wt_encode_explain(const wt_framing *framing, const void *message, size_t size, wt_error *error);

/* ------------------------------------------------------------------------------------------------ addresses */

#define WT_ADDRESS_BYTES 4096 /* the longest text of an address */
#define WT_NAME_BYTES 352     /* room enough for any peer's name as text */

/* What an option's value is. */
enum { WT_FLAG = 1, WT_NUMBER, WT_SECONDS, WT_TEXT };

typedef struct wt_option {
  const char *name;    /* static: "nodelay" */
  int type;            /* WT_FLAG: number is 0 or 1; WT_NUMBER: number; WT_SECONDS: seconds; WT_TEXT: text */
  uint64_t number;
  double seconds;
  const char *text;    /* within the address */
} wt_option;

#define WT_MAX_OPTIONS 32

/* An end of a conversation, as text names it. Yours; it points into itself, so it is not to be copied by assignment. */
typedef struct wt_address {
  const char *scheme;  /* static: "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "unixgram" */
  const char *host;    /* small letters, IPv6 without brackets and with its %zone; "" where none is written */
  int port;            /* -1 for Unix sockets */
  const char *path;    /* of a Unix socket, one with @ in front is abstract; else "" */
  size_t path_size;    /* an abstract name may hold zero bytes */
  size_t option_count;
  wt_option options[WT_MAX_OPTIONS]; /* in the order given */
  size_t used;
  char storage[2 * WT_ADDRESS_BYTES + 128];
} wt_address;

/* Reads an address: tcp tcp4 tcp6 udp udp4 udp6 unix unixgram, HOST:PORT alone, and options. What is wrong is refused
   with wiretalk's words and a caret; so is a scheme that wiretalk has and this library has not. A host's name that is
   not ASCII is wanted in its xn-- form, since the tables of scripts are not here. The text is UTF-8; other bytes, as a
   file's name may hold them, are taken as they are. Opens nothing, looks no name up. Returns 0, or WT_EUSAGE. */
WT_API int wt_address_parse(wt_address *address, const char *text, wt_error *error);

/* Returns an option that the address has, or NULL. */
WT_API const wt_option *wt_address_option(const wt_address *address, const char *name);

/* Writes the address as text that parses to the same, and a zero byte. Returns its length, or WT_EROOM. */
WT_API ptrdiff_t wt_address_format(const wt_address *address, char *out, size_t room);

/* ------------------------------------------------------------------------------------------------ connections */

/* What a connection, a listener or a server is to do otherwise than usual. All zero is the usual, so begin with
   `wt_options options = {0};`. Where a time is meant, WT_FOREVER is no limit. */
typedef struct wt_options {
  const char *framing;         /* of byte streams; NULL: "raw". The address's own framing= wins */
  size_t max_message;          /* bytes of a message, either way; 0: WT_MAX_MESSAGE. The address's max_message= wins */
  int connect_timeout_ms;      /* looking up the name and every attempt; 0: 10,000. The system's resolver cannot be
                                  interrupted: where it takes longer, the deadline is noticed when it is back */
  int close_timeout_ms;        /* wt_close: for as long as the peer may take what was sent (where the system tells that
                                  it has not: Linux); 0: 5,000 */
  unsigned flags;              /* WT_INTERRUPTIBLE; not for servers, which have wt_server_stop */
  /* servers only */
  size_t max_connections;      /* open at once; at it, accepting stops; 0: 10,000 */
  size_t send_buffer;          /* bytes waiting for one peer, above which it is not read; 0: 256 KiB */
  int idle_timeout_ms;         /* a connection on which nothing passes is ended; 0: one hour */
  int drain_ms;                /* stopping: how long open conversations may take; 0: 5,000 */
  size_t max_udp_peers;        /* UDP peers remembered at once; beyond, new ones are not heard; 0: 4,096 */
  int udp_peer_idle_ms;        /* a UDP peer silent for so long is forgotten; 0: 60,000 */
} wt_options;

/* A wait ends with WT_EINTERRUPTED when a signal handler runs. One that ran just before the wait began does not end it:
   look at what the handler has set, and give waits a time. */
#define WT_INTERRUPTIBLE 1u

typedef struct wt_connection wt_connection;
typedef struct wt_listener wt_listener;

/* Connects: looks the name up, tries every address in turn (IPv6 and IPv4 side by side, RFC 8305), with the options'
   deadline over all. `options` may be NULL. For udp and unixgram nothing is sent: it says where wt_send sends to.
   Blocks. Returns 0 and *connection, which wt_close or wt_abort frees; else a code, and *connection is NULL. */
WT_API int wt_connect(wt_connection **connection, const char *address, const wt_options *options, wt_error *error);

/* Binds and listens; port 0 lets the system pick one. An empty host is every interface, IPv4 and IPv6 together. A Unix
   socket's file that nobody answers at is replaced; one that somebody does is WT_EINUSE. Returns 0 and *listener. */
WT_API int wt_listen(wt_listener **listener, const char *address, const wt_options *options, wt_error *error);

/* Returns where it listens, as an address to connect to: the port that was picked included, options left out. */
WT_API const char *wt_listener_address(const wt_listener *listener);

/* Waits for one connection. Returns 0 and *connection; WT_ETIMEDOUT; WT_ELIMIT where there are no file descriptors left
   (try again later); WT_EUSAGE for datagrams, which have wt_recv_from. */
WT_API int wt_accept(wt_connection **connection, wt_listener *listener, int timeout_ms, wt_error *error);

/* Stops listening, removes the Unix socket's file, frees. NULL is no matter. */
WT_API void wt_listener_close(wt_listener *listener);

/* Sends one whole message, framed. Blocks until the system has taken all of it. Returns 0. WT_EMALFORMED and WT_ELIMIT:
   the message cannot be sent, nothing was, and the connection is as good as before. WT_ETIMEDOUT, WT_EINTERRUPTED: if any
   part of the message is out, no further message can follow and every later wt_send fails the same; if none is, try
   again. WT_ERESET: the peer is gone; what it sent before can still be received. WT_ECLOSED: after wt_half_close. A
   datagram that reaches nobody is WT_EREFUSED, of this call or the next, and then it goes on. */
WT_API int wt_send(wt_connection *connection, const void *message, size_t size, int timeout_ms);

/* Receives one whole message. Returns 1 and the message; 0 at the end, when the peer has finished; WT_ETIMEDOUT, and
   nothing is lost; WT_ETRUNCATED where the end came within a message; WT_EMALFORMED, WT_ELIMIT; WT_ERESET, also where the
   system takes a silent peer for dead. After the end and after these every later call returns the same. With raw framing,
   a message is whatever has arrived. A datagram is a message, and there is no end: one longer than max_message is
   WT_ELIMIT and gone, and the next may be received. */
WT_API int wt_recv(wt_connection *connection, wt_message *message, int timeout_ms);

/* Returns 1 if wt_recv would return at once without reading from the socket, else 0: ask before you poll wt_fd. */
WT_API int wt_pending(const wt_connection *connection);

/* Says that we send no more; the peer sees the end of its input, and may go on sending. Returns 0 or a code. */
WT_API int wt_half_close(wt_connection *connection);

/* Ends both directions in good order and frees; NULL is no matter. Blocks for a moment where the peer has not finished,
   so that no reset overtakes our last bytes. */
WT_API void wt_close(wt_connection *connection);

/* Ends at once and frees; a TCP peer sees a reset. */
WT_API void wt_abort(wt_connection *connection);

/* Return the peer's and our own address as text ("tcp://192.0.2.7:51234"), while the connection is. */
WT_API const char *wt_peer(const wt_connection *connection);
WT_API const char *wt_local(const wt_connection *connection);

/* Returns the last failure of a connection, in words; code 0 where there was none. */
WT_API const wt_error *wt_last_error(const wt_connection *connection);

/* Return the socket, for poll and for options of your own. It is the library's: do not read, write or close it. A listener
   has several where its host is a name with several addresses; then this is the first, and wt_accept looks at all. */
WT_API int wt_fd(const wt_connection *connection);
WT_API int wt_listener_fd(const wt_listener *listener);

/* Where a datagram came from, and where its answer goes. Yours, a plain value. */
typedef struct wt_endpoint {
  char text[WT_NAME_BYTES];      /* "udp://192.0.2.7:51234"; "" for a Unix socket without a name */
  size_t size;                   /* the library's own from here on */
  union {
    uint64_t align;
    unsigned char bytes[128];
  } sockaddr;
  unsigned char local[32];       /* which of our addresses it was sent to, so that the answer comes from there */
  uint8_t local_size;
} wt_endpoint;

/* Receives one datagram on a udp or unixgram listener. Returns 1; WT_ETIMEDOUT; WT_ELIMIT for one longer than
   max_message, which is gone. The message holds until the next call on the listener. `from` may be NULL. */
WT_API int wt_recv_from(wt_listener *listener, wt_message *message, wt_endpoint *from, int timeout_ms,
                        wt_error *error);

/* Sends one datagram from a listener's socket. Returns 0, or a code: WT_EUNREACHABLE for an endpoint without a name. */
WT_API int wt_send_to(wt_listener *listener, const wt_endpoint *to, const void *message, size_t size, int timeout_ms,
                      wt_error *error);

/* ------------------------------------------------------------------------------------------------ servers */

typedef struct wt_server wt_server;
typedef struct wt_session wt_session; /* one served connection, or one UDP peer */

/* What a server calls, each in the thread that runs it; any may be NULL. None may block: all sessions wait meanwhile.
   Within a callback every function below may be called, for any session of the server. */
typedef struct wt_callbacks {
  /* It listens at `address`, an address to connect to; once for each. */
  void (*on_ready)(wt_server *server, const char *address, void *context);
  /* A peer has come. */
  void (*on_open)(wt_session *session, void *context);
  /* A whole message has come; it holds until the callback returns. */
  void (*on_message)(wt_session *session, const wt_message *message, void *context);
  /* The session is over, and gone when the callback returns. `why->code` is 0 where the peer finished, WT_ECLOSED
     where we closed it, else what broke it; the text says who ended it and how, and what was unsent:
     "tcp://192.0.2.7:51234: reset by the peer; 12 bytes unsent". Called once for each on_open, and never from within
     another callback. */
  void (*on_close)(wt_session *session, const wt_error *why, void *context);
  /* Something went wrong that belongs to no session: no file descriptors left, say. The server goes on. */
  void (*on_problem)(wt_server *server, const wt_error *error, void *context);
} wt_callbacks;

/* Serves one address until wt_server_stop is called, from a callback or from a signal handler (keep the server that
   on_ready tells you). Blocks. Returns 0 when it was stopped, or a code. `options` may be NULL. */
WT_API int wt_serve(const char *address, const wt_options *options, const wt_callbacks *callbacks, void *context,
                    wt_error *error);

/* The same in steps, for several addresses, or for a server that is known before it runs. */
WT_API int wt_server_new(wt_server **server, const wt_options *options, const wt_callbacks *callbacks, void *context,
                         wt_error *error);
WT_API int wt_server_listen(wt_server *server, const char *address, wt_error *error);
WT_API int wt_server_run(wt_server *server, wt_error *error);
WT_API void wt_server_free(wt_server *server); /* NULL is no matter; not while it runs */

/* Stops: no more is accepted, open conversations may go on to their end for drain_ms, those that are left are closed,
   each with a moment to take what is owed to it, and wt_server_run returns. May be called from any thread and from a
   signal handler; a second call stops at once. */
WT_API void wt_server_stop(wt_server *server);

/* Queues a message for a peer, framed; it leaves together with others, when the callback has returned. Never blocks.
   Returns 0; WT_ELIMIT where send_buffer bytes wait already, and nothing was queued (a peer that does not read its
   answers is not read either, so the first answer in an on_message never meets this); WT_EMALFORMED or WT_ELIMIT where
   the message cannot be sent; WT_ECLOSED where nothing more can be sent. A datagram leaves at once, or what the system
   said of it is returned. */
WT_API int wt_reply(wt_session *session, const void *message, size_t size);

/* Ends a session: what is queued is sent first; nothing more is received. */
WT_API void wt_session_close(wt_session *session);

/* Ends a session at once; a TCP peer sees a reset. */
WT_API void wt_session_abort(wt_session *session);

/* Keep and return a pointer of yours with a session. */
WT_API void wt_session_set(wt_session *session, void *pointer);
WT_API void *wt_session_get(const wt_session *session);

/* Return the peer's and our own address as text, the server, and the bytes that wait to be sent. */
WT_API const char *wt_session_peer(const wt_session *session);
WT_API const char *wt_session_local(const wt_session *session);
WT_API wt_server *wt_session_server(const wt_session *session);
WT_API size_t wt_session_unsent(const wt_session *session);

/* Returns the session after `after`, the first for NULL, NULL at the end: a walk over all that are open, in which the one
   at hand may be closed. */
WT_API wt_session *wt_server_next(wt_server *server, const wt_session *after);

/* Returns how many sessions are open. */
WT_API size_t wt_server_count(const wt_server *server);

#ifdef __cplusplus
}
#endif

#endif
