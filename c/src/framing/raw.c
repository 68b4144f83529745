/* raw.c: whatever arrived, as it arrived. No boundaries are promised, so nothing here is malformed, and nothing that
   is to be sent is too long: a chunk over the limit is cut.

   raw:utf8 cuts between characters only; whether the bytes are UTF-8 at all is not asked, and what is none is passed
   on too. `head` has the beginning of a character whose end has not come. Where the limit is below the size of a
   character, there is no place to cut but within it. */
#include "framing/framing.h"

/* Returns how many bytes the character has that begins with this byte; 1 where none does (RFC 3629, section 3). */
static size_t raw_character(unsigned char first) {
  if (first < 0xC2 || first > 0xF4) {
    return 1;
  }
  return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Returns how many bytes at the end begin a character without ending it, 0 to 3. */
static size_t raw_unfinished(const unsigned char *data, size_t size) {
  for (size_t back = 1; back <= 3 && back <= size; back++) {
    unsigned char byte = data[size - back];
    if ((byte & 0xC0) != 0x80) {
      return raw_character(byte) > back ? back : 0;
    }
  }
  return 0;
}

/* Goes on with the character that has begun, until it is whole, or is none. What is given is copied to the end of
   `head`, for the next character's beginning may be in the front of it already; a byte is left behind it for
   a zero. */
static ptrdiff_t raw_resume(wt_decoder *decoder, const unsigned char *data, size_t size, wt_message *message) {
  unsigned char *given = decoder->head + sizeof decoder->head - 5;
  for (size_t taken = 0; taken < size;) {
    decoder->head[decoder->head_size++] = data[taken++];
    size_t have = decoder->head_size;
    size_t unfinished = raw_unfinished(decoder->head, have);
    if (unfinished < have || have >= decoder->framing.max_message) {
      unfinished = unfinished < have ? unfinished : 0;
      memcpy(given, decoder->head, have);
      wti_give(decoder, given, have - unfinished, taken, message);
      memcpy(decoder->head, given + have - unfinished, unfinished);
      decoder->head_size = (uint8_t)unfinished;
      return (ptrdiff_t)taken;
    }
  }
  return 0;
}

WTI_PRIVATE ptrdiff_t wti_raw_decode(wt_decoder *decoder, const unsigned char *data, size_t size,
                                     wt_message *message) {
  size_t most = decoder->framing.max_message;
  size_t chunk = size < most ? size : most;
  if (decoder->framing.variant == 0) {
    return wti_give(decoder, data, chunk, chunk, message);
  }
  if (decoder->head_size > 0) {
    return raw_resume(decoder, data, size, message);
  }
  size_t unfinished = raw_unfinished(data, chunk);
  if (unfinished < chunk) {
    return wti_give(decoder, data, chunk - unfinished, chunk - unfinished, message);
  }
  if (chunk == most) {
    return wti_give(decoder, data, chunk, chunk, message);
  }
  memcpy(decoder->head, data, chunk);
  decoder->head_size = (uint8_t)chunk;
  return 0;
}

WTI_PRIVATE int wti_raw_end(wt_decoder *decoder) {
  if (decoder->head_size == 0) {
    return WTI_FINE;
  }
  decoder->fault_size = decoder->head_size;
  decoder->need = raw_character(decoder->head[0]);
  return WTI_CUT_OF;
}

WTI_PRIVATE int wti_raw_refuses(const wt_framing *framing, const unsigned char *message, size_t size) {
  (void)framing;
  (void)message;
  (void)size;
  return WTI_FINE;
}

WTI_PRIVATE void wti_raw_wrap(const wt_framing *framing, size_t size, wti_envelope_t *envelope) {
  (void)framing;
  (void)size;
  envelope->head_size = 0;
  envelope->tail_size = 0;
}
