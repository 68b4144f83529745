/* netstring.c: the count in decimal, a colon, the message, a comma: `5:hello,`.

   Source: D. J. Bernstein, "Netstrings" (1997). Digits only, no zero in front but in `0:,`; the count is bounded
   before it is read, as that text asks. */
#include "framing/framing.h"

enum { NETSTRING_DIGITS = 20 /* of a count: as many as 64 bits have */ };

/* Reads the first `*digits` bytes of a decoder's head. Returns WTI_FINE and the count, or what is wrong: that which
   is wrong first, as if they had come one by one; `*digits` is then how many tell. */
static int netstring_count(const wt_decoder *decoder, size_t *digits, int whole, uint64_t *count) {
  const unsigned char *head = decoder->head;
  int over = 0;
  *count = 0;
  for (size_t i = 0; i < *digits; i++) {
    if (head[i] < '0' || head[i] > '9') {
      if ((over || *count > decoder->framing.max_message) && head[0] != '0') {
        *digits = i;
        return WTI_OVER_TOLD_AT_LEAST;
      }
      return WTI_NO_COUNT;
    }
    uint64_t digit = (uint64_t)(head[i] - '0');
    over = over || *count > (UINT64_MAX - digit) / 10;
    *count = over ? UINT64_MAX : *count * 10 + digit;
  }
  if (*digits == 0 || (head[0] == '0' && *digits > 1)) {
    return WTI_NO_COUNT;
  }
  if (over || *count > decoder->framing.max_message) {
    return whole ? WTI_OVER_TOLD : WTI_OVER_TOLD_AT_LEAST;
  }
  return WTI_FINE;
}

static ptrdiff_t netstring_body(wt_decoder *decoder, const unsigned char *data, size_t size, size_t taken,
                                uint64_t need, wt_message *message) {
  ptrdiff_t result = wti_body(decoder, data, size, taken, need, 1, message);
  if (result > 0 && data[result - 1] != ',') {
    decoder->fault_byte = data[result - 1];
    return wti_break(decoder, WTI_NO_COMMA, 0);
  }
  return result;
}

WTI_PRIVATE ptrdiff_t wti_netstring_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                           wt_message *message) {
  if (decoder->state == WTI_WITHIN_BODY) {
    return netstring_body(decoder, data, size, 0, decoder->need, message);
  }
  size_t before = decoder->head_size;
  size_t room = NETSTRING_DIGITS + 1 - before;
  size_t added = size < room ? size : room;
  memcpy(decoder->head + before, data, added);
  const unsigned char *colon = memchr(decoder->head, ':', before + added);
  size_t digits = colon != NULL ? (size_t)(colon - decoder->head) : before + added;
  uint64_t count;
  int reason = netstring_count(decoder, &digits, colon != NULL, &count);
  if (reason != WTI_FINE) {
    decoder->head_size = (uint8_t)digits;
    return wti_break(decoder, reason, count);
  }
  if (colon == NULL) {
    decoder->head_size = (uint8_t)digits;
    return 0;
  }
  return netstring_body(decoder, data, size, digits + 1 - before, count, message);
}

WTI_PRIVATE int wti_netstring_end(wt_decoder *decoder) {
  int reason = wti_counted_end(decoder);
  return reason == WTI_CUT_OF && decoder->held == decoder->need ? WTI_CUT_COMMA : reason;
}

WTI_PRIVATE int wti_netstring_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  (void)message;
  return wti_too_long_to_send(framing, size);
}

WTI_PRIVATE void wti_netstring_wrap(const wt_framing *framing, size_t size, wti_envelope_t *envelope) {
  (void)framing;
  unsigned char digits[NETSTRING_DIGITS];
  size_t count = 0;
  do {
    digits[count++] = (unsigned char)('0' + size % 10);
    size /= 10;
  } while (size > 0);
  envelope->head_size = 0;
  while (count > 0) {
    envelope->head[envelope->head_size++] = digits[--count];
  }
  envelope->head[envelope->head_size++] = ':';
  envelope->tail[0] = ',';
  envelope->tail_size = 1;
}
