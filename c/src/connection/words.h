/* words.h: pieces of the sentences about failures, shared within this room. Nothing that opens a socket. */
#ifndef WTI_CONNECTION_WORDS_H
#define WTI_CONNECTION_WORDS_H

#include "connection/os.h"

#define WTI_NOBODY "nobody listens there: is the server started, and is it this port?"

enum {
  WTI_MOST_UDP4_BYTES = 65507, /* 65535 less 8 of UDP's header, and 20 of IPv4's, which counts itself in */
  WTI_MOST_UDP6_BYTES = 65527,
  WTI_OWNER_BYTES = 128
};

/* A datagram or message that the socket does not carry; `fd` is that socket, or -1. */
WTI_PRIVATE int wti_explain_too_long(wt_error *error, const char *name, int fd);

/* WT_EUSAGE for an option of the address that this library or system cannot do; says which, and why. */
WTI_PRIVATE int wti_option_fault(wt_error *error, const wt_address *address, const char *option, const char *format,
                                 ...) WTI_FORMAT(4, 5);

/* Reads a number from a file of /proc/sys; 0 where it does not tell. */
WTI_PRIVATE long wti_kernel_number(const char *path);

/* Writes who has an address: "python3 server.py (pid 123)", "a process of the user www-data"; "" where none tells. */
WTI_PRIVATE void wti_owner_of(char out[WTI_OWNER_BYTES], const char *name);

/* Returns what a path that is no socket is, with its article: "a directory"; NULL for a socket or nothing. */
WTI_PRIVATE const char *wti_what_is_at(const char *path, bool follow);

#endif
