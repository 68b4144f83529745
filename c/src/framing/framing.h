/* framing.h: what the framings share, and what connections and servers may use of them. No socket comes in here.

   One framing a file; each has the functions of wti_cutter, and framing.c finds them by kind. The rules of this room:

   - A call takes all of its bytes, or those up to the end of a message, or none: nothing of the decoder is changed
     before it is known that the call will not end with WT_EROOM.
   - A message that is whole within the bytes given is not copied; one that comes in pieces is put together in the
     caller's buffer. Time is linear in the bytes however small the pieces are.
   - A message that will be too long is a fault as soon as that is known, with the size that is known then.
   - What is encoded is decoded to the same message; one for which that cannot be is refused. */
#ifndef WTI_FRAMING_H
#define WTI_FRAMING_H

#include "private.h"

#include <string.h>

/* wt_framing.kind: the file, and the place in framing.c's table. */
enum {
  WTI_RAW,       /* variant: 1 for raw:utf8 */
  WTI_LINE,      /* variant: 1 for line:crlf */
  WTI_DELIMITER, /* variant: 1 where the delimiter's beginning is also its end */
  WTI_LENGTH,    /* variant: one of WTI_U8 … */
  WTI_VARINT,
  WTI_NETSTRING,
  WTI_FIXED, /* variant: the digits that the size was written with */
  WTI_SLIP,
  WTI_COBS,
  WTI_KINDS
};

/* wt_framing.variant of WTI_LENGTH: the bytes of the count, and the bit for low byte first. */
enum { WTI_LOW_FIRST = 0x80, WTI_U8 = 1, WTI_U16BE = 2, WTI_U16LE = 0x82, WTI_U32BE = 4, WTI_U32LE = 0x84 };

/* wt_decoder.state between two messages, in every framing. */
enum { WTI_BETWEEN = 0 };

/* What is wrong: wt_decoder.fault_reason, and why a message is refused. explain.c has the words. */
enum {
  WTI_FINE,
  /* WT_ELIMIT; fault_size: the size, or what is known of it */
  WTI_OVER,
  WTI_OVER_AT_LEAST,
  WTI_OVER_TOLD,          /* `head` has the digits that tell the size */
  WTI_OVER_TOLD_AT_LEAST, /* … the first of them */
  WTI_OVER_TO_SEND,
  /* WT_ETRUNCATED; fault_size: the bytes that had come */
  WTI_CUT,
  WTI_CUT_OF,    /* … of `need` */
  WTI_CUT_COMMA, /* … which are all, but for the comma */
  /* WT_EMALFORMED, decoding */
  WTI_WIDE_COUNT,
  WTI_LONG_COUNT,
  WTI_NO_COUNT, /* `head` has what came in place of it */
  WTI_NO_COMMA, /* fault_byte came in place of it */
  WTI_BAD_ESCAPE,
  WTI_SHORT_FRAME, /* fault_size: the bytes that its last block lacks */
  /* WT_EMALFORMED, encoding */
  WTI_HOLDS_LF,
  WTI_ENDS_IN_CR,
  WTI_HOLDS_DELIMITER,
  WTI_OVER_COUNT,
  WTI_NOT_THE_SIZE,
  WTI_EMPTY_PACKET
};

/* What goes before and after a message on the wire. */
typedef struct wti_envelope_t {
  unsigned char head[24];
  size_t head_size;
  unsigned char tail[16];
  size_t tail_size;
} wti_envelope_t;

/* Returns 0 and what is to be sent before and after the message, which goes as it is; 1 where it must be copied
   through wt_encode (slip, cobs); WT_EMALFORMED or WT_ELIMIT where it is refused, as wt_encode does. */
WTI_PRIVATE int wti_envelope(const wt_framing *framing, const void *message, size_t size, wti_envelope_t *envelope);

/* Returns the reason why wt_encode refuses a message, or WTI_FINE. */
WTI_PRIVATE int wti_refusal(const wt_framing *framing, const void *message, size_t size);

/* Returns the code, WT_E…, that a reason belongs to. */
WTI_PRIVATE int wti_reason_code(int reason);

/* ---------------------------------------------------------------- what the framings share (framing.c) */

/* One framing. `size` is never 0 for `decode`, and no fault is there when it is called. `end` returns WTI_FINE, or
   WTI_CUT… with what had come held, fault_size set, and `need` where it is known. `refuses` returns a reason. `wrap`
   writes an envelope and `most` is what it takes at most; or, where there is `write`, that writes into enough room,
   or counts what it would write where `out` is NULL. */
typedef struct wti_cutter {
  ptrdiff_t (*decode)(wt_decoder *decoder, const unsigned char *data, size_t size, wt_message *message);
  int (*end)(wt_decoder *decoder);
  int (*refuses)(const wt_framing *framing, const unsigned char *message, size_t size);
  void (*wrap)(const wt_framing *framing, size_t size, wti_envelope_t *envelope);
  size_t (*write)(const unsigned char *message, size_t size, unsigned char *out);
} wti_cutter;

/* Breaks the stream: sets the fault for a reason, and lets go of what was held. Returns the code. */
WTI_PRIVATE ptrdiff_t wti_break(wt_decoder *decoder, int reason, uint64_t size);

/* Returns WT_EROOM: `required` bytes of buffer are needed now, and `ceiling` would always do for this message. */
WTI_PRIVATE ptrdiff_t wti_no_room(wt_decoder *decoder, size_t required, size_t ceiling);

/* Gives a message of `size` bytes, and begins the next. Returns `taken`. */
static inline ptrdiff_t wti_give(wt_decoder *decoder, const unsigned char *bytes, size_t size, size_t taken,
                                 wt_message *message) {
  message->data = (const char *)bytes;
  message->size = size;
  decoder->held = 0;
  decoder->state = WTI_BETWEEN;
  decoder->head_size = 0;
  return (ptrdiff_t)taken;
}

/* Adds to what is held. There is room. */
static inline void wti_hold(wt_decoder *decoder, const unsigned char *bytes, size_t size) {
  if (size > 0) {
    memcpy(decoder->buffer + decoder->held, bytes, size);
    decoder->held += size;
  }
}

/* Ends a stream within a message, of which these bytes too had come, beside those held. Returns WTI_CUT. */
WTI_PRIVATE int wti_cut_behind(wt_decoder *decoder, const unsigned char *bytes, size_t size);

/* Returns WTI_OVER_TO_SEND for a message over the limit, else WTI_FINE. */
WTI_PRIVATE int wti_too_long_to_send(const wt_framing *framing, size_t size);

/* ---------------------------------------------------------------- what counts in front share (counted.c) */

/* Takes a body of `need` bytes, and one closing byte where `closing` is 1; `data` has `taken` bytes of count before
   it. Where it is not whole, what came is held. Returns as wt_decode does. */
WTI_PRIVATE ptrdiff_t wti_body(wt_decoder *decoder, const unsigned char *data, size_t size, size_t taken,
                               uint64_t need, size_t closing, wt_message *message);

/* `end` of a framing with counts. */
WTI_PRIVATE int wti_counted_end(wt_decoder *decoder);

/* wt_decoder.state: a body of `need` bytes is on its way. Between, `head` has head_size bytes of a count. */
enum { WTI_WITHIN_BODY = 1 };

/* ---------------------------------------------------------------- the framings */

#define WTI_CUTTER(name)                                                                                             \
  WTI_PRIVATE ptrdiff_t wti_##name##_decode(wt_decoder *decoder, const unsigned char *data, size_t size,             \
                                            wt_message *message);                                                    \
  WTI_PRIVATE int wti_##name##_refuses(const wt_framing *framing, const unsigned char *message, size_t size)
#define WTI_ENDS(name) WTI_PRIVATE int wti_##name##_end(wt_decoder *decoder)
#define WTI_WRAPS(name)                                                                                              \
  WTI_PRIVATE void wti_##name##_wrap(const wt_framing *framing, size_t size, wti_envelope_t *envelope)
#define WTI_WRITES(name)                                                                                             \
  WTI_PRIVATE size_t wti_##name##_write(const unsigned char *message, size_t size, unsigned char *out)

WTI_CUTTER(raw);
WTI_ENDS(raw);
WTI_WRAPS(raw);
WTI_CUTTER(line);
WTI_ENDS(line);
WTI_WRAPS(line);
WTI_CUTTER(delimiter);
WTI_ENDS(delimiter);
WTI_WRAPS(delimiter);
WTI_CUTTER(length);
WTI_WRAPS(length);
WTI_CUTTER(varint);
WTI_WRAPS(varint);
WTI_CUTTER(netstring);
WTI_ENDS(netstring);
WTI_WRAPS(netstring);
WTI_CUTTER(fixed);
WTI_CUTTER(slip);
WTI_ENDS(slip);
WTI_WRITES(slip);
WTI_CUTTER(cobs);
WTI_ENDS(cobs);
WTI_WRITES(cobs);

/* Returns whether a delimiter of `size` bytes begins as it ends. */
WTI_PRIVATE int wti_delimiter_borders(const unsigned char *delimiter, size_t size);

#endif
