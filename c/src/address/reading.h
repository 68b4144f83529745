/* reading.h: a text on its way to become an address: what all who read parts of it share. */
#ifndef WTI_ADDRESS_READING_H
#define WTI_ADDRESS_READING_H

#include "address/schemes.h"
#include "usage.h"

/* Where things are in a text is said by the index of their first byte, and of the byte behind their last. */
typedef struct wti_reading {
  wti_text text;
  size_t end;                /* where the ? of the options stands; the text's end where there are none */
  const wti_scheme *scheme;
  wt_address *address;       /* what has been read; decoded text goes into its storage */
  wt_error *error;
  wti_words words;           /* why a part is refused, as far as it is said */
} wti_reading;

#define WTI_ONE SIZE_MAX     /* as a length: one character, or nothing at the text's end */

/* Refuses the text: adds to what was said as printf does, and puts the caret under `length` bytes at `at`. Returns
   WT_EUSAGE. */
WTI_PRIVATE int wti_fault(wti_reading *reading, size_t at, size_t length, const char *format, ...) WTI_FORMAT(4, 5);

/* Writes text[from:to] with every %XX replaced by its byte into the address's storage, and a zero byte. Returns 0, or
   WT_EUSAGE. */
WTI_PRIVATE int wti_decoded(wti_reading *reading, size_t from, size_t to, char **decoded, size_t *size);

/* Refuses a zero byte in text[from:to], whose decoded form is given. Returns 0, or WT_EUSAGE. */
WTI_PRIVATE int wti_no_zero(wti_reading *reading, size_t from, size_t to, const char *decoded, size_t size);

/* Keeps a text in an address's storage, and a zero byte. */
WTI_PRIVATE char *wti_keep(wt_address *address, const char *text, size_t size);

#endif
