/* ip.h: IPv4 and IPv6 addresses as text. */
#ifndef WTI_ADDRESS_IP_H
#define WTI_ADDRESS_IP_H

#include "characters.h"

#define WTI_IPV6_BYTES 40 /* the longest text of an IPv6 address without a zone, and a zero byte */

/* Read an address without a zone. Return 0, or -1 where the text is none. */
WTI_PRIVATE int wti_ipv4_read(wti_text text);
WTI_PRIVATE int wti_ipv6_read(wti_text text, uint16_t groups[8]);

/* Writes an IPv6 address in its one canonical form (RFC 5952), and a zero byte. Returns its length. */
WTI_PRIVATE size_t wti_ipv6_write(const uint16_t groups[8], char out[WTI_IPV6_BYTES]);

#endif
