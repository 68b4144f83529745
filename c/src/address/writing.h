/* writing.h: an address, or a part of one, back to its canonical text. */
#ifndef WTI_ADDRESS_WRITING_H
#define WTI_ADDRESS_WRITING_H

#include "characters.h"

/* Where a text is written. `size` counts what does not fit, too. */
typedef struct wti_writer {
  char *out;
  size_t room;
  size_t size;
} wti_writer;

/* Writes HOST:PORT, or HOST alone for a port of -1; an IPv6 address in brackets. */
WTI_PRIVATE void wti_write_endpoint(wti_writer *writer, const char *host, long port);

#endif
