/* os.h: the system's sockets, as connections and servers both need them: clock, poll, names, failures in words,
   sockets that listen, one connection accepted, one datagram taken or given. Nothing here waits unless it says so; no
   message, no framing's rule and no conversation's ending is decided here. */
#ifndef WTI_CONNECTION_OS_H
#define WTI_CONNECTION_OS_H

#include "error.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

/* What Linux has and not every system does. -DWTI_PORTABLE builds what the others get. */
#if defined(__linux__) && !defined(WTI_PORTABLE)
#define WTI_LINUX
#endif

/* The same limits as wiretalk's in Python (src/wiretalk/limits.py says why each is what it is). */
enum {
  WTI_CONNECT_TIMEOUT_MS = 10000,
  WTI_ATTEMPT_DELAY_MS = 250,
  WTI_CLOSE_TIMEOUT_MS = 5000,
  WTI_LINGER_MS = 150,
  WTI_ROOM_LOOK_MS = 5, /* a Unix datagram socket does not tell when its peer has room again: how often to try */
  WTI_BACKLOG = 4096,
  WTI_READ_BYTES = 65536
};

/* ---- time */

#define WTI_NEVER INT64_MAX

/* Milliseconds of a clock that only goes forward. */
WTI_PRIVATE int64_t wti_now_ms(void);

/* The moment `timeout_ms` from now; WTI_NEVER for WT_FOREVER and any other negative. */
WTI_PRIVATE int64_t wti_deadline(int timeout_ms);

/* What is left until then, as poll takes it: 0 when it has passed, -1 for WTI_NEVER, a day at most. */
WTI_PRIVATE int wti_left_ms(int64_t deadline);

/* Waits with poll until something is ready. Goes on after a signal handler, unless `flags` has WT_INTERRUPTIBLE.
   Returns how many are ready, 0 when the deadline has passed, WT_EINTERRUPTED, or WT_ESYSTEM with errno set. `fds`
   may be NULL with a count of 0: then it only waits. */
WTI_PRIVATE int wti_poll(struct pollfd *fds, nfds_t count, int64_t deadline, unsigned flags);

/* The same for one socket. */
WTI_PRIVATE int wti_poll_one(int fd, short events, int64_t deadline, unsigned flags);

/* ---- failures */

/* What was tried. On an open stream WTI_SEND and WTI_RECEIVE tell how a conversation broke; with datagrams every send
   is an opening. */
typedef enum { WTI_OPEN, WTI_CONNECT, WTI_LISTEN, WTI_ACCEPT, WTI_SEND, WTI_RECEIVE } wti_doing_t;

/* Says what an errno means, for the address or peer of this name, as text; fills `error` unless it is NULL, and
   returns the code. A peer that the system takes for dead is WT_ERESET, for no wait of ours was too long. */
WTI_PRIVATE int wti_explain(wt_error *error, int os_error, const char *name, wti_doing_t doing);

/* WT_ETIMEDOUT: "NAME: timed out after 10 s in WAIT", where `wait` is a word of docs/endings.md ("receive"). */
WTI_PRIVATE int wti_timed_out(wt_error *error, const char *name, const char *wait, int timeout_ms);

/* WT_EINTERRUPTED: "NAME: a signal came". */
WTI_PRIVATE int wti_interrupted(wt_error *error, const char *name);

/* ---- names */

/* A socket address of any family that there is here. */
typedef struct wti_sockaddr {
  socklen_t size;
  struct sockaddr_storage storage;
} wti_sockaddr_t;

/* Writes an endpoint's name as an address that could be typed again ("tcp://[fe80::1%eth0]:80"); "unix:(unnamed)" for
   a Unix socket without one. IPv4 within IPv6 is named as IPv4. Never longer than WT_NAME_BYTES. */
WTI_PRIVATE void wti_name(char out[WT_NAME_BYTES], const char *scheme, const void *sockaddr, socklen_t size);

/* The name of a socket's own end. */
WTI_PRIVATE void wti_local_name(char out[WT_NAME_BYTES], const char *scheme, int fd);

/* Writes an address without its options, as errors tell it, into WT_ADDRESS_BYTES of room. */
WTI_PRIVATE void wti_told(char out[WT_ADDRESS_BYTES], const wt_address *address);

/* ---- what an address says */

WTI_PRIVATE bool wti_is_datagram(const wt_address *address);
WTI_PRIVATE bool wti_is_unix(const wt_address *address);

/* How conversations at an address are held. The address's own framing= and max_message= win over the options'. */
typedef struct wti_plan {
  wt_framing framing;  /* raw for datagrams, which are messages already */
  size_t max_message;
} wti_plan_t;

/* Returns 0, or WT_EUSAGE. `options` may be NULL. */
WTI_PRIVATE int wti_plan(wti_plan_t *plan, const wt_address *address, const wt_options *options, wt_error *error);

/* ---- sockets */

/* Opens a socket: non-blocking, close-on-exec, without SIGPIPE. Returns it, or -1 with errno. */
WTI_PRIVATE int wti_socket(int family, int type, int protocol);

/* Makes a descriptor non-blocking and keeps it from programs that this one starts. Returns 0, or -1 with errno. */
WTI_PRIVATE int wti_prepare_fd(int fd);

/* Closes, and keeps errno. */
WTI_PRIVATE void wti_close_fd(int fd);

/* Closes so that a TCP peer sees a reset. */
WTI_PRIVATE void wti_reset_fd(int fd);

/* Sets what the options of the address ask for, and TCP's defaults where it is TCP (nodelay, keepalive, user
   timeout). Returns 0, or a code. */
WTI_PRIVATE int wti_apply_options(int fd, int family, const wt_address *address, wt_error *error);

/* The file of a Unix socket that we have made, known by its inode. All zero: there is none. */
typedef struct wti_unix_file {
  char *path;
  uint64_t device;
  uint64_t inode;
  int64_t owner;       /* the process that made it: a forked child does not remove it */
} wti_unix_file_t;

/* One bound socket of a server. */
typedef struct wti_listening {
  int fd;              /* non-blocking, close-on-exec; listens where the scheme has connections */
  int family;
  bool both;           /* an IPv6 socket that serves IPv4 too */
  char *name;          /* what it is bound to, port included, as an address to connect to, without options */
  wti_unix_file_t file;
} wti_listening_t;

/* Binds all that an address means, one port for all; listens where the scheme has connections; joins a multicast
   group. Replaces a Unix socket's file that nobody answers at. A host that is a name blocks for as long as the
   resolver takes. Returns 0 and an array of at least one, which wti_unlisten frees; else a code. */
WTI_PRIVATE int wti_open_listening(wti_listening_t **sockets, size_t *count, const wt_address *address,
                                   wt_error *error);

/* Closes them, removes a Unix socket's file that is still ours, frees. NULL is no matter. */
WTI_PRIVATE void wti_close_listening(wti_listening_t *sockets, size_t count);

/* Takes one connection that waits at a listening socket. Returns 1, *fd (non-blocking, close-on-exec, with the
   options of the address) and *peer (or NULL); 0 where none waits; WT_ELIMIT where there are no descriptors or no
   memory left: the connection waits on and the socket stays ready, so pause before trying again; or another code. */
WTI_PRIVATE int wti_accept_one(int *fd, wti_sockaddr_t *peer, int listening, const wt_address *address,
                               wt_error *error);

/* Sends of `count` pieces what the system takes at once; no SIGPIPE. Returns the bytes, or -1 with errno (EAGAIN
   where there is no room; never EINTR). */
WTI_PRIVATE ssize_t wti_send_pieces(int fd, const struct iovec *pieces, int count);

/* The same for one piece, for less. */
WTI_PRIVATE ssize_t wti_send_bytes(int fd, const void *bytes, size_t size);

/* Receives what is there. Returns the bytes, 0 at the end, or -1 with errno (EAGAIN where nothing is; no EINTR). */
WTI_PRIVATE ssize_t wti_receive(int fd, void *buffer, size_t room);

/* ---- datagrams */

/* Room that grows; `data` is from malloc, and yours to free. Begin with {NULL, 0}. */
typedef struct wti_buffer {
  char *data;
  size_t room;
} wti_buffer_t;

/* Makes room, and keeps what is there. Returns 0, or WT_EMEMORY. */
WTI_PRIVATE int wti_buffer_grow(wti_buffer_t *buffer, size_t room);

/* Takes one datagram. Returns 1 and the message, within the buffer and with a zero byte behind it; 0 where none is
   there; WT_ELIMIT for one longer than `max_message`, which is gone; or what the network told of one sent before.
   `from` (or NULL) receives everything but the text: wti_name_endpoint writes that. `name` is for the error. */
WTI_PRIVATE int wti_take_datagram(int fd, wti_buffer_t *buffer, size_t max_message, wt_message *message,
                                  wt_endpoint *from, const char *name, wt_error *error);

/* Gives one datagram, from our address that `to` spoke to; to the connected peer where `to` is NULL. Returns 1; 0
   where there is no room now (poll for POLLOUT; at an unconnected Unix socket look after WTI_ROOM_LOOK_MS); or a code. */
WTI_PRIVATE int wti_give_datagram(int fd, const wt_endpoint *to, const void *message, size_t size, const char *name,
                                  wt_error *error);

/* Writes the endpoint's text: its name, "" for a Unix socket without one. */
WTI_PRIVATE void wti_name_endpoint(wt_endpoint *endpoint, const char *scheme);

/* Whether both are one peer that speaks to one address of ours. */
WTI_PRIVATE bool wti_same_endpoint(const wt_endpoint *one, const wt_endpoint *other);

#endif
