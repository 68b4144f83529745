/* hosts.h: hosts and ports as text: names, IPv4, IPv6 with zones, numbers of ports. Nothing is looked up. */
#ifndef WTI_ADDRESS_HOSTS_H
#define WTI_ADDRESS_HOSTS_H

#include "usage.h"

/* Each returns 0; or -1, and has said why in one clause. */

/* Reads an IPv4 address or a host's name, and makes its letters small where it stands; it may shrink. */
WTI_PRIVATE int wti_name_read(wti_words *words, char *name, size_t *size);

/* Reads what stands between brackets: an IPv6 address, in its canonical form with its zone into `out`, which has
   WTI_IPV6_BYTES and one more byte for each of the text. */
WTI_PRIVATE int wti_bracketed_read(wti_words *words, wti_text text, char *out, size_t *size);

/* Reads the number of a port, at most `most`. The text is not empty. */
WTI_PRIVATE int wti_port_read(wti_words *words, wti_text text, uint32_t most, uint32_t *port);

/* Looks at a context identifier of vsock. */
WTI_PRIVATE int wti_cid_read(wti_words *words, wti_text text);

/* Returns a number in decimal digits, of which there is one at least; UINT64_MAX where it is larger. */
WTI_PRIVATE uint64_t wti_number_read(wti_text digits);

/* Returns whether a zone's first two characters, 25, are the rest of a %25 and not of a zone's number. */
WTI_PRIVATE int wti_zone_is_coded(wti_text zone);

#endif
