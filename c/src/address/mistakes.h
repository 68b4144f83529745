/* mistakes.h: what a text that is no address was probably meant for. Each function refuses one sort of mistake, and
   returns WT_EUSAGE; none reads anything that is right. */
#ifndef WTI_ADDRESS_MISTAKES_H
#define WTI_ADDRESS_MISTAKES_H

#include "address/reading.h"

/* Looks for what makes any text none: nothing, too much, what nobody could see. Returns 0 where there is nothing. */
WTI_PRIVATE int wti_mistake_characters(wti_reading *reading);

/* A text that begins with no known scheme and is no HOST:PORT. */
WTI_PRIVATE int wti_mistake_no_scheme(wti_reading *reading);

/* `tcp:host:80`, `tcp:/host:80` and `tcp:80`; what follows the colon begins at `start`. */
WTI_PRIVATE int wti_mistake_no_slashes(wti_reading *reading, size_t start);

/* A path, from `slash` on, where the scheme has none. */
WTI_PRIVATE int wti_mistake_path(wti_reading *reading, size_t slash, size_t start);

/* More than one colon without brackets: mostly an IPv6 address. */
WTI_PRIVATE int wti_mistake_colons(wti_reading *reading, size_t start, size_t end);

/* A host that is none, for the reason that was said. */
WTI_PRIVATE int wti_mistake_host(wti_reading *reading, size_t start, size_t end);

/* A host without a port. */
WTI_PRIVATE int wti_mistake_no_port(wti_reading *reading, size_t start, size_t end);

/* An option of this name, at `at`, that the scheme does not have. */
WTI_PRIVATE int wti_mistake_option(wti_reading *reading, size_t at, wti_text name);

#endif
