/* reading.c: a text on its way to become an address: what all who read parts of it share. */
#include "address/reading.h"

#include "address/percent.h"

#include <string.h>

WTI_PRIVATE int wti_fault(wti_reading *reading, size_t at, size_t length, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  wti_say_list(&reading->words, format, arguments);
  va_end(arguments);
  size_t left = reading->text.size - at;
  if (length == WTI_ONE) {
    uint32_t code;
    length = left > 0 ? wti_character(wti_slice(reading->text, at, reading->text.size), &code) : 0;
  }
  return wti_refuse(reading->error, &reading->words, reading->text, at, length < left ? length : left);
}

/* Storage never runs out: what is decoded is no longer than it was, all of it together no longer than the text; the few
   options that are kept once more in another form add at most the text's length again and some bytes, and a zero byte
   each. Were that wrong, a text would be cut here and nothing overwritten. */
static size_t reading_room(const wt_address *address) { return sizeof address->storage - address->used - 1; }

WTI_PRIVATE char *wti_keep(wt_address *address, const char *text, size_t size) {
  char *kept = address->storage + address->used;
  size = size < reading_room(address) ? size : reading_room(address);
  memcpy(kept, text, size);
  kept[size] = '\0';
  address->used += size + 1;
  return kept;
}

WTI_PRIVATE int wti_decoded(wti_reading *reading, size_t from, size_t to, char **decoded, size_t *size) {
  *decoded = wti_keep(reading->address, reading->text.at + from, to - from);
  wti_text raw = {*decoded, to - from};
  if (wti_percent_decode(raw, *decoded, size) < 0) {
    return wti_fault(reading, from + *size, WTI_ONE,
                     "%% must be followed by two hexadecimal digits; a percent sign itself is written %%25");
  }
  (*decoded)[*size] = '\0';
  return 0;
}

WTI_PRIVATE int wti_no_zero(wti_reading *reading, size_t from, size_t to, const char *decoded, size_t size) {
  if (memchr(decoded, '\0', size) == NULL) {
    return 0;
  }
  while (from < to && !wti_begins(wti_slice(reading->text, from, to), "%00")) {
    from++;
  }
  return wti_fault(reading, from, 3, "a zero byte cannot stand here");
}
