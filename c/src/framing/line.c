/* line.c: a message ends in LF; a CR before it is dropped on input. line:crlf writes CR LF, and reads the same.

   A message that holds LF cannot be sent: it would arrive as two. One that ends in CR cannot be sent as `line`
   either, for the CR would be dropped on arrival; line:crlf carries it, since only one CR is dropped. */
#include "framing/framing.h"

/* wt_decoder.state: a CR has come that may be the beginning of the line's end; it is not held. */
enum { LINE_CR = 1 };

/* Gives the line of which `data` has the last bytes, `size` of them, its end left out. */
static ptrdiff_t line_give(wt_decoder *decoder, const unsigned char *data, size_t size, size_t taken, size_t kept_cr,
                           wt_message *message) {
  size_t before = decoder->held + kept_cr;
  size_t whole = before + size;
  if (whole > decoder->framing.max_message) {
    return wti_break(decoder, WTI_OVER, whole);
  }
  if (before == 0) {
    return wti_give(decoder, data, size, taken, message);
  }
  if (decoder->capacity < whole) {
    return wti_no_room(decoder, whole, decoder->framing.max_message);
  }
  wti_hold(decoder, (const unsigned char *)"\r", kept_cr);
  wti_hold(decoder, data, size);
  return wti_give(decoder, decoder->buffer, whole, taken, message);
}

WTI_PRIVATE ptrdiff_t wti_line_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                      wt_message *message) {
  size_t most = decoder->framing.max_message;
  /* The CR that came last is a part of the line after all, unless LF follows. */
  size_t kept_cr = decoder->state == LINE_CR && data[0] != '\n';
  const unsigned char *end = memchr(data, '\n', size);
  if (end != NULL) {
    size_t taken = (size_t)(end - data) + 1;
    size_t before_end = taken - 1;
    size_t dropped = before_end > 0 && end[-1] == '\r';
    return line_give(decoder, data, before_end - dropped, taken, kept_cr, message);
  }
  size_t cr = data[size - 1] == '\r';
  size_t known = decoder->held + kept_cr + size - cr;
  if (known > most) {
    return wti_break(decoder, WTI_OVER_AT_LEAST, known);
  }
  /* Room for the CR too is asked for where the largest message has as much. */
  size_t wanted = known + cr < most ? known + cr : most;
  if (decoder->capacity < wanted) {
    return wti_no_room(decoder, wanted, most);
  }
  wti_hold(decoder, (const unsigned char *)"\r", kept_cr);
  wti_hold(decoder, data, size - cr);
  decoder->state = cr ? LINE_CR : WTI_BETWEEN;
  return 0;
}

WTI_PRIVATE int wti_line_end(wt_decoder *decoder) {
  size_t cr = decoder->state == LINE_CR;
  return decoder->held + cr > 0 ? wti_cut_behind(decoder, (const unsigned char *)"\r", cr) : WTI_FINE;
}

WTI_PRIVATE int wti_line_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  if (size > framing->max_message) {
    return WTI_OVER_TO_SEND;
  }
  if (size == 0) {
    return WTI_FINE;
  }
  if (memchr(message, '\n', size) != NULL) {
    return WTI_HOLDS_LF;
  }
  return framing->variant == 0 && message[size - 1] == '\r' ? WTI_ENDS_IN_CR : WTI_FINE;
}

WTI_PRIVATE void wti_line_wrap(const wt_framing *framing, size_t size, wti_envelope_t *envelope) {
  (void)size;
  envelope->head_size = 0;
  envelope->tail_size = 0;
  if (framing->variant != 0) {
    envelope->tail[envelope->tail_size++] = '\r';
  }
  envelope->tail[envelope->tail_size++] = '\n';
}
