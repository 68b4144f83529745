/* server.h: what the files of the server share: what a server, a socket it listens at and a session are made of, and
   who does what with them.

   The rules of this room:

   - One thread. Callbacks are called by the loop alone, one at a time, never by a function that the user calls: what
     such a function decides is done when the callback has returned. So no callback meets half-done work of another.
   - A session is gone only after its on_close, which is called between two batches of events. Within a batch, and
     within any callback, every session that was told stays where it is.
   - What is to be sent waits in the session's queue, and is sent once what made it has been done: the answers to all
     messages of one read leave in one send. */
#ifndef WTI_SERVER_SERVER_H
#define WTI_SERVER_SERVER_H

#include "connection/os.h"
#include "server/poller.h"
#include "server/queue.h"
#include "server/timers.h"

/* The same limits as wiretalk's in Python (src/wiretalk/limits.py says why each is what it is). */
enum {
  WTI_MAX_CONNECTIONS = 10000,
  WTI_SEND_BUFFER = 256 * 1024,
  WTI_IDLE_MS = 3600000,
  WTI_DRAIN_MS = 5000,
  WTI_GRACE_MS = 1000, /* after the drain: how long what is left may take to close before it is cut off */
  WTI_MAX_UDP_PEERS = 4096,
  WTI_UDP_PEER_IDLE_MS = 60000,
  WTI_ACCEPT_RETRY_MS = 500,
  WTI_ACCEPTS_A_WAKE = 128,
  WTI_DATAGRAMS_A_WAKE = 64,
  WTI_DATAGRAM_RETRY_MS = 20, /* peers whose queues were full are tried again */
  WTI_DATAGRAM_HELD_MS = 2000 /* a Unix peer that makes no room for so long is given up */
};

/* Among wt_options.flags, for the tests: poll even where there is epoll. */
#define WTI_USE_POLL 0x80000000u

/* ---- what a server listens at */

/* An address that a server listens at, and the sockets that means. */
typedef struct wti_place {
  struct wti_place *next;
  wt_address address;
  wti_plan_t plan;
  bool datagrams;
  wti_listening_t *listening;
  size_t count;
  struct wti_source *sources; /* one for each of `listening` */
} wti_place_t;

/* One socket that a server listens at. */
typedef struct wti_source {
  wti_watch_t watch; /* first */
  wt_server *server;
  wti_place_t *place;
  const char *name;
  wti_timer_t timer;      /* accepting, or sending datagrams, is tried again */
  bool announced;         /* on_ready has been told */
  bool paused;            /* no connection is taken for now */
  bool out_told;          /* on_problem has been told that nothing is left to accept with */
  wt_session *held_first; /* datagrams: sessions for whose peers something waits … */
  wt_session *held_last;
} wti_source_t;

/* ---- a session */

/* How a session ended; the words are made of this when they are told. */
typedef struct wti_ended {
  int code;
  int os_error;
  const char *wait; /* which wait ran out, for WT_ETIMEDOUT */
  size_t unsent;
} wti_ended_t;

struct wt_session {
  wti_watch_t watch; /* first; of a datagram peer it is never on, for the socket is everybody's */
  wt_server *server;
  wti_source_t *source;
  void *pointer;
  wt_session *before; /* all sessions, from on_open until after on_close */
  wt_session *after;
  wt_session *next_owed; /* those for which there is something to do before the loop waits again */
  wt_session *next_over; /* those whose on_close is due */
  wti_timer_t timer;     /* idle, then the wait for the peer to take the rest, then lingering */
  wti_queue_t queue;
  wt_decoder decoder;
  unsigned char *stash; /* what has been read, and is not decoded before the peer has taken its answers */
  size_t stash_at;
  size_t stash_size;
  wti_ended_t ended;
  int broken;         /* errno, where nothing can be sent any more, but something may be left to read; else 0 */
  bool at_hand;       /* its messages are being told */
  bool owed;          /* in the list of next_owed */
  bool blocked;       /* the system took less than there was: wait until it takes more */
  bool held;          /* not read, because too much waits to be sent */
  bool input_over;    /* the peer has finished */
  bool shut;          /* nothing more is received or taken for sending; what is queued still goes out */
  bool lingering;     /* our end is sent; the peer's is waited for */
  bool over;          /* the socket is closed, and on_close is due */
  struct wti_peer *peer_of; /* a datagram peer's own; else NULL */
  char *peer;
  char *local;
};

/* What a session has beside, where its peer is one of many at a datagram socket. */
typedef struct wti_peer {
  wt_endpoint endpoint;
  wt_session *next_same; /* in one bucket of the table */
  wt_session *before_held; /* in the source's list of those for whom something is held */
  wt_session *after_held;
  int64_t held_since;
  size_t held_bytes; /* of messages in the queue; there, each has its size in front */
  bool held;         /* in that list */
} wti_peer_t;

/* The datagram peers by their address. Begin with all zero. */
typedef struct wti_peers {
  wt_session **buckets;
  size_t room; /* a power of two */
  size_t count;
  uint64_t seed;
  bool full_told;
} wti_peers_t;

/* ---- the server */

typedef struct wti_owed_list {
  wt_session *first;
  wt_session *last;
} wti_owed_list_t;

/* The socket at which stops come in. */
typedef struct wti_stop_watch {
  wti_watch_t watch; /* first */
  wt_server *server;
} wti_stop_watch_t;

/* How far stopping has gone. */
typedef enum { WTI_SERVING, WTI_DRAINING, WTI_CLOSING, WTI_CUTTING } wti_phase_t;

struct wt_server {
  wt_callbacks callbacks;
  void *context;
  wt_options options; /* every one a number to go by, no more "0: the usual" */
  char *framing;
  wti_poller_t poller;
  wti_stop_watch_t stop;
  int stop_fds[2];
  unsigned stops;
  wti_phase_t phase;
  int64_t phase_until;
  int64_t now; /* the clock, as read once a turn */
  bool running;
  bool accept_paused; /* as many connections as max_connections allows */
  bool full_told;
  bool unannounced; /* a socket's on_ready is still to be told */
  wti_place_t *places;
  wt_session *first;
  wt_session *last;
  size_t open;    /* sessions that take messages */
  size_t streams; /* connections whose socket is open */
  size_t gather;  /* bytes of answers that leave before more is decoded */
  wti_owed_list_t owed;
  wti_owed_list_t over;
  wti_lane_t idle;
  wti_lane_t peer_idle;
  wti_lane_t flush;
  wti_lane_t linger;
  wti_lane_t accept_retry;
  wti_lane_t datagram_retry;
  wti_peers_t peers;
  wti_spares_t spares;
  wti_buffer_t datagram;
  unsigned char *input; /* WTI_READ_BYTES, and a zero byte behind what has been read */
};

/* ---- serve.c */

/* Tells on_problem. */
WTI_PRIVATE void wti_server_problem(wt_server *server, const wt_error *error);

/* ---- stopping.c */

/* `ready` of the socket at which stops come in. */
WTI_PRIVATE void wti_stopping_ready(wti_watch_t *watch, unsigned events);

/* Does what is due since wt_server_stop has been called; once a turn. */
WTI_PRIVATE void wti_stopping_look(wt_server *server);

/* Ends every session at once. */
WTI_PRIVATE void wti_stopping_cut(wt_server *server);

/* ---- accepting.c */

/* Begins to watch a source, or again after a pause. */
WTI_PRIVATE void wti_source_resume(wti_source_t *source);

/* Goes on accepting, where there is room for connections again. */
WTI_PRIVATE void wti_accepting_resume(wt_server *server);

/* `ready` of a source with connections, and `fire` of the lane accept_retry. */
WTI_PRIVATE void wti_accepting_ready(wti_watch_t *watch, unsigned events);
WTI_PRIVATE void wti_accepting_retry(void *source);

/* ---- session.c */

/* Makes a session, which nobody knows yet. The names are copied; `peer_of` (or NULL) is the session's from now on,
   even where there is no memory and NULL is returned. */
WTI_PRIVATE wt_session *wti_session_new(wti_source_t *source, int fd, const char *peer, const char *local,
                                        wti_peer_t *peer_of);

/* Links a session, and tells on_open. */
WTI_PRIVATE void wti_session_begin(wt_session *session);

/* Says that a session takes no more: what is queued is sent, then it ends as said here. The first word holds. */
WTI_PRIVATE void wti_session_shut(wt_session *session, int code);

/* Ends a session at once, as was said when it was shut, or as closed by us. `reset`: a TCP peer is to see a reset. */
WTI_PRIVATE void wti_session_over(wt_session *session, bool reset);

/* Ends a session at once because the system said so, or because a wait ran out, whatever was said before. */
WTI_PRIVATE void wti_session_broke(wt_session *session, int os_error);
WTI_PRIVATE void wti_session_late(wt_session *session, const char *wait);

/* Sees to it that the session is looked after before the loop waits again. */
WTI_PRIVATE void wti_session_owe(wt_session *session);

/* Does what is due after messages were told, something was queued, or the session was shut. */
WTI_PRIVATE void wti_session_settle(wt_session *session);

/* Does what sessions are owed, tells on_close of those that are over and frees them, until nothing is left. */
WTI_PRIVATE void wti_sessions_settle(wt_server *server);

/* Frees a session that is not linked. */
WTI_PRIVATE void wti_session_free(wt_session *session);

/* `fire` of the lanes. */
WTI_PRIVATE void wti_session_idle(void *session);
WTI_PRIVATE void wti_session_flush_late(void *session);
WTI_PRIVATE void wti_session_lingered(void *session);

/* ---- ending.c */

/* Says how a session ended, in the words of wiretalk's Ending: "PEER: reset by the peer; 12 bytes unsent". */
WTI_PRIVATE void wti_session_words(const wt_session *session, wt_error *error);

/* ---- receiving.c */

/* Tells a message, with a zero byte behind it for as long as the callback lasts. */
WTI_PRIVATE void wti_session_tell(wt_session *session, const wt_message *message);

/* Reads once, and tells the messages that makes whole. */
WTI_PRIVATE void wti_session_read(wt_session *session);

/* Goes on with what was read before, now that there is room for answers. */
WTI_PRIVATE void wti_session_unstash(wt_session *session);

/* ---- sending.c */

/* Sends what waits, as far as the system takes it now. */
WTI_PRIVATE void wti_session_flush(wt_session *session);

/* ---- datagrams.c */

/* `ready` of a source with datagrams, and `fire` of the lane datagram_retry. */
WTI_PRIVATE void wti_datagrams_ready(wti_watch_t *watch, unsigned events);
WTI_PRIVATE void wti_datagrams_retry(void *source);

/* wt_reply for a datagram peer. */
WTI_PRIVATE int wti_datagram_reply(wt_session *session, const void *message, size_t size);

/* A datagram peer's session is over: it is found no more, and what is held for it is dropped. */
WTI_PRIVATE void wti_datagram_forget(wt_session *session);

/* Takes nothing more from a source; what is held is still sent. */
WTI_PRIVATE void wti_datagrams_stop(wti_source_t *source);

/* ---- peers.c */

WTI_PRIVATE wt_session *wti_peers_find(const wti_peers_t *peers, const wti_source_t *source,
                                       const wt_endpoint *from);

/* Adds a session; returns false where there is no memory. */
WTI_PRIVATE bool wti_peers_add(wti_peers_t *peers, wt_session *session);
WTI_PRIVATE void wti_peers_remove(wti_peers_t *peers, wt_session *session);
WTI_PRIVATE void wti_peers_free(wti_peers_t *peers);

#endif
