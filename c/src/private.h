/* private.h: what every source of libwiretalk includes first. Nothing of a room lives here. */
#ifndef WTI_PRIVATE_H
#define WTI_PRIVATE_H

/* POSIX is enough to compile; what a system has beyond it (accept4, the address a datagram came to) is used where it is
   there, and BSDs hide it from whoever asks for POSIX alone. */
#if defined(WTI_PORTABLE) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#elif defined(__linux__) && !defined(WTI_PORTABLE) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#elif defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#endif
#if !defined(_POSIX_C_SOURCE) && !defined(__FreeBSD__) && !defined(__NetBSD__) && !defined(__OpenBSD__)
#define _POSIX_C_SOURCE 200809L
#endif

#include "wiretalk.h"

/* Marks what sources of different files share (wti_…): hidden in a library, static in the one file of the amalgamation. */
#ifdef WTI_AMALGAMATION
#define WTI_PRIVATE static
#elif defined(__GNUC__)
#define WTI_PRIVATE __attribute__((visibility("hidden")))
#else
#define WTI_PRIVATE
#endif

#ifdef __GNUC__
#define WTI_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define WTI_FORMAT(text, first)
#endif

#endif
