/* varint.c: length:varint: a count as protobuf writes it (base 128, low bits first), then that many bytes.

   Source: Protocol Buffers, "Encoding", "Base 128 Varints": at most 10 bytes, the number below 2^64. A count padded
   with zero bits ("80 00" for 0) is read, as protobuf reads it; it is never written. */
#include "framing/framing.h"

enum { VARINT_MOST = 10 };

/* Returns the number, and how many bytes it has; 0 for those where it is not whole, or WTI_… why it cannot be. */
static uint64_t varint_read(const unsigned char *bytes, size_t size, size_t *taken, int *reason) {
  uint64_t count = 0;
  *taken = 0;
  *reason = WTI_FINE;
  for (size_t i = 0; i < size && i < VARINT_MOST; i++) {
    unsigned char byte = bytes[i];
    if (i == VARINT_MOST - 1 && byte > 1) {
      *reason = byte > 127 ? WTI_LONG_COUNT : WTI_WIDE_COUNT;
      return 0;
    }
    count |= (uint64_t)(byte & 127) << (7 * i);
    if (byte < 128) {
      *taken = i + 1;
      return count;
    }
  }
  return 0;
}

WTI_PRIVATE ptrdiff_t wti_varint_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                        wt_message *message) {
  if (decoder->state == WTI_WITHIN_BODY) {
    return wti_body(decoder, data, size, 0, decoder->need, 0, message);
  }
  size_t before = decoder->head_size;
  size_t taken;
  int reason;
  uint64_t count;
  if (before == 0) {
    count = varint_read(data, size, &taken, &reason);
  } else {
    size_t added = size < VARINT_MOST - before ? size : VARINT_MOST - before;
    memcpy(decoder->head + before, data, added);
    count = varint_read(decoder->head, before + added, &taken, &reason);
  }
  if (reason != WTI_FINE) {
    return wti_break(decoder, reason, 0);
  }
  if (taken == 0) {
    memcpy(decoder->head + before, data, size);
    decoder->head_size = (uint8_t)(before + size);
    return 0;
  }
  if (count > decoder->framing.max_message) {
    return wti_break(decoder, WTI_OVER, count);
  }
  return wti_body(decoder, data, size, taken - before, count, 0, message);
}

WTI_PRIVATE int wti_varint_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  (void)message;
  return wti_too_long_to_send(framing, size);
}

WTI_PRIVATE void wti_varint_wrap(const wt_framing *framing, size_t size, wti_envelope_t *envelope) {
  (void)framing;
  envelope->head_size = 0;
  envelope->tail_size = 0;
  while (size > 127) {
    envelope->head[envelope->head_size++] = (unsigned char)((size & 127) | 128);
    size >>= 7;
  }
  envelope->head[envelope->head_size++] = (unsigned char)size;
}
