/* percent.h: percent-encoding: how any byte can stand in an address. */
#ifndef WTI_ADDRESS_PERCENT_H
#define WTI_ADDRESS_PERCENT_H

#include "characters.h"

/* Writes a text with every %XX replaced by its byte into `out`, which has as many bytes as the text. Returns 0 and the
   bytes written; else -1, and where the % stands that two hexadecimal digits do not follow. */
WTI_PRIVATE int wti_percent_decode(wti_text text, char *out, size_t *size);

/* Returns what a hexadecimal digit counts, or -1. */
WTI_PRIVATE int wti_hexadecimal(char digit);

#endif
