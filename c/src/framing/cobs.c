/* cobs.c: Consistent Overhead Byte Stuffing, each frame ended by 0x00, so that no zero byte stands within one.

   Source: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7 (2),
   1999. A frame is blocks of a code byte n and n - 1 bytes; a zero follows each but one of code 0xFF, and but the
   last. A frame of nothing at all (two zeros in a row, or one in front, as some send to begin afresh) is no message,
   and is passed over; an empty message is `01 00`. A block of 254 bytes at the end may be followed by `01` or not:
   both are read, the shorter is written.

   Of an unfinished frame, wt_decoder.count is the bytes as they came, `need` what they stand for, and `held` as much
   of that as the buffer has room for: a frame that is over the limit already may still have to come to its end before
   that is certain, by the rule of this room that a fault tells the same in both languages. */
#include "framing/framing.h"

enum { COBS_FULL = 0xFF /* the code of a block that no zero follows */, COBS_FULL_BYTES = 254 };

/* wt_decoder.state: the last block was full. wt_decoder.head[0]: bytes that it still lacks. */
enum { COBS_AFTER_FULL = 1 };

/* A frame so far. */
typedef struct cobs_frame {
  unsigned char *out;
  size_t capacity;
  uint64_t size;
  size_t missing;
  int begun;
  int full;
} cobs_frame;

static void cobs_put(cobs_frame *frame, const unsigned char *bytes, size_t size) {
  if (size > 0 && frame->size < frame->capacity) {
    size_t left = frame->capacity - (size_t)frame->size;
    memcpy(frame->out + frame->size, bytes, size < left ? size : left);
  }
  frame->size += size;
}

static void cobs_unstuff(cobs_frame *frame, const unsigned char *data, size_t size) {
  static const unsigned char zero = 0;
  size_t at = 0;
  while (at < size) {
    if (frame->missing == 0) {
      if (frame->begun && !frame->full) {
        cobs_put(frame, &zero, 1);
      }
      frame->begun = 1;
      frame->full = data[at] == COBS_FULL;
      frame->missing = (size_t)data[at++] - 1;
    }
    size_t run = size - at < frame->missing ? size - at : frame->missing;
    cobs_put(frame, data + at, run);
    at += run;
    frame->missing -= run;
  }
}

/* Takes one more piece of a frame, that has not come to its end. */
static ptrdiff_t cobs_go_on(wt_decoder *decoder, const cobs_frame *frame, size_t size) {
  size_t most = decoder->framing.max_message;
  uint64_t come = decoder->count + size;
  /* The least that so many bytes can stand for: one of 255 is a code, when no message is shorter for it. */
  uint64_t known = come - 1 - (come - 1) / 255;
  if (known > most) {
    return wti_break(decoder, WTI_OVER_AT_LEAST, known);
  }
  size_t wanted = frame->size < most ? (size_t)frame->size : most;
  if (decoder->capacity < wanted) {
    return wti_no_room(decoder, wanted, most);
  }
  decoder->count = come;
  decoder->need = frame->size;
  decoder->held = frame->size < decoder->capacity ? (size_t)frame->size : decoder->capacity;
  decoder->head[0] = (unsigned char)frame->missing;
  decoder->state = frame->full ? COBS_AFTER_FULL : WTI_BETWEEN;
  return 0;
}

/* Takes the last piece of a frame, and what came of it before. */
static ptrdiff_t cobs_end(wt_decoder *decoder, const cobs_frame *frame, size_t taken, wt_message *message) {
  size_t most = decoder->framing.max_message;
  if (frame->size > most) {
    return wti_break(decoder, WTI_OVER, frame->size);
  }
  if (frame->missing > 0) {
    return wti_break(decoder, WTI_SHORT_FRAME, frame->missing);
  }
  size_t whole = (size_t)frame->size;
  if (decoder->capacity < whole) {
    return wti_no_room(decoder, whole, most);
  }
  decoder->count = 0;
  return wti_give(decoder, whole > 0 ? decoder->buffer : decoder->head, whole, taken, message);
}

WTI_PRIVATE ptrdiff_t wti_cobs_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                      wt_message *message) {
  size_t passed = 0;
  if (decoder->count == 0) {
    while (passed < size && data[passed] == 0) {
      passed++;
    }
    if (passed == size) {
      return 0;
    }
  }
  const unsigned char *from = data + passed;
  const unsigned char *zero = memchr(from, 0, size - passed);
  size_t here = zero != NULL ? (size_t)(zero - from) : size - passed;
  size_t taken = passed + here + 1;
  if (decoder->count == 0 && zero != NULL && from[0] == here && here - 1 <= decoder->framing.max_message) {
    return wti_give(decoder, from + 1, here - 1, taken, message);
  }
  cobs_frame frame = {decoder->buffer,        decoder->capacity,
                      decoder->count > 0 ? decoder->need : 0, decoder->count > 0 ? decoder->head[0] : 0,
                      decoder->count > 0,     decoder->state == COBS_AFTER_FULL};
  cobs_unstuff(&frame, from, here);
  return zero != NULL ? cobs_end(decoder, &frame, taken, message) : cobs_go_on(decoder, &frame, here);
}

WTI_PRIVATE int wti_cobs_end(wt_decoder *decoder) {
  if (decoder->count == 0) {
    return WTI_FINE;
  }
  decoder->fault_size = decoder->need;
  return WTI_CUT;
}

WTI_PRIVATE int wti_cobs_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  (void)message;
  return wti_too_long_to_send(framing, size);
}

/* Writes a block, unless `out` is NULL. Returns its bytes. */
static size_t cobs_block(unsigned char *out, size_t code, const unsigned char *bytes, size_t size) {
  if (out != NULL) {
    out[0] = (unsigned char)code;
    if (size > 0) {
      memcpy(out + 1, bytes, size);
    }
  }
  return size + 1;
}

WTI_PRIVATE size_t wti_cobs_write(const unsigned char *message, size_t size, unsigned char *out) {
  size_t written = 0;
  size_t at = 0;
  for (;;) {
    const unsigned char *zero = at < size ? memchr(message + at, 0, size - at) : NULL;
    size_t run = (zero != NULL ? (size_t)(zero - message) : size) - at;
    int full = run >= COBS_FULL_BYTES;
    while (run >= COBS_FULL_BYTES) {
      written += cobs_block(out != NULL ? out + written : NULL, COBS_FULL, message + at, COBS_FULL_BYTES);
      at += COBS_FULL_BYTES;
      run -= COBS_FULL_BYTES;
    }
    /* At the end, a block of nothing after a full one says nothing. */
    if (zero != NULL || run > 0 || !full) {
      written += cobs_block(out != NULL ? out + written : NULL, run + 1, size > 0 ? message + at : NULL, run);
    }
    if (zero == NULL) {
      break;
    }
    at += run + 1;
  }
  if (out != NULL) {
    out[written] = 0;
  }
  return written + 1;
}
