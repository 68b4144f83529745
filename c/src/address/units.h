/* units.h: sizes and durations as people write them, and back. */
#ifndef WTI_ADDRESS_UNITS_H
#define WTI_ADDRESS_UNITS_H

#include "usage.h"

#define WTI_UNIT_BYTES 64 /* room for what the writers below write */

/* Read a text; return 0, or -1 and have said why in one clause. A size that is larger than 64 bits is UINT64_MAX. */
WTI_PRIVATE int wti_size_read(wti_words *words, wti_text text, uint64_t *size);
WTI_PRIVATE int wti_duration_read(wti_words *words, wti_text text, double *seconds);

/* Write a text that is read back to the same number, exactly: whole units where it is so many. */
WTI_PRIVATE void wti_size_write(uint64_t size, char out[WTI_UNIT_BYTES]);

/* As options have them: of 1 ms or more, and less than 2^53 s. */
WTI_PRIVATE void wti_duration_write(double seconds, char out[WTI_UNIT_BYTES]);

#endif
