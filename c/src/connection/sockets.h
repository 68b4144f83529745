/* sockets.h: from an address to sockets: what it stands for, and a socket for each, with the options it asks for.
   What is waited for is decided by who uses this. */
#ifndef WTI_CONNECTION_SOCKETS_H
#define WTI_CONNECTION_SOCKETS_H

#include "connection/os.h"

#include <netinet/in.h>

/* One way to try. */
typedef struct wti_candidate {
  int family;
  int type;
  int protocol;
  bool connected;       /* false where answers come from others than the one spoken to: a group, a broadcast */
  wti_sockaddr_t to;
} wti_candidate_t;

/* Finds what an address stands for, in the order to try: IPv6 and IPv4 in turn. `passive`: to listen on. A host that
   is a name, other than localhost, blocks for as long as the system's resolver takes. Returns 0 and an array of at
   least one, from malloc; or a code. */
WTI_PRIVATE int wti_resolve(wti_candidate_t **candidates, size_t *count, const wt_address *address, bool passive,
                            wt_error *error);

/* AF_INET for tcp4 and udp4, AF_INET6 for tcp6 and udp6, else AF_UNSPEC. */
WTI_PRIVATE int wti_family_of(const wt_address *address);

/* Reads a host that is a number, an IPv6 one with its zone; returns 1, 0 where it is none, or WT_EUNREACHABLE where
   the zone is no interface of this machine. */
WTI_PRIVATE int wti_literal(wti_sockaddr_t *out, const char *host, int port, wt_error *error);

/* What the option bind names, for a socket of this family. Returns 0, or WT_EUSAGE. */
WTI_PRIVATE int wti_own_sockaddr(wti_sockaddr_t *out, const wt_address *address, int family, wt_error *error);

/* The index of an interface, by name or number: 0 for "". Returns it, or WT_EUNREACHABLE. */
WTI_PRIVATE int64_t wti_interface_index(const char *interface, const char *name, wt_error *error);

WTI_PRIVATE void wti_set_any(wti_sockaddr_t *out, int family, bool loopback, int port);
WTI_PRIVATE void wti_set_port(wti_sockaddr_t *sockaddr, int port);
WTI_PRIVATE int wti_port_of(const wti_sockaddr_t *sockaddr);
WTI_PRIVATE bool wti_is_any(const wti_sockaddr_t *sockaddr);
WTI_PRIVATE bool wti_is_group(const wti_sockaddr_t *sockaddr);

/* Opens a socket for a candidate, with the options of the address. Returns it, or a code. */
WTI_PRIVATE int wti_open_socket(const wti_candidate_t *candidate, const wt_address *address, wt_error *error);

/* Sets one socket option for one option of the address; the failure names the latter. */
WTI_PRIVATE int wti_set_option(int fd, const wt_address *address, const char *option, int level, int number,
                               const void *value, socklen_t size, wt_error *error);
WTI_PRIVATE int wti_explain_option(wt_error *error, int os_error, const wt_address *address, const char *option);

/* The value of a flag or number of an address; `otherwise` where it has none. */
WTI_PRIVATE uint64_t wti_number(const wt_address *address, const char *option, uint64_t otherwise);

/* Binds a socket that is to connect to what the option bind says, if it is there. Returns 0, or a code. */
WTI_PRIVATE int wti_bind_own(int fd, const wti_candidate_t *candidate, const wt_address *address, wt_error *error);

/* Multicast: the interface and the reach of what is sent to the candidate's group; what to bind to for hearing it;
   and joining it. Each returns 0, or a code. */
WTI_PRIVATE int wti_group_prepare(int fd, const wti_candidate_t *candidate, const wt_address *address,
                                  wt_error *error);
WTI_PRIVATE int wti_group_own(wti_sockaddr_t *out, const wti_candidate_t *candidate, const wt_address *address,
                              wt_error *error);
WTI_PRIVATE int wti_group_join(int fd, const wti_candidate_t *candidate, const wt_address *address, wt_error *error);

/* Asks to be told which of our addresses each datagram came to, where the system can. */
WTI_PRIVATE void wti_ask_local(int fd, int family);

/* Gives a Unix socket that is to connect a name, so that it can be answered: one of the system's, or a file. */
WTI_PRIVATE int wti_bind_nameless(int fd, wti_unix_file_t *file, const wt_address *address, wt_error *error);

/* Binds to a path, replacing a file that nobody answers at; listens if the backlog is above 0. Returns 0, or a code. */
WTI_PRIVATE int wti_bind_path(int fd, int type, const wti_sockaddr_t *to, int backlog, const wt_address *address,
                              wti_unix_file_t *file, wt_error *error);

/* Removes the file if it is still the one we made, and forgets it. */
WTI_PRIVATE void wti_remove_file(wti_unix_file_t *file);

/* Connects to the first candidate that answers (RFC 8305), within the deadline; `timeout_ms` is for the words.
   Returns 0, *fd and *won, or a code. */
WTI_PRIVATE int wti_connect_first(int *fd, const wti_candidate_t **won, const wti_candidate_t *candidates,
                                  size_t count, const wt_address *address, int64_t deadline, int timeout_ms,
                                  unsigned flags, wti_unix_file_t *file, wt_error *error);

#endif
