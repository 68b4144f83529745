/* slip.c: packets between END bytes (0xC0), with END and ESC (0xDB) written as two bytes each within.

   Source: RFC 1055. What is sent has END before and after, as that RFC's own code does; what comes may have END
   before, after, or both, and empty packets are dropped, as it says. So an empty message cannot be sent. ESC before
   any other byte breaks the protocol; that RFC's code would guess, here it is an error. The last packet of a stream
   that ends without END may have been cut, whichever way the peer places END: it is an error that carries what there
   was. */
#include "framing/framing.h"

enum { SLIP_END = 0xC0, SLIP_ESC = 0xDB, SLIP_ESC_END = 0xDC, SLIP_ESC_ESC = 0xDD };

/* wt_decoder.state: ESC has come, and not yet the byte behind it. */
enum { SLIP_ESCAPING = 1 };

/* What a piece of a packet gives, written behind what is held as far as there is room: `size` with what is held. */
typedef struct slip_piece {
  unsigned char *out;
  size_t capacity;
  size_t size;
  int escaping;
  int broken;
} slip_piece;

static void slip_put(slip_piece *piece, const unsigned char *bytes, size_t size) {
  if (size > 0 && piece->size < piece->capacity) {
    size_t left = piece->capacity - piece->size;
    memcpy(piece->out + piece->size, bytes, size < left ? size : left);
  }
  piece->size += size;
}

/* Puts a piece without its escapes, up to one that is none. */
static void slip_unescape(slip_piece *piece, const unsigned char *data, size_t size) {
  const unsigned char *end = data + size;
  while (data < end) {
    if (piece->escaping) {
      if (*data != SLIP_ESC_END && *data != SLIP_ESC_ESC) {
        piece->broken = 1;
        return;
      }
      unsigned char byte = *data++ == SLIP_ESC_END ? SLIP_END : SLIP_ESC;
      slip_put(piece, &byte, 1);
      piece->escaping = 0;
    } else {
      const unsigned char *esc = memchr(data, SLIP_ESC, (size_t)(end - data));
      slip_put(piece, data, (size_t)((esc != NULL ? esc : end) - data));
      piece->escaping = esc != NULL;
      data = esc != NULL ? esc + 1 : end;
    }
  }
}

/* Takes a packet's last piece, or one more, as data up to `end` or to its own end has it. */
static ptrdiff_t slip_take(wt_decoder *decoder, const unsigned char *data, size_t size, const unsigned char *end,
                           wt_message *message) {
  size_t most = decoder->framing.max_message;
  size_t here = end != NULL ? (size_t)(end - data) : size;
  slip_piece piece = {decoder->buffer, decoder->capacity, decoder->held, decoder->state == SLIP_ESCAPING, 0};
  slip_unescape(&piece, data, here);
  if (piece.broken || (end != NULL && piece.escaping)) {
    int over = piece.size > most;
    return wti_break(decoder, over ? WTI_OVER_AT_LEAST : WTI_BAD_ESCAPE, piece.size);
  }
  if (piece.size > most) {
    return wti_break(decoder, end != NULL ? WTI_OVER : WTI_OVER_AT_LEAST, piece.size);
  }
  size_t wanted = piece.size + (piece.escaping && piece.size < most);
  if (decoder->capacity < wanted) {
    return wti_no_room(decoder, wanted, most);
  }
  if (end != NULL) {
    return wti_give(decoder, decoder->buffer, piece.size, here + 1, message);
  }
  decoder->held = piece.size;
  decoder->state = piece.escaping ? SLIP_ESCAPING : WTI_BETWEEN;
  return 0;
}

WTI_PRIVATE ptrdiff_t wti_slip_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                      wt_message *message) {
  size_t passed = 0;
  if (decoder->held == 0 && decoder->state == WTI_BETWEEN) {
    while (passed < size && data[passed] == SLIP_END) {
      passed++;
    }
    if (passed == size) {
      return 0;
    }
  }
  data += passed;
  size -= passed;
  const unsigned char *end = memchr(data, SLIP_END, size);
  size_t here = end != NULL ? (size_t)(end - data) : 0;
  ptrdiff_t result;
  if (end != NULL && decoder->held == 0 && decoder->state == WTI_BETWEEN && here <= decoder->framing.max_message &&
      memchr(data, SLIP_ESC, here) == NULL) {
    result = wti_give(decoder, data, here, here + 1, message);
  } else {
    result = slip_take(decoder, data, size, end, message);
  }
  return result > 0 ? result + (ptrdiff_t)passed : result;
}

WTI_PRIVATE int wti_slip_end(wt_decoder *decoder) {
  static const unsigned char esc = SLIP_ESC;
  size_t escaping = decoder->state == SLIP_ESCAPING;
  return decoder->held + escaping > 0 ? wti_cut_behind(decoder, &esc, escaping) : WTI_FINE;
}

WTI_PRIVATE int wti_slip_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  (void)message;
  return size == 0 ? WTI_EMPTY_PACKET : wti_too_long_to_send(framing, size);
}

/* Returns the next byte that is to be escaped, or the end. */
static const unsigned char *slip_next(const unsigned char *from, const unsigned char *end, int byte) {
  const unsigned char *found = memchr(from, byte, (size_t)(end - from));
  return found != NULL ? found : end;
}

WTI_PRIVATE size_t wti_slip_write(const unsigned char *message, size_t size, unsigned char *out) {
  const unsigned char *end = message + size;
  const unsigned char *next_end = slip_next(message, end, SLIP_END);
  const unsigned char *next_esc = slip_next(message, end, SLIP_ESC);
  size_t written = 0;
  if (out != NULL) {
    out[written] = SLIP_END;
  }
  written++;
  for (;;) {
    const unsigned char *next = next_end < next_esc ? next_end : next_esc;
    size_t run = (size_t)(next - message);
    if (out != NULL) {
      memcpy(out + written, message, run);
    }
    written += run;
    if (next == end) {
      break;
    }
    if (out != NULL) {
      out[written] = SLIP_ESC;
      out[written + 1] = next == next_end ? SLIP_ESC_END : SLIP_ESC_ESC;
    }
    written += 2;
    message = next + 1;
    if (next == next_end) {
      next_end = slip_next(message, end, SLIP_END);
    } else {
      next_esc = slip_next(message, end, SLIP_ESC);
    }
  }
  if (out != NULL) {
    out[written] = SLIP_END;
  }
  return written + 1;
}
