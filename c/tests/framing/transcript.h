/* transcript.h: what a framing makes of a stream, as text, so that a test reads as a transcript:

       hears("line", 0);
       CHECK_TEXT("[one] [two]", FED("one\ntwo\nth"));
       CHECK_TEXT("[three]", FED("ree\n"));
       CHECK_TEXT("", ended());

   A message is shown in square brackets, with a byte that is no printable ASCII as \hh; a fault as its sentence, and
   a stream that was cut with what had come, in braces. Each piece is fed from memory of its own size, so that a
   sanitizer sees a read too far, and the buffer is as large as was said. */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include "check.h"
#include "wiretalk.h"

#include <stdlib.h>

static wt_framing heard_framing;
static wt_decoder heard;
static size_t heard_rebuffers;
static char heard_text[4096];

/* Adds a piece of text; what is too much is left out, and the comparison fails. */
static void heard_add(const char *text) {
  size_t size = strlen(heard_text);
  snprintf(heard_text + size, sizeof heard_text - size, "%s", text);
}

static void heard_add_bytes(const char *before, const char *bytes, size_t size, const char *after) {
  heard_add(before);
  for (size_t i = 0; i < size; i++) {
    char shown[4];
    unsigned char byte = (unsigned char)bytes[i];
    snprintf(shown, sizeof shown, byte > 0x20 && byte < 0x7F && byte != '\\' ? "%c" : "\\%02x", byte);
    heard_add(shown);
  }
  heard_add(after);
}

static void heard_separate(void) {
  if (heard_text[0] != '\0') {
    heard_add(" ");
  }
}

static void heard_explain(int code) {
  wt_error error;
  wt_decoder_explain(&heard, &error);
  CHECK_INT(code, error.code);
  heard_separate();
  heard_add(error.text);
}

/* Begins a stream with a buffer of `capacity` bytes. */
static void hears_within(const char *spec, size_t max, size_t capacity) {
  wt_error error;
  error.text[0] = '\0';
  CHECK_INT(0, wt_framing_parse(&heard_framing, spec, max, &error));
  CHECK_TEXT("", error.text);
  free(heard.buffer);
  wt_decoder_init(&heard, &heard_framing, capacity > 0 ? malloc(capacity) : NULL, capacity);
  heard_rebuffers = 0;
}

/* Begins a stream with a buffer that grows from nothing as it is asked for. */
static void hears(const char *spec, size_t max) { hears_within(spec, max, 0); }

static void heard_grow(void) {
  size_t room = wt_decoder_room(&heard);
  unsigned char *old = heard.buffer;
  CHECK(room > heard.capacity);
  CHECK(room <= heard_framing.max_message);
  unsigned char *buffer = malloc(room);
  wt_decoder_rebuffer(&heard, buffer, room);
  free(old);
  heard_rebuffers++;
}

/* Feeds a piece, growing the buffer as it is asked for unless `fixed`. Returns the transcript. */
static const char *heard_feed(const char *bytes, size_t size, int fixed) {
  char *piece = malloc(size > 0 ? size : 1);
  memcpy(piece, bytes, size);
  heard_text[0] = '\0';
  for (size_t at = 0;;) {
    wt_message message;
    ptrdiff_t taken = wt_decode(&heard, piece + at, size - at, &message);
    if (taken == WT_EROOM && !fixed) {
      heard_grow();
    } else if (taken < 0) {
      heard_explain((int)taken);
      break;
    } else if (taken == 0) {
      break;
    } else {
      CHECK((size_t)taken <= size - at);
      heard_separate();
      heard_add_bytes("[", message.data, message.size, "]");
      at += (size_t)taken;
    }
  }
  free(piece);
  return heard_text;
}

#define FED(text) heard_feed("" text, sizeof(text) - 1, 0)

/* The same, but what the buffer has no room for is told, and not given. */
#define FED_WITHIN(text) heard_feed("" text, sizeof(text) - 1, 1)

/* Ends the stream, twice, for the second end must tell the same. Returns the transcript. */
static inline const char *ended(void) {
  char first[sizeof heard_text];
  for (int i = 0; i < 2; i++) {
    wt_message rest;
    size_t need;
    heard_text[0] = '\0';
    int code = wt_decode_end(&heard, &rest, &need);
    if (code != 0) {
      heard_explain(code);
    }
    if (code == WT_ETRUNCATED) {
      heard_add_bytes(" {", rest.data, rest.size, "}");
      CHECK_INT(code, wt_decode(&heard, "x", 1, &rest));
    } else {
      CHECK_INT(0, rest.size);
      CHECK_INT(0, need);
    }
    if (code == WT_ETRUNCATED && need > 0) {
      char of[32];
      snprintf(of, sizeof of, " of %zu", need);
      heard_add(of);
    }
    if (i == 0) {
      memcpy(first, heard_text, sizeof first);
    }
  }
  CHECK_TEXT(first, heard_text);
  return heard_text;
}

/* Encodes a message with exactly the room that it takes. Returns the bytes, or why it is refused; checks that less
   room writes nothing. */
static inline const char *said(const char *spec, size_t max, const char *bytes, size_t size) {
  wt_framing framing;
  wt_error error;
  CHECK_INT(0, wt_framing_parse(&framing, spec, max, NULL));
  heard_text[0] = '\0';
  size_t most = wt_encoded_most(&framing, size);
  unsigned char *wire = malloc(most + 1);
  memset(wire, 0x5A, most + 1);
  ptrdiff_t written = wt_encode(&framing, bytes, size, wire, most);
  wt_encode_explain(&framing, bytes, size, &error);
  CHECK_INT(written < 0 ? written : 0, error.code);
  if (written < 0) {
    heard_add(error.text);
    CHECK_INT(0x5A, wire[0]);
  } else {
    CHECK_TEXT("", error.text);
    CHECK((size_t)written <= most);
    heard_add_bytes("", (const char *)wire, (size_t)written, "");
    unsigned char *exact = malloc((size_t)written + 1);
    memset(exact, 0x5A, (size_t)written + 1);
    for (size_t room = 0; room < (size_t)written; room++) {
      CHECK_INT(WT_EROOM, wt_encode(&framing, bytes, size, exact, room));
    }
    CHECK_INT(0x5A, exact[0]);
    CHECK_INT(written, wt_encode(&framing, bytes, size, exact, (size_t)written));
    CHECK(memcmp(exact, wire, (size_t)written) == 0);
    CHECK_INT(0x5A, exact[written]);
    free(exact);
  }
  free(wire);
  return heard_text;
}

#define SAID(spec, max, text) said(spec, max, "" text, sizeof(text) - 1)

/* Frees what is left, and tells how it went. */
static int heard_done(void) {
  free(heard.buffer);
  heard.buffer = NULL;
  return check_done();
}

#endif
