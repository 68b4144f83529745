/* usage.c: refusing a text that somebody wrote: a sentence, the text, and a caret under the fault. */
#include "usage.h"

#include "error.h"

#include <stdio.h>
#include <string.h>

WTI_PRIVATE void wti_say_list(wti_words *words, const char *format, va_list arguments) {
  size_t room = sizeof words->text - words->size;
  int size = vsnprintf(words->text + words->size, room, format, arguments);
  words->size += size < 0 ? 0 : (size_t)size < room ? (size_t)size : room - 1;
}

WTI_PRIVATE void wti_say(wti_words *words, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  wti_say_list(words, format, arguments);
  va_end(arguments);
}

/* A text with room for a little more than a wt_error shows, so that what is cut off is cut off there. */
typedef struct usage_page {
  size_t size;
  char text[WT_ERROR_BYTES + 1];
} usage_page;

static void usage_put(usage_page *page, const char *bytes, size_t size) {
  size_t room = sizeof page->text - 1 - page->size;
  size_t taken = size < room ? size : room;
  memcpy(page->text + page->size, bytes, taken);
  page->size += taken;
}

/* Puts a text whose every character shows: nothing that could move a terminal's cursor. */
static void usage_put_visible(usage_page *page, wti_text text) {
  size_t at = 0;
  while (at < text.size) {
    uint32_t code;
    wti_text rest = wti_slice(text, at, text.size);
    size_t size = wti_character(rest, &code);
    if (wti_look(code) == WTI_HIDDEN) {
      usage_put(page, "\xEF\xBF\xBD", 3);
    } else {
      usage_put(page, rest.at, size);
    }
    at += size;
  }
}

static void usage_put_many(usage_page *page, char byte, size_t count) {
  for (size_t i = 0; i < count && page->size < sizeof page->text - 1; i++) {
    usage_put(page, &byte, 1);
  }
}

WTI_PRIVATE int wti_refuse(wt_error *error, const wti_words *words, wti_text text, size_t at, size_t length) {
  if (error == NULL) {
    return WT_EUSAGE;
  }
  usage_page page = {0, ""};
  wti_text sentence = {words->text, words->size};
  usage_put_visible(&page, sentence);
  if (text.size > 0) {
    size_t under = wti_columns(wti_slice(text, at, at + length));
    usage_put(&page, "\n  ", 3);
    usage_put_visible(&page, text);
    usage_put(&page, "\n  ", 3);
    usage_put_many(&page, ' ', wti_columns(wti_slice(text, 0, at)));
    usage_put_many(&page, '^', under > 0 ? under : 1);
  }
  page.text[page.size] = '\0';
  wti_fail(error, WT_EUSAGE, "%s", page.text);
  error->at = at;
  error->length = length;
  return WT_EUSAGE;
}
