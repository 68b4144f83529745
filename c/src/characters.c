/* characters.c: bytes as the characters that they are, and what those look like. No words of any room. */
#include "characters.h"

#include <string.h>

/* Returns how many bytes a character has that begins with this one, and its own bits; 0 where none begins so. */
static size_t characters_begin(unsigned char byte, uint32_t *code) {
  if (byte < 0x80) {
    *code = byte;
    return 1;
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    *code = byte & 0x1Fu;
    return 2;
  }
  if (byte >= 0xE0 && byte <= 0xEF) {
    *code = byte & 0x0Fu;
    return 3;
  }
  if (byte >= 0xF0 && byte <= 0xF4) {
    *code = byte & 0x07u;
    return 4;
  }
  return 0;
}

WTI_PRIVATE size_t wti_character(wti_text text, uint32_t *code) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *bytes = (const unsigned char *)text.at;
  uint32_t number = 0;
  size_t size = characters_begin(bytes[0], &number);
  size_t taken = 1;
  while (taken < size && taken < text.size && (bytes[taken] & 0xC0) == 0x80) {
    number = number << 6 | (bytes[taken] & 0x3Fu);
    taken++;
  }
  if (size == 0 || taken < size || number < least[size] || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF)) {
    *code = 0xDC00u + bytes[0];
    return 1;
  }
  *code = number;
  return size;
}

WTI_PRIVATE size_t wti_columns(wti_text text) {
  size_t columns = 0;
  size_t at = 0;
  while (at < text.size) {
    uint32_t code;
    at += wti_character(wti_slice(text, at, text.size), &code);
    int look = wti_look(code);
    columns += look == WTI_COMBINING ? 0u : look == WTI_WIDE ? 2u : 1u;
  }
  return columns;
}

WTI_PRIVATE int wti_printable(wti_text text) {
  size_t at = 0;
  while (at < text.size) {
    uint32_t code;
    at += wti_character(wti_slice(text, at, text.size), &code);
    if (wti_look(code) == WTI_HIDDEN) {
      return 0;
    }
  }
  return 1;
}

WTI_PRIVATE size_t wti_lower(wti_text text, char *out) {
  size_t written = 0;
  size_t at = 0;
  while (at < text.size) {
    uint32_t code;
    size_t size = wti_character(wti_slice(text, at, text.size), &code);
    if (code == 0x212A) {
      /* The sign of the kelvin: alone beyond ASCII, it has a small letter of ASCII. */
      out[written++] = 'k';
    } else if (code >= 'A' && code <= 'Z') {
      out[written++] = (char)(code - 'A' + 'a');
    } else {
      memmove(out + written, text.at + at, size);
      written += size;
    }
    at += size;
  }
  return written;
}

WTI_PRIVATE wti_text wti_text_of(const char *string) {
  wti_text text = {string, strlen(string)};
  return text;
}

WTI_PRIVATE wti_text wti_slice(wti_text text, size_t from, size_t to) {
  wti_text slice = {text.at + from, to - from};
  return slice;
}

WTI_PRIVATE int wti_same(wti_text text, const char *word) {
  return text.size == strlen(word) && memcmp(text.at, word, text.size) == 0;
}

WTI_PRIVATE int wti_begins(wti_text text, const char *word) {
  size_t size = strlen(word);
  return text.size >= size && memcmp(text.at, word, size) == 0;
}

WTI_PRIVATE int wti_only(wti_text text, const char *set) {
  for (size_t i = 0; i < text.size; i++) {
    if (text.at[i] == '\0' || strchr(set, text.at[i]) == NULL) {
      return 0;
    }
  }
  return 1;
}

WTI_PRIVATE size_t wti_find(wti_text text, char byte) {
  size_t at = 0;
  while (at < text.size && text.at[at] != byte) {
    at++;
  }
  return at;
}

WTI_PRIVATE size_t wti_find_last(wti_text text, char byte) {
  size_t at = text.size;
  while (at > 0 && text.at[at - 1] != byte) {
    at--;
  }
  return at > 0 ? at - 1 : text.size;
}
