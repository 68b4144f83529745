/* usage.h: refusing a text that somebody wrote: a sentence, the text, and a caret under the fault. */
#ifndef WTI_USAGE_H
#define WTI_USAGE_H

#include "characters.h"

#include <stdarg.h>

/* A sentence on its way. What is said beyond its room is left out: it is larger than any wt_error shows. */
typedef struct wti_words {
  size_t size;
  char text[2 * WT_ERROR_BYTES];
} wti_words;

/* Add to a sentence as printf does. WTI_TEXT(text) is the argument for "%.*s". */
WTI_PRIVATE void wti_say(wti_words *words, const char *format, ...) WTI_FORMAT(2, 3);
WTI_PRIVATE void wti_say_list(wti_words *words, const char *format, va_list arguments) WTI_FORMAT(2, 0);

#define WTI_TEXT(text) (int)(text).size, (text).at

/* Fills `error` (unless NULL) with the sentence, `text` on a line of its own where it is not empty, and a caret under
   each column of the `length` bytes at `at`, one at least. What would not show stands there as U+FFFD. Returns WT_EUSAGE. */
WTI_PRIVATE int wti_refuse(wt_error *error, const wti_words *words, wti_text text, size_t at, size_t length);

#endif
