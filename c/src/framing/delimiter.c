/* delimiter.c: delimiter:HEX: a message ends in these bytes, the first of which that come count.

   Of what has come of an unfinished message, the last bytes may be the delimiter's beginning. These are not held, but
   counted, in wt_decoder.state: the delimiter itself tells which they are. */
#include "framing/framing.h"

enum { DELIMITER_MOST = 16 };

/* The delimiter's beginning that has come, and the bytes that come now, as far as one delimiter may lie over both. */
typedef struct delimiter_edge {
  unsigned char bytes[2 * DELIMITER_MOST];
  size_t size;
} delimiter_edge;

static const unsigned char *delimiter_find(const unsigned char *data, size_t size, const unsigned char *delimiter,
                                           size_t delimiter_size) {
  if (size < delimiter_size) {
    return NULL;
  }
  size_t places = size - delimiter_size + 1;
  while (places > 0) {
    const unsigned char *found = memchr(data, delimiter[0], places);
    if (found == NULL || memcmp(found + 1, delimiter + 1, delimiter_size - 1) == 0) {
      return found;
    }
    places -= (size_t)(found - data) + 1;
    data = found + 1;
  }
  return NULL;
}

WTI_PRIVATE int wti_delimiter_borders(const unsigned char *delimiter, size_t size) {
  for (size_t at = 1; at < size; at++) {
    if (memcmp(delimiter, delimiter + at, size - at) == 0) {
      return 1;
    }
  }
  return 0;
}

/* Returns how many bytes of the delimiter's beginning are the end of these bytes. */
static size_t delimiter_begun(const unsigned char *data, size_t size, const unsigned char *delimiter,
                              size_t delimiter_size) {
  size_t begun = size < delimiter_size - 1 ? size : delimiter_size - 1;
  while (begun > 0 && memcmp(data + size - begun, delimiter, begun) != 0) {
    begun--;
  }
  return begun;
}

/* Adds to what is held as many bytes as make it `whole`: of the delimiter's beginning that came first, then of data.
   */
static void delimiter_hold(wt_decoder *decoder, const unsigned char *data, size_t whole) {
  size_t missing = whole - decoder->held;
  size_t begun = decoder->state < missing ? decoder->state : missing;
  wti_hold(decoder, decoder->framing.delimiter, begun);
  wti_hold(decoder, data, missing - begun);
}

/* Gives the message of `whole` bytes that what is held, the delimiter's beginning, and data make, in this order. */
static ptrdiff_t delimiter_give(wt_decoder *decoder, const unsigned char *data, size_t whole, size_t taken,
                                wt_message *message) {
  size_t most = decoder->framing.max_message;
  if (whole > most) {
    return wti_break(decoder, WTI_OVER, whole);
  }
  if (decoder->held == 0 && decoder->state == 0) {
    return wti_give(decoder, data, whole, taken, message);
  }
  if (decoder->capacity < whole) {
    return wti_no_room(decoder, whole, most);
  }
  delimiter_hold(decoder, data, whole);
  return wti_give(decoder, whole > 0 ? decoder->buffer : data, whole, taken, message);
}

WTI_PRIVATE ptrdiff_t wti_delimiter_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                           wt_message *message) {
  const unsigned char *delimiter = decoder->framing.delimiter;
  size_t delimiter_size = decoder->framing.delimiter_size;
  size_t begun = decoder->state;
  size_t before = decoder->held + begun;
  delimiter_edge edge;
  if (begun > 0) {
    size_t more = size < delimiter_size - 1 ? size : delimiter_size - 1;
    memcpy(edge.bytes, delimiter, begun);
    memcpy(edge.bytes + begun, data, more);
    edge.size = begun + more;
    const unsigned char *found = delimiter_find(edge.bytes, edge.size, delimiter, delimiter_size);
    size_t at = found != NULL ? (size_t)(found - edge.bytes) : begun;
    if (at < begun) {
      return delimiter_give(decoder, data, decoder->held + at, at + delimiter_size - begun, message);
    }
  }
  const unsigned char *end = delimiter_find(data, size, delimiter, delimiter_size);
  if (end != NULL) {
    size_t at = (size_t)(end - data);
    return delimiter_give(decoder, data, before + at, at + delimiter_size, message);
  }
  int within_edge = begun > 0 && size < delimiter_size - 1;
  size_t now = within_edge ? delimiter_begun(edge.bytes, edge.size, delimiter, delimiter_size)
                           : delimiter_begun(data, size, delimiter, delimiter_size);
  size_t most = decoder->framing.max_message;
  size_t known = before + size - now;
  if (known > most) {
    return wti_break(decoder, WTI_OVER_AT_LEAST, known);
  }
  /* Room for what has begun too is asked for as far as the largest message has as much. */
  size_t wanted = before + size < most ? before + size : most;
  if (decoder->capacity < wanted) {
    return wti_no_room(decoder, wanted, most);
  }
  delimiter_hold(decoder, data, known);
  decoder->state = (uint8_t)now;
  return 0;
}

WTI_PRIVATE int wti_delimiter_end(wt_decoder *decoder) {
  size_t begun = decoder->state;
  return decoder->held + begun > 0 ? wti_cut_behind(decoder, decoder->framing.delimiter, begun) : WTI_FINE;
}

WTI_PRIVATE int wti_delimiter_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  const unsigned char *delimiter = framing->delimiter;
  size_t delimiter_size = framing->delimiter_size;
  if (delimiter_find(message, size, delimiter, delimiter_size) != NULL) {
    return WTI_HOLDS_DELIMITER;
  }
  if (framing->variant != 0 && size > 0) {
    /* The message's last bytes and the delimiter's first may make one delimiter too early. */
    unsigned char edge[2 * DELIMITER_MOST];
    size_t last = size < delimiter_size - 1 ? size : delimiter_size - 1;
    memcpy(edge, message + size - last, last);
    memcpy(edge + last, delimiter, delimiter_size);
    if (delimiter_find(edge, last + delimiter_size, delimiter, delimiter_size) != edge + last) {
      return WTI_HOLDS_DELIMITER;
    }
  }
  return wti_too_long_to_send(framing, size);
}

WTI_PRIVATE void wti_delimiter_wrap(const wt_framing *framing, size_t size, wti_envelope_t *envelope) {
  (void)size;
  envelope->head_size = 0;
  envelope->tail_size = framing->delimiter_size;
  memcpy(envelope->tail, framing->delimiter, framing->delimiter_size);
}
