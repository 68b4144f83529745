/* fixed.c: fixed:N: every message is N bytes; nothing on the wire says so. */
#include "framing/framing.h"

WTI_PRIVATE ptrdiff_t wti_fixed_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                       wt_message *message) {
  return wti_body(decoder, data, size, 0, decoder->framing.fixed_size, 0, message);
}

WTI_PRIVATE int wti_fixed_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  (void)message;
  return size != framing->fixed_size ? WTI_NOT_THE_SIZE : WTI_FINE;
}
