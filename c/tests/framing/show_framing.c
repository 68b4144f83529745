/* show_framing.c: a tool for tests that compare: what the framings of libwiretalk make of a stream, as text.

       show_framing < REQUESTS

   Each line of the input is a request of words with a space between: "SPEC MAX decode PIECE…" feeds the pieces and
   the end of the stream; "SPEC MAX encode MESSAGE" writes one message; "SPEC MAX parse" reads the specification
   alone. Every word but MAX and the verb is in hexadecimal digits, "-" where it is empty. Each line of the output
   answers one request with words: "message HEX", "wire HEX", and at last "ok", or "fault CODE SENTENCE REST NEED", in
   hexadecimal likewise. The buffer is as large as the decoder asks for, no more. */
#include "wiretalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *why) {
  fprintf(stderr, "show_framing: %s\n", why);
  exit(2);
}

static void put_hex(const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  if (size == 0) {
    putchar('-');
  }
  for (size_t i = 0; i < size; i++) {
    printf("%02x", at[i]);
  }
}

static unsigned digit(char c) { return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10); }

/* Returns memory of its own for the bytes of a word, with a zero byte behind them, so that a read too far is seen. */
static unsigned char *get_hex(const char *word, size_t *size) {
  *size = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
  unsigned char *bytes = malloc(*size + 1);
  if (bytes == NULL) {
    fail("no memory");
  }
  for (size_t i = 0; i < *size; i++) {
    bytes[i] = (unsigned char)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
  }
  bytes[*size] = '\0';
  return bytes;
}

static void put_fault(int code, const wt_error *error, const wt_message *rest, size_t need) {
  printf("fault %d ", code);
  put_hex(error->text, strlen(error->text));
  putchar(' ');
  put_hex(rest->data, rest->size);
  printf(" %zu\n", need);
}

/* Feeds one piece. Returns 0, or the fault. */
static int feed(wt_decoder *decoder, const unsigned char *piece, size_t size) {
  for (size_t at = 0;;) {
    wt_message message;
    ptrdiff_t taken = wt_decode(decoder, piece + at, size - at, &message);
    if (taken == WT_EROOM) {
      void *old = decoder->buffer;
      void *buffer = malloc(wt_decoder_room(decoder));
      wt_decoder_rebuffer(decoder, buffer, wt_decoder_room(decoder));
      free(old);
    } else if (taken <= 0) {
      return (int)taken;
    } else {
      printf("message ");
      put_hex(message.data, message.size);
      putchar(' ');
      at += (size_t)taken;
    }
  }
}

static void decode(const wt_framing *framing, char *words) {
  wt_decoder decoder;
  wt_message rest = {"", 0};
  wt_error error;
  size_t need = 0;
  int code = 0;
  wt_decoder_init(&decoder, framing, NULL, 0);
  for (char *word = strtok(words, " "); word != NULL && code == 0; word = strtok(NULL, " ")) {
    size_t size;
    unsigned char *piece = get_hex(word, &size);
    code = feed(&decoder, piece, size);
    free(piece);
  }
  if (code == 0) {
    code = wt_decode_end(&decoder, &rest, &need);
  }
  wt_decoder_explain(&decoder, &error);
  if (code == 0) {
    puts("ok");
  } else {
    put_fault(code, &error, &rest, need);
  }
  free(decoder.buffer);
}

static void encode(const wt_framing *framing, const char *word) {
  wt_message none = {"", 0};
  wt_error error;
  size_t size;
  unsigned char *message = get_hex(word, &size);
  size_t room = wt_encoded_most(framing, size);
  unsigned char *wire = malloc(room + 1);
  ptrdiff_t written = wt_encode(framing, message, size, wire, room);
  if (written < 0) {
    wt_encode_explain(framing, message, size, &error);
    put_fault((int)written, &error, &none, 0);
  } else {
    printf("wire ");
    put_hex(wire, (size_t)written);
    puts(" ok");
  }
  free(wire);
  free(message);
}

static void answer(char *line) {
  char *words[3] = {line, NULL, NULL};
  for (int i = 1; i < 3; i++) {
    words[i] = strchr(words[i - 1], ' ');
    if (words[i] == NULL) {
      fail("a request has three words");
    }
    *words[i]++ = '\0';
  }
  char *rest = strchr(words[2], ' ');
  if (rest != NULL) {
    *rest++ = '\0';
  }
  size_t size;
  unsigned char *spec = get_hex(words[0], &size);
  wt_framing framing;
  wt_error error;
  wt_message none = {"", 0};
  if (wt_framing_parse(&framing, (const char *)spec, (size_t)strtoull(words[1], NULL, 10), &error) != 0) {
    /* Where the fault begins, and its length, take the place of the rest's size. */
    printf("at %zu %zu ", error.at, error.length);
    put_fault(error.code, &error, &none, 0);
  } else if (strcmp(words[2], "decode") == 0) {
    decode(&framing, rest != NULL ? rest : line + strlen(line));
  } else if (strcmp(words[2], "encode") == 0 && rest != NULL) {
    encode(&framing, rest);
  } else {
    puts("ok");
  }
  free(spec);
}

int main(void) {
  static char line[1 << 22];
  while (fgets(line, sizeof line, stdin) != NULL) {
    size_t size = strlen(line);
    if (size == 0 || line[size - 1] != '\n') {
      fail("a request is too long");
    }
    line[size - 1] = '\0';
    answer(line);
  }
  return 0;
}
