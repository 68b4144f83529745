/* length.c: length:u8, u16be, u16le, u32be, u32le: a count of 1, 2 or 4 bytes, then that many bytes. */
#include "framing/framing.h"

static uint32_t length_read(const unsigned char *bytes, uint8_t variant) {
  switch (variant) {
  case WTI_U8:
    return bytes[0];
  case WTI_U16BE:
    return (uint32_t)bytes[0] << 8 | bytes[1];
  case WTI_U16LE:
    return (uint32_t)bytes[1] << 8 | bytes[0];
  case WTI_U32BE:
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
  default:
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
  }
}

WTI_PRIVATE ptrdiff_t wti_length_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                        wt_message *message) {
  if (decoder->state == WTI_WITHIN_BODY) {
    return wti_body(decoder, data, size, 0, decoder->need, 0, message);
  }
  size_t width = decoder->framing.variant & ~(unsigned)WTI_LOW_FIRST;
  size_t missing = width - decoder->head_size;
  const unsigned char *count_at = data;
  if (size < width || decoder->head_size > 0) {
    size_t added = size < missing ? size : missing;
    memcpy(decoder->head + decoder->head_size, data, added);
    if (added < missing) {
      decoder->head_size = (uint8_t)(decoder->head_size + added);
      return 0;
    }
    count_at = decoder->head;
  }
  uint32_t count = length_read(count_at, decoder->framing.variant);
  if (count > decoder->framing.max_message) {
    return wti_break(decoder, WTI_OVER, count);
  }
  return wti_body(decoder, data, size, missing, count, 0, message);
}

static uint32_t length_most(const wt_framing *framing) {
  unsigned width = framing->variant & ~(unsigned)WTI_LOW_FIRST;
  return width == 1 ? UINT8_MAX : width == 2 ? UINT16_MAX : UINT32_MAX;
}

WTI_PRIVATE int wti_length_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  (void)message;
  int reason = wti_too_long_to_send(framing, size);
  return reason != WTI_FINE ? reason : size > length_most(framing) ? WTI_OVER_COUNT : WTI_FINE;
}

WTI_PRIVATE void wti_length_wrap(const wt_framing *framing, size_t size, wti_envelope_t *envelope) {
  size_t width = framing->variant & ~(unsigned)WTI_LOW_FIRST;
  int low_first = (framing->variant & WTI_LOW_FIRST) != 0;
  for (size_t i = 0; i < width; i++) {
    size_t shift = 8 * (low_first ? i : width - 1 - i);
    envelope->head[i] = (unsigned char)(size >> shift & 0xFF);
  }
  envelope->head_size = width;
  envelope->tail_size = 0;
}
