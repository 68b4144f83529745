/* decode.h: what every decoder promises, held against streams that libFuzzer makes up. One fuzzer a framing; each
   names its specifications in FUZZ_SPECS, and includes this.

       make -C c fuzz                     each for FUZZ_RUNS inputs, the same every time
       make -C c fuzz-long                each for FUZZ_SECONDS, keeping what it found

   The first four bytes of an input choose the specification, the largest message, the buffers and the cuts; the rest
   is the stream. It holds that

   - a stream gives the same messages, the same end and the same rest whole and in pieces, in a buffer of the largest
     message and in one that grows as it is asked for;
   - what was decoded, encoded, decodes to the same; and so does the stream itself, as one message;
   - nothing is read or written beyond a piece, a buffer, or the room for what is encoded, each memory of its own. */
#ifndef FUZZ_DECODE_H
#define FUZZ_DECODE_H

#include "wiretalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_HOLD(condition)                                    \
  do {                                                          \
    if (!(condition)) {                                         \
      fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
      abort();                                                  \
    }                                                           \
  } while (0)

/* What came of a stream: every message behind its size, chunks without; and how it ended. */
typedef struct heard {
  unsigned char *bytes;
  size_t size;
  size_t messages;
  int end;
  size_t rest_size;
  size_t need;
} heard;

static const char *const fuzz_specs[] = {FUZZ_SPECS};

static void *fuzz_memory(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  FUZZ_HOLD(memory != NULL);
  return memory;
}

static unsigned char *fuzz_copy(const void *bytes, size_t size) {
  unsigned char *copy = fuzz_memory(size);
  if (size > 0) {
    memcpy(copy, bytes, size);
  }
  return copy;
}

static void heard_add(heard *of, const void *bytes, size_t size) {
  if (size > 0) {
    of->bytes = realloc(of->bytes, of->size + size);
    FUZZ_HOLD(of->bytes != NULL);
    memcpy(of->bytes + of->size, bytes, size);
    of->size += size;
  }
}

static int fuzz_raw(const wt_framing *framing) { return fuzz_specs[0][0] == 'r' && framing->kind == 0; }

/* Gives the decoder a buffer of the size that it asks for, and fills the old one with other bytes. */
static void fuzz_grow(wt_decoder *decoder) {
  size_t room = wt_decoder_room(decoder);
  unsigned char *old = decoder->buffer;
  FUZZ_HOLD(room > decoder->capacity && room <= decoder->framing.max_message);
  size_t before = decoder->capacity;
  wt_decoder_rebuffer(decoder, fuzz_memory(room), room);
  if (before > 0) {
    memset(old, 0x5A, before);
  }
  free(old);
}

/* Feeds one piece, from memory of its own size. Returns 0, or the fault. */
static int fuzz_feed(wt_decoder *decoder, const unsigned char *bytes, size_t size, heard *to) {
  unsigned char *piece = fuzz_copy(bytes, size);
  size_t at = 0;
  ptrdiff_t taken;
  for (;;) {
    wt_message message;
    taken = wt_decode(decoder, piece + at, size - at, &message);
    if (taken == WT_EROOM) {
      fuzz_grow(decoder);
    } else if (taken <= 0) {
      break;
    } else {
      FUZZ_HOLD((size_t)taken <= size - at && message.size <= decoder->framing.max_message);
      at += (size_t)taken;
      if (!fuzz_raw(&decoder->framing)) {
        heard_add(to, &message.size, sizeof message.size);
      }
      heard_add(to, message.data, message.size);
      to->messages++;
    }
  }
  free(piece);
  return (int)taken;
}

/* Feeds a stream in pieces of up to `most` bytes, 0 for all of it at once; `chance` makes them. */
static heard fuzz_decode(const wt_framing *framing, size_t capacity, const unsigned char *wire, size_t size,
                         size_t most, unsigned chance) {
  heard result = {NULL, 0, 0, 0, 0, 0};
  wt_decoder decoder;
  wt_message rest;
  wt_error error;
  int fault = 0;
  wt_decoder_init(&decoder, framing, capacity > 0 ? fuzz_memory(capacity) : NULL, capacity);
  for (size_t at = 0; at < size && fault == 0;) {
    chance = chance * 1103515245u + 12345u;
    size_t piece = most == 0 ? size : (chance >> 16) % most + 1;
    piece = piece < size - at ? piece : size - at;
    fault = fuzz_feed(&decoder, wire + at, piece, &result);
    at += piece;
  }
  result.end = wt_decode_end(&decoder, &rest, &result.need);
  FUZZ_HOLD(fault == 0 ? result.end == 0 || result.end == WT_ETRUNCATED : result.end == fault);
  result.rest_size = rest.size;
  heard_add(&result, rest.data, rest.size);
  FUZZ_HOLD(wt_decode_end(&decoder, &rest, NULL) == result.end && rest.size == result.rest_size);
  wt_decoder_explain(&decoder, &error);
  FUZZ_HOLD(error.code == result.end && (error.text[0] != '\0') == (result.end != 0));
  free(decoder.buffer);
  return result;
}

static void fuzz_compare(const heard *a, const heard *b) {
  FUZZ_HOLD(a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0));
  FUZZ_HOLD(a->rest_size == b->rest_size && a->need == b->need);
  FUZZ_HOLD(a->end == b->end);
}

/* Encodes a message with the least room and decodes it. Returns 0, or why it was refused. */
static int fuzz_round(const wt_framing *framing, const unsigned char *bytes, size_t size) {
  unsigned char *message = fuzz_copy(bytes, size);
  size_t most = wt_encoded_most(framing, size);
  unsigned char *wide = fuzz_memory(most);
  ptrdiff_t written = wt_encode(framing, message, size, wide, most);
  wt_error error;
  wt_encode_explain(framing, message, size, &error);
  FUZZ_HOLD(error.code == (written < 0 ? (int)written : 0));
  if (written >= 0) {
    size_t exact = (size_t)written;
    unsigned char *wire = fuzz_memory(exact);
    FUZZ_HOLD(exact <= most && wt_encode(framing, message, size, wire, exact) == written);
    FUZZ_HOLD(exact == 0 || wt_encode(framing, message, size, wire, exact - 1) == WT_EROOM);
    FUZZ_HOLD(exact == 0 || memcmp(wire, wide, exact) == 0);
    heard result = fuzz_decode(framing, 0, wire, exact, 7, (unsigned)exact);
    size_t skipped = fuzz_raw(framing) ? 0 : sizeof size;
    FUZZ_HOLD(fuzz_raw(framing) || (result.messages == 1 && result.end == 0));
    FUZZ_HOLD(result.size == size + skipped);
    FUZZ_HOLD(size == 0 || memcmp(result.bytes + skipped, message, size) == 0);
    free(result.bytes);
    free(wire);
  }
  free(wide);
  free(message);
  return written < 0 ? (int)written : 0;
}

/* Encodes what was decoded: all of it, but a line that ends in CR, can be sent. */
static void fuzz_round_all(const wt_framing *framing, const char *spec, const heard *all) {
  size_t at = 0;
  for (size_t i = 0; i < all->messages; i++) {
    size_t size;
    memcpy(&size, all->bytes + at, sizeof size);
    at += sizeof size;
    const unsigned char *message = all->bytes + at;
    int refused = fuzz_round(framing, message, size);
    FUZZ_HOLD(refused == 0 || (strcmp(spec, "line") == 0 && size > 0 && message[size - 1] == '\r'));
    at += size;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const size_t greatest[] = {1, 2, 3, 5, 16, 254, 300, 5000};
  if (size < 4) {
    return 0;
  }
  wt_framing framing;
  const char *spec = fuzz_specs[data[0] % (sizeof fuzz_specs / sizeof fuzz_specs[0])];
  size_t max = greatest[data[1] % (sizeof greatest / sizeof greatest[0])];
  if (wt_framing_parse(&framing, spec, max, NULL) < 0) {
    return 0;
  }
  size_t capacity = data[2] % 3 == 0 ? 0 : data[2] % 3 == 1 ? max : data[2] % max;
  size_t most = data[3] % 2 == 0 ? 1 : (size_t)data[3] / 2 + 1;
  heard whole = fuzz_decode(&framing, max, data + 4, size - 4, 0, 0);
  heard pieces = fuzz_decode(&framing, capacity, data + 4, size - 4, most, data[3]);
  fuzz_compare(&whole, &pieces);
  if (!fuzz_raw(&framing)) {
    fuzz_round_all(&framing, spec, &whole);
  }
  fuzz_round(&framing, data + 4, size - 4);
  free(whole.bytes);
  free(pieces.bytes);
  return 0;
}

#endif
