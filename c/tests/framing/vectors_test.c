/* Every vector of vectors/: encoded, and decoded in every way that a stream may arrive. */
#include "check.h"
#include "vectors.h"
#include "wiretalk.h"

/* A stream on its way, and what has come of it. */
typedef struct stream {
  const vector *of;
  wt_decoder decoder;
  int growing;      /* the buffer begins with nothing, and is as large as is asked for */
  size_t messages;  /* as they came; of chunks, what they are together */
  int wrong;
} stream;

static int vector_is(const vector *of, const char *kind) { return strcmp(of->kind, kind) == 0; }

static int vector_is_raw(const vector *of) { return strncmp(of->spec, "raw", 3) == 0; }

static int vector_code(const vector *of) {
  static const int codes[] = {WT_EMALFORMED, WT_ELIMIT, WT_ETRUNCATED};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    if (strcmp(of->error, wt_how(codes[i])) == 0) {
      return codes[i];
    }
  }
  return 0;
}

static void vector_parse(const vector *of, wt_framing *framing) {
  wt_error error;
  error.text[0] = '\0';
  CHECK_INT(0, wt_framing_parse(framing, of->spec, of->max, &error));
  CHECK_TEXT("", error.text);
}

/* ---------------------------------------------------------------- decoding */

static void stream_take(stream *at, const wt_message *message) {
  if (vector_is_raw(at->of)) {
    /* Chunks have no boundaries, so all of them are one message. */
    const vector_bytes *all = &at->of->messages[0];
    if (at->of->count == 0 || message->size > at->of->max || message->size > all->size - at->messages ||
        memcmp(all->bytes + at->messages, message->data, message->size) != 0) {
      at->wrong = 1;
      return;
    }
    at->messages += message->size;
    return;
  }
  if (at->messages == at->of->count || at->of->messages[at->messages].size != message->size ||
      memcmp(at->of->messages[at->messages].bytes, message->data, message->size) != 0) {
    at->wrong = 1;
    return;
  }
  at->messages++;
}

static void stream_grow(stream *at) {
  size_t room = wt_decoder_room(&at->decoder);
  unsigned char *old = at->decoder.buffer;
  at->wrong = at->wrong || !at->growing || room <= at->decoder.capacity || room > at->of->max;
  wt_decoder_rebuffer(&at->decoder, malloc(room), room);
  free(old);
}

/* Feeds one piece, from memory of its own size. Returns 0 or the fault. */
static int stream_feed(stream *at, const unsigned char *bytes, size_t size) {
  unsigned char *piece = malloc(size > 0 ? size : 1);
  ptrdiff_t taken;
  size_t used = 0;
  wt_message message;
  memcpy(piece, bytes, size);
  while ((taken = wt_decode(&at->decoder, piece + used, size - used, &message)) > 0 || taken == WT_EROOM) {
    if (taken == WT_EROOM) {
      stream_grow(at);
    } else {
      stream_take(at, &message);
      used += (size_t)taken;
    }
    if (at->wrong) {
      break;
    }
  }
  free(piece);
  return taken < 0 ? (int)taken : 0;
}

static void stream_end(stream *at, int fault) {
  const vector *of = at->of;
  wt_message rest;
  wt_error error;
  size_t need;
  int code = wt_decode_end(&at->decoder, &rest, &need);
  int expected = vector_code(of);
  size_t all = vector_is_raw(of) && of->count > 0 ? of->messages[0].size : of->count;
  int right = code == expected && at->messages == all;
  if (vector_is(of, "fault")) {
    right = right && fault == expected && wt_decode(&at->decoder, "x", 1, &rest) == expected;
  } else if (vector_is(of, "cut")) {
    right = right && fault == 0 && need == of->need && rest.size == of->rest.size &&
            memcmp(rest.data, of->rest.bytes, rest.size) == 0;
  } else {
    right = right && fault == 0 && rest.size == 0;
  }
  wt_decoder_explain(&at->decoder, &error);
  at->wrong = at->wrong || !right || error.code != expected || (error.text[0] != '\0') != (expected != 0);
}

/* Feeds the whole stream, cut at one place, or before and behind every byte where `cut` is 0. Returns whether all is
   as the vector says. */
static int stream_cut_at(const vector *of, size_t cut, int growing) {
  wt_framing framing;
  stream at;
  size_t capacity = growing ? 0 : of->max;
  int fault = 0;
  memset(&at, 0, sizeof at);
  at.of = of;
  at.growing = growing;
  vector_parse(of, &framing);
  wt_decoder_init(&at.decoder, &framing, growing ? NULL : malloc(capacity), capacity);
  if (cut > 0) {
    fault = stream_feed(&at, of->wire.bytes, cut);
    fault = fault != 0 ? fault : stream_feed(&at, of->wire.bytes + cut, of->wire.size - cut);
  }
  for (size_t i = 0; cut == 0 && i < of->wire.size && fault == 0 && !at.wrong; i++) {
    fault = stream_feed(&at, of->wire.bytes + i, 0);
    fault = fault != 0 ? fault : stream_feed(&at, of->wire.bytes + i, 1);
  }
  stream_end(&at, fault);
  free(at.decoder.buffer);
  return !at.wrong;
}

static void vector_decode(const vector *of) {
  for (int growing = 0; growing < 2; growing++) {
    /* Cut at its end it is whole. */
    for (size_t cut = 0; cut <= of->wire.size; cut++) {
      if (!stream_cut_at(of, cut, growing)) {
        printf("%s, cut at %zu of %zu, %s\n", of->name, cut, of->wire.size, growing ? "growing" : "with room");
        CHECK_TEXT("as the vector says", "otherwise");
        return;
      }
    }
  }
}

/* ---------------------------------------------------------------- encoding */

static void vector_encode(const vector *of) {
  wt_framing framing;
  size_t at = 0;
  vector_parse(of, &framing);
  for (size_t i = 0; i < of->count; i++) {
    const vector_bytes *message = &of->messages[i];
    size_t most = wt_encoded_most(&framing, message->size);
    unsigned char *wire = malloc(most > 0 ? most : 1);
    ptrdiff_t size = wt_encode(&framing, message->bytes, message->size, wire, most);
    CHECK(size >= 0 && (size_t)size <= of->wire.size - at);
    if (size > 0) {
      CHECK(memcmp(of->wire.bytes + at, wire, (size_t)size) == 0);
      wire[0] ^= 0xFF;
      unsigned char untouched = wire[0];
      CHECK_INT(WT_EROOM, wt_encode(&framing, message->bytes, message->size, wire, (size_t)size - 1));
      CHECK_INT(untouched, wire[0]);
      CHECK_INT(size, wt_encode(&framing, message->bytes, message->size, wire, (size_t)size));
      at += (size_t)size;
    }
    free(wire);
  }
  CHECK_INT(of->wire.size, at);
}

static void vector_refuse(const vector *of) {
  wt_framing framing;
  int refused = 0;
  vector_parse(of, &framing);
  for (size_t i = 0; i < of->count && !refused; i++) {
    wt_error error;
    size_t most = wt_encoded_most(&framing, of->messages[i].size);
    unsigned char *wire = malloc(most + 1);
    wire[0] = 0x5A;
    ptrdiff_t size = wt_encode(&framing, of->messages[i].bytes, of->messages[i].size, wire, most);
    refused = size < 0;
    if (refused) {
      CHECK_INT(vector_code(of), size);
      CHECK_INT(0x5A, wire[0]);
      wt_encode_explain(&framing, of->messages[i].bytes, of->messages[i].size, &error);
      CHECK_INT(vector_code(of), error.code);
      CHECK(error.text[0] != '\0');
    }
    free(wire);
  }
  CHECK(refused);
}

/* ---------------------------------------------------------------- files */

static void hold(const char *file) {
  vector next;
  size_t count = 0;
  vectors_open(file);
  while (vectors_next(&next)) {
    int before = check_failures;
    if (vector_is(&next, "both") || vector_is(&next, "stream")) {
      vector_encode(&next);
      vector_decode(&next);
    } else if (vector_is(&next, "decode") || vector_is(&next, "fault") || vector_is(&next, "cut")) {
      vector_decode(&next);
    } else {
      CHECK_TEXT("refuse", next.kind);
      vector_refuse(&next);
    }
    if (check_failures > before) {
      printf("the vector is \"%s\" of %s\n", next.name, file);
    }
    vectors_free(&next);
    count++;
  }
  CHECK(count > 0);
  printf("%s: %zu vectors\n", file, count);
}

TEST(raw) { hold("raw.json"); }
TEST(line) { hold("line.json"); }
TEST(delimiter) { hold("delimiter.json"); }
TEST(length) { hold("length.json"); }
TEST(varint) { hold("varint.json"); }
TEST(netstring) { hold("netstring.json"); }
TEST(fixed) { hold("fixed.json"); }
TEST(slip) { hold("slip.json"); }
TEST(cobs) { hold("cobs.json"); }

int main(void) {
  RUN(raw);
  RUN(line);
  RUN(delimiter);
  RUN(length);
  RUN(varint);
  RUN(netstring);
  RUN(fixed);
  RUN(slip);
  RUN(cobs);
  return check_done();
}
