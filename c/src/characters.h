/* characters.h: bytes as the characters that they are, and what those look like. No words of any room. */
#ifndef WTI_CHARACTERS_H
#define WTI_CHARACTERS_H

#include "private.h"

/* How a character shows on a terminal. */
enum { WTI_NARROW, WTI_HIDDEN, WTI_COMBINING, WTI_WIDE };

/* A stretch of text; not ended by a zero byte. */
typedef struct wti_text {
  const char *at;
  size_t size;
} wti_text;

#define WTI_DIGITS "0123456789"
#define WTI_HEX "0123456789ABCDEFabcdef"

/* Returns how many bytes the character at the beginning of a text (which has one) takes. A byte that is no UTF-8 is a
   character of its own, with the code 0xDC00 and the byte: such a code means nothing else. */
WTI_PRIVATE size_t wti_character(wti_text text, uint32_t *code);

/* Returns how a character shows. In columns.c, which a program writes. */
WTI_PRIVATE int wti_look(uint32_t code);

/* Returns how many columns of a terminal a text takes, where what is hidden shows as U+FFFD. */
WTI_PRIVATE size_t wti_columns(wti_text text);

/* Returns whether every character of a text shows. */
WTI_PRIVATE int wti_printable(wti_text text);

/* Writes a text in small letters, as far as a small letter is ASCII. `out` has as many bytes as the text, and may be
   the text itself. Returns the bytes written. */
WTI_PRIVATE size_t wti_lower(wti_text text, char *out);

WTI_PRIVATE wti_text wti_text_of(const char *string);
WTI_PRIVATE wti_text wti_slice(wti_text text, size_t from, size_t to);
WTI_PRIVATE int wti_same(wti_text text, const char *word);
WTI_PRIVATE int wti_begins(wti_text text, const char *word);

/* Returns whether a text holds bytes of `set` alone; an empty one does. */
WTI_PRIVATE int wti_only(wti_text text, const char *set);

/* Returns the index of a byte, the first or the last; the size where there is none. */
WTI_PRIVATE size_t wti_find(wti_text text, char byte);
WTI_PRIVATE size_t wti_find_last(wti_text text, char byte);

#endif
