/* values.h: the values of options, from text. */
#ifndef WTI_ADDRESS_VALUES_H
#define WTI_ADDRESS_VALUES_H

#include "address/options.h"

/* Reads a value into `out`. The text, ended by a zero byte and holding none, lies in the address's storage and stays
   there; it may be changed. Returns 0; or -1, and has said why in one clause. */
WTI_PRIVATE int wti_value_read(wti_words *words, const wti_option *option, wt_address *address, char *text,
                               wt_option *out);

/* Reads HOST, HOST:PORT or :PORT. `host` ("" where none is written) has as many bytes as the text, and WTI_IPV6_BYTES
   more; the port is 0 where none is written. Returns 0; or -1, and has said why in one clause. */
WTI_PRIVATE int wti_endpoint_read(wti_words *words, wti_text text, char *host, uint32_t *port);

#endif
