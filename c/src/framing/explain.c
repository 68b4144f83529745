/* explain.c: what is wrong, in words. They are those of wiretalk in Python, for the same stream in the same pieces.
   */
#include "error.h"
#include "framing/framing.h"

#include <inttypes.h>
#include <stdio.h>

WTI_PRIVATE int wti_reason_code(int reason) {
  if (reason >= WTI_WIDE_COUNT) {
    return WT_EMALFORMED;
  }
  return reason >= WTI_CUT ? WT_ETRUNCATED : reason == WTI_FINE ? 0 : WT_ELIMIT;
}

/* ---------------------------------------------------------------- bytes that can be shown */

/* Adds one character as Python's ascii() writes it between quotes. Room for 4 more bytes and the end is there. */
static size_t explain_put(char *text, size_t end, unsigned char byte, char quote) {
  if (byte == '\\' || byte == (unsigned char)quote) {
    text[end++] = '\\';
    text[end++] = (char)byte;
  } else if (byte == '\t' || byte == '\n' || byte == '\r') {
    text[end++] = '\\';
    text[end++] = byte == '\t' ? 't' : byte == '\n' ? 'n' : 'r';
  } else if (byte < 0x20 || byte > 0x7E) {
    static const char digits[] = "0123456789abcdef";
    text[end++] = '\\';
    text[end++] = 'x';
    text[end++] = digits[byte >> 4];
    text[end++] = digits[byte & 0xF];
  } else {
    text[end++] = (char)byte;
  }
  return end;
}

#define EXPLAIN_QUOTED(bytes) (4 * (bytes) + 3)

/* Writes bytes in quotes, those that double quotes avoid a backslash for. */
static const char *explain_quote(const unsigned char *bytes, size_t size, char *text) {
  int single = size > 0 && memchr(bytes, '\'', size) != NULL;
  int both = single && memchr(bytes, '"', size) != NULL;
  char quote = single && !both ? '"' : '\'';
  size_t end = 0;
  text[end++] = quote;
  for (size_t i = 0; i < size; i++) {
    end = explain_put(text, end, bytes[i], quote);
  }
  text[end++] = quote;
  text[end] = '\0';
  return text;
}

/* Writes bytes in hexadecimal, a space between two of them. */
static const char *explain_hex(const unsigned char *bytes, size_t size, char *text) {
  text[0] = '\0';
  for (size_t i = 0; i < size; i++) {
    snprintf(text + 3 * i, 4, i + 1 < size ? "%02x " : "%02x", bytes[i]);
  }
  return text;
}

/* ---------------------------------------------------------------- decoding */

static void explain_over(const wt_decoder *decoder, wt_error *error) {
  size_t most = decoder->framing.max_message;
  int reason = decoder->fault_reason;
  int at_least = reason == WTI_OVER_AT_LEAST || reason == WTI_OVER_TOLD_AT_LEAST;
  char size[sizeof decoder->head + 1];
  if (reason == WTI_OVER || reason == WTI_OVER_AT_LEAST) {
    snprintf(size, sizeof size, "%" PRIu64, decoder->fault_size);
  } else {
    memcpy(size, decoder->head, decoder->head_size);
    size[decoder->head_size] = '\0';
  }
  wti_fail(error, WT_ELIMIT, "a message of %s%s bytes: the limit max_message_bytes is %zu",
           at_least ? "at least " : "", size, most);
}

static void explain_cut(const wt_decoder *decoder, wt_error *error) {
  uint64_t have = decoder->fault_size;
  if (decoder->fault_reason == WTI_CUT) {
    wti_fail(error, WT_ETRUNCATED, "the stream ended within a message: %" PRIu64 " bytes of it had come", have);
  } else if (decoder->fault_reason == WTI_CUT_OF) {
    wti_fail(error, WT_ETRUNCATED,
             "the stream ended within a message: %" PRIu64 " of %" PRIu64 " bytes of it had come", have,
             decoder->need);
  } else {
    wti_fail(error, WT_ETRUNCATED,
             "the stream ended before the comma of a netstring: all %" PRIu64 " bytes of it had come", have);
  }
}

static void explain_malformed(const wt_decoder *decoder, wt_error *error) {
  char quoted[EXPLAIN_QUOTED(sizeof decoder->head)];
  switch (decoder->fault_reason) {
  case WTI_WIDE_COUNT:
    wti_fail(error, WT_EMALFORMED, "the count of a message is over 64 bits");
    break;
  case WTI_LONG_COUNT:
    wti_fail(error, WT_EMALFORMED, "the count of a message is longer than 10 bytes");
    break;
  case WTI_NO_COUNT:
    wti_fail(error, WT_EMALFORMED,
             "a netstring begins with a count and a colon, without zeros in front; this one with %s",
             explain_quote(decoder->head, decoder->head_size, quoted));
    break;
  case WTI_NO_COMMA:
    wti_fail(error, WT_EMALFORMED, "a netstring ends in a comma; this one in %s",
             explain_quote(&decoder->fault_byte, 1, quoted));
    break;
  case WTI_BAD_ESCAPE:
    wti_fail(error, WT_EMALFORMED, "SLIP's ESC (db) comes before dc or dd only");
    break;
  default:
    wti_fail(error, WT_EMALFORMED, "a COBS block of %" PRIu64 " bytes more than its frame has", decoder->fault_size);
  }
}

static void explain_nothing(wt_error *error) {
  error->code = 0;
  error->os_error = 0;
  error->at = 0;
  error->length = 0;
  error->text[0] = '\0';
}

void wt_decoder_explain(const wt_decoder *decoder, wt_error *error) {
  if (error == NULL) {
    return;
  }
  if (decoder->fault == WT_ELIMIT) {
    explain_over(decoder, error);
  } else if (decoder->fault == WT_ETRUNCATED) {
    explain_cut(decoder, error);
  } else if (decoder->fault == WT_EMALFORMED) {
    explain_malformed(decoder, error);
  } else if (decoder->room > decoder->capacity) {
    wti_fail(error, WT_EROOM, "the buffer has %zu bytes; give one of %zu", decoder->capacity, decoder->room);
  } else {
    explain_nothing(error);
  }
}

/* ---------------------------------------------------------------- encoding */

/* A count that is too small for a message: which framing counts so, and how far. */
static void explain_over_count(const wt_framing *framing, size_t size, wt_error *error) {
  unsigned bits = 8 * (framing->variant & ~(unsigned)WTI_LOW_FIRST);
  uint32_t most = UINT32_MAX >> (32 - bits);
  const char *order = bits == 8 ? "" : (framing->variant & WTI_LOW_FIRST) != 0 ? "le" : "be";
  wti_fail(error, WT_EMALFORMED,
           "length:u%u%s counts to %" PRIu32 ": a message of %zu bytes cannot be sent; use length:u32be", bits, order,
           most, size);
}

void wt_encode_explain(const wt_framing *framing, const void *message, size_t size, wt_error *error) {
  if (error == NULL) {
    return;
  }
  char hex[3 * sizeof framing->delimiter + 1];
  switch (wti_refusal(framing, message, size)) {
  case WTI_FINE:
    explain_nothing(error);
    break;
  case WTI_OVER_TO_SEND:
    wti_fail(error, WT_ELIMIT, "a message of %zu bytes to send: the limit max_message_bytes is %zu", size,
             framing->max_message);
    break;
  case WTI_HOLDS_LF:
    wti_fail(error, WT_EMALFORMED, "a message that holds LF cannot be sent as a line: it would arrive as two");
    break;
  case WTI_ENDS_IN_CR:
    wti_fail(error, WT_EMALFORMED,
             "a message that ends in CR cannot be sent as a line: the CR would be dropped; line:crlf keeps it");
    break;
  case WTI_HOLDS_DELIMITER:
    wti_fail(error, WT_EMALFORMED, "a message cannot be sent that holds its delimiter, %s, or half of it",
             explain_hex(framing->delimiter, framing->delimiter_size, hex));
    break;
  case WTI_OVER_COUNT:
    explain_over_count(framing, size, error);
    break;
  case WTI_NOT_THE_SIZE:
    wti_fail(error, WT_EMALFORMED, "fixed:%0*zu carries messages of %zu bytes only; this one has %zu",
             (int)framing->variant, framing->fixed_size, framing->fixed_size, size);
    break;
  default:
    wti_fail(error, WT_EMALFORMED, "an empty message cannot be sent as a SLIP packet: the peer would drop it");
  }
}
