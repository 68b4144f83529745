/* hosts.h: hosts to socket addresses, for candidates.c. */
#ifndef WTI_CONNECTION_HOSTS_H
#define WTI_CONNECTION_HOSTS_H

#include "connection/sockets.h"

/* The addresses found so far. */
typedef struct wti_found {
  wti_candidate_t *list;
  size_t count;
  int type;
  int protocol;
} wti_found_t;

/* Adds one that is not there yet; returns 0, or WT_EMEMORY. */
WTI_PRIVATE int wti_add_candidate(wti_found_t *found, const void *sockaddr, socklen_t size, wt_error *error);

/* Finds the addresses of a host; may ask the resolver, and block. Returns 0, or a code. */
WTI_PRIVATE int wti_find_host(wti_found_t *found, const wt_address *address, bool passive, wt_error *error);

/* Lets the families take turns, the first one's first: RFC 8305, section 4 (First Address Family Count 1). */
WTI_PRIVATE void wti_interleave(wti_found_t *found);

/* Says what getaddrinfo's code means for an address; `wanted` is the only family asked for, or AF_UNSPEC. */
WTI_PRIVATE int wti_explain_lookup(wt_error *error, int failed, const wt_address *address, int wanted);

WTI_PRIVATE bool wti_is_localhost(const char *host);

#endif
