/* error.c: failures in words. Knows codes and text; no room's own reasons. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Ends a text that was cut with "…", between two characters. */
static void error_cut(char *text, size_t room) {
  static const char ellipsis[] = "\xE2\x80\xA6";
  size_t end = room - sizeof ellipsis;
  while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80) {
    end--;
  }
  memcpy(text + end, ellipsis, sizeof ellipsis);
}

static int error_fill(wt_error *error, int code, int os_error, const char *format, va_list words) {
  if (error != NULL) {
    error->code = code;
    error->os_error = os_error;
    error->at = 0;
    error->length = 0;
    int size = vsnprintf(error->text, sizeof error->text, format, words);
    if (size >= (int)sizeof error->text) {
      error_cut(error->text, sizeof error->text);
    }
  }
  return code;
}

WTI_PRIVATE int wti_fail(wt_error *error, int code, const char *format, ...) {
  va_list words;
  va_start(words, format);
  error_fill(error, code, 0, format, words);
  va_end(words);
  return code;
}

WTI_PRIVATE int wti_fail_os(wt_error *error, int code, int os_error, const char *format, ...) {
  va_list words;
  va_start(words, format);
  error_fill(error, code, os_error, format, words);
  va_end(words);
  return code;
}

static const struct {
  int code;
  const char *how;
  const char *sentence;
} error_words[] = {
    {0, "finished", "nothing is wrong"},
    {WT_ESYSTEM, "failed", "the system failed"},
    {WT_EUSAGE, "usage", "the words of the call are wrong"},
    {WT_EREFUSED, "refused", "nobody listens there"},
    {WT_EUNREACHABLE, "unreachable", "there is no way there"},
    {WT_ENOHOST, "no-such-host", "there is no host of that name"},
    {WT_EINUSE, "in-use", "somebody else has that address"},
    {WT_ENOTPERMITTED, "not-permitted", "the system does not let this user do that"},
    {WT_ETIMEDOUT, "timed-out", "it took too long"},
    {WT_ERESET, "reset", "the peer broke off"},
    {WT_ELIMIT, "limit", "a limit was reached"},
    {WT_EMALFORMED, "malformed", "these bytes are no message"},
    {WT_ETRUNCATED, "truncated", "the stream ended within a message"},
    {WT_ECLOSED, "closed", "we closed it ourselves"},
    {WT_EROOM, "room", "the buffer is too small"},
    {WT_EMEMORY, "memory", "there is no memory"},
    {WT_EINTERRUPTED, "interrupted", "a signal came"},
};

const char *wt_how(int code) {
  for (size_t i = 0; i < sizeof error_words / sizeof error_words[0]; i++) {
    if (error_words[i].code == code) {
      return error_words[i].how;
    }
  }
  return "failed";
}

const char *wt_strerror(int code) {
  for (size_t i = 0; i < sizeof error_words / sizeof error_words[0]; i++) {
    if (error_words[i].code == code) {
      return error_words[i].sentence;
    }
  }
  return "something that has no name failed";
}
