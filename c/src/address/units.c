/* units.c: sizes and durations as people write them, and back. Numbers and text; nothing here waits or allocates. What is
   written does not depend on the locale: no decimal point is ever given to strtod, or taken from printf. */
#include "address/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits of a size. Far beyond any; more would only be work. */
#define UNITS_MOST_DIGITS 100

typedef struct units_number {
  wti_text whole;     /* digits before the point; none where the text is no number */
  wti_text decimals;
  wti_text unit;
} units_number;

/* Cuts a text into the digits before the point, those behind it, and the unit. */
static units_number units_split(wti_text text) {
  size_t end = 0;
  while (end < text.size && wti_only(wti_slice(text, end, end + 1), WTI_DIGITS ".")) {
    end++;
  }
  wti_text digits = wti_slice(text, 0, end);
  size_t point = wti_find(digits, '.');
  size_t behind = point < end ? point + 1 : end;
  units_number number = {wti_slice(digits, 0, point), wti_slice(digits, behind, end), wti_slice(text, end, text.size)};
  if ((point < end && behind == end) || wti_find(number.decimals, '.') < number.decimals.size) {
    number.whole.size = 0;
  }
  if (number.unit.size > 1 && number.unit.at[0] == ' ') {
    number.unit = wti_slice(number.unit, 1, number.unit.size);
  }
  return number;
}

/* Returns whether a unit is this word, in whatever letters. */
static int units_is(wti_text unit, const char *word) {
  char small[16];
  if (unit.size > sizeof small) {
    return 0;
  }
  wti_text lower = {small, wti_lower(unit, small)};
  return wti_same(lower, word);
}

static uint64_t units_size_factor(wti_text unit) {
  /* As GNU tools read them: k and KiB are 1024, kB is 1000. */
  static const struct {
    char letter;
    uint64_t binary;
    uint64_t decimal;
  } sizes[] = {
      {'k', UINT64_C(1) << 10, UINT64_C(1000)},
      {'m', UINT64_C(1) << 20, UINT64_C(1000000)},
      {'g', UINT64_C(1) << 30, UINT64_C(1000000000)},
      {'t', UINT64_C(1) << 40, UINT64_C(1000000000000)},
  };
  if (unit.size == 0 || units_is(unit, "b")) {
    return 1;
  }
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    char word[] = {sizes[i].letter, '\0', '\0', '\0'};
    if (units_is(unit, word)) {
      return sizes[i].binary;
    }
    word[1] = 'b';
    if (units_is(unit, word)) {
      return sizes[i].decimal;
    }
    memcpy(word + 1, "ib", 2);
    if (units_is(unit, word)) {
      return sizes[i].binary;
    }
  }
  return 0;
}

/* Multiplies a number in decimal digits, the last of them first. Returns how many digits it then has. */
static size_t units_multiply(unsigned char *digits, size_t count, uint64_t factor) {
  uint64_t carry = 0;
  for (size_t i = 0; i < count || carry > 0; i++) {
    uint64_t product = carry + (i < count ? digits[i] * factor : 0);
    digits[i] = (unsigned char)(product % 10);
    carry = product / 10;
    count = i < count ? count : i + 1;
  }
  return count;
}

WTI_PRIVATE int wti_size_read(wti_words *words, wti_text text, uint64_t *size) {
  /* In decimal digits, so that no size is rounded on its way. A factor adds 13 digits at most. */
  unsigned char digits[UNITS_MOST_DIGITS + 16];
  units_number number = units_split(text);
  uint64_t factor = units_size_factor(number.unit);
  size_t count = number.whole.size + number.decimals.size;
  if (factor == 0 || number.whole.size == 0) {
    wti_say(words, "\"%.*s\" is not a size: write a number and a unit, like 4096, 64KiB or 1MiB", WTI_TEXT(text));
    return -1;
  }
  if (count > UNITS_MOST_DIGITS) {
    wti_say(words, "a size of %zu digits is too large", count);
    return -1;
  }
  for (size_t i = 0; i < count; i++) {
    size_t at = count - 1 - i;
    size_t whole = number.whole.size;
    digits[i] = (unsigned char)((at < whole ? number.whole.at[at] : number.decimals.at[at - whole]) - '0');
  }
  count = units_multiply(digits, count, factor);
  for (size_t i = 0; i < number.decimals.size; i++) {
    if (digits[i] != 0) {
      wti_say(words, "\"%.*s\" is not a whole number of bytes", WTI_TEXT(text));
      return -1;
    }
  }
  *size = 0;
  for (size_t i = count; i > number.decimals.size; i--) {
    unsigned char digit = digits[i - 1];
    *size = *size > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *size * 10 + digit;
  }
  return 0;
}

WTI_PRIVATE void wti_size_write(uint64_t size, char out[WTI_UNIT_BYTES]) {
  static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (size > 0 && size % 1024 == 0 && unit < 4) {
    size /= 1024;
    unit++;
  }
  snprintf(out, WTI_UNIT_BYTES, "%" PRIu64 "%s", size, units[unit]);
}

/* Returns the number nearest to these digits, a point `decimals` digits before their end. */
static double units_double(wti_text whole, wti_text decimals, long exponent) {
  char text[WT_ADDRESS_BYTES + 32];
  int saved = errno;
  snprintf(text, sizeof text, "%.*s%.*se%ld", WTI_TEXT(whole), WTI_TEXT(decimals), exponent);
  double number = strtod(text, NULL);
  errno = saved;
  return number;
}

WTI_PRIVATE int wti_duration_read(wti_words *words, wti_text text, double *seconds) {
  static const struct {
    const char *unit;
    double factor;
    double divisor;
  } durations[] = {
      {"", 1, 1},     {"ns", 1, 1e9}, {"us", 1, 1e6}, {"\xC2\xB5s", 1, 1e6}, {"ms", 1, 1e3},
      {"s", 1, 1},    {"m", 60, 1},   {"min", 60, 1}, {"h", 3600, 1},        {"d", 86400, 1},
  };
  units_number number = units_split(text);
  for (size_t i = 0; number.whole.size > 0 && i < sizeof durations / sizeof durations[0]; i++) {
    if (units_is(number.unit, durations[i].unit)) {
      /* Dividing by 1000 is exact where multiplying by 0.001 is not. */
      *seconds = units_double(number.whole, number.decimals, -(long)number.decimals.size);
      *seconds = *seconds * durations[i].factor / durations[i].divisor;
      if (*seconds > 1.7976931348623157e308) {
        wti_say(words, "\"%.*s\" is too long a duration", WTI_TEXT(text));
        return -1;
      }
      return 0;
    }
  }
  wti_say(words, "\"%.*s\" is not a duration: write a number and a unit, like 10s, 500ms or 2m", WTI_TEXT(text));
  return -1;
}

/* Writes a number in the fewest digits that are read back to it. Returns how many digits stand before the point, below
   zero where zeros stand behind it first. */
static int units_shortest(double number, char digits[24]) {
  for (int precision = 0;; precision++) {
    char text[40];
    snprintf(text, sizeof text, "%.*e", precision, number);
    char *mark = strchr(text, 'e');
    long exponent = strtol(mark + 1, NULL, 10);
    size_t size = 0;
    for (const char *at = text; at < mark; at++) {
      /* The point may be any character, or several, of the locale's. */
      if (*at >= '0' && *at <= '9') {
        digits[size++] = *at;
      }
    }
    digits[size] = '\0';
    wti_text none = {"", 0};
    if (precision >= 16 || units_double(wti_text_of(digits), none, exponent - precision) == number) {
      return (int)exponent + 1;
    }
  }
}

/* Writes a duration in the largest unit of which it is a whole number. Returns 0 where there is none. */
static int units_whole(double seconds, char out[WTI_UNIT_BYTES]) {
  static const struct {
    const char *unit;
    unsigned factor;
    unsigned divisor;
  } units[] = {{"d", 86400, 1}, {"h", 3600, 1}, {"m", 60, 1}, {"ms", 1, 1000}, {"us", 1, 1000000}, {"ns", 1, 1000000000}};
  for (size_t i = seconds < 1 ? 3 : 0; i < (seconds < 1 ? 6u : 3u); i++) {
    uint64_t count = (uint64_t)(seconds * units[i].divisor / units[i].factor + 0.5);
    if (count > 0 && (double)count * units[i].factor / units[i].divisor == seconds) {
      snprintf(out, WTI_UNIT_BYTES, "%" PRIu64 "%s", count, units[i].unit);
      return 1;
    }
  }
  return 0;
}

WTI_PRIVATE void wti_duration_write(double seconds, char out[WTI_UNIT_BYTES]) {
  static const char zeros[] = "00000000000000000000";
  char digits[24];
  if (units_whole(seconds, out)) {
    return;
  }
  int point = units_shortest(seconds, digits);
  int size = (int)strlen(digits);
  if (point <= 0) {
    snprintf(out, WTI_UNIT_BYTES, "0.%.*s%ss", -point, zeros, digits);
  } else if (size <= point) {
    snprintf(out, WTI_UNIT_BYTES, "%s%.*ss", digits, point - size, zeros);
  } else {
    snprintf(out, WTI_UNIT_BYTES, "%.*s.%ss", point, digits, digits + point);
  }
}
