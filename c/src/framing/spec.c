/* spec.c: a framing's specification, as text. Knows what each is called and how its value is written; no bytes of a
   stream come in here. */
#include "framing/framing.h"
#include "spelling.h"
#include "usage.h"

/* How each framing is written, where capitals stand for a value of the user's own. The order is that of every list.
   */
static const struct {
  const char *shape;
  uint8_t kind;
  uint8_t variant;
} spec_shapes[] = {
    {"raw", WTI_RAW, 0},
    {"raw:utf8", WTI_RAW, 1},
    {"line", WTI_LINE, 0},
    {"line:crlf", WTI_LINE, 1},
    {"delimiter:HEX", WTI_DELIMITER, 0},
    {"length:u8", WTI_LENGTH, WTI_U8},
    {"length:u16be", WTI_LENGTH, WTI_U16BE},
    {"length:u16le", WTI_LENGTH, WTI_U16LE},
    {"length:u32be", WTI_LENGTH, WTI_U32BE},
    {"length:u32le", WTI_LENGTH, WTI_U32LE},
    {"length:varint", WTI_VARINT, 0},
    {"netstring", WTI_NETSTRING, 0},
    {"fixed:N", WTI_FIXED, 0},
    {"slip", WTI_SLIP, 0},
    {"cobs", WTI_COBS, 0},
};
#define SPEC_SHAPES (sizeof spec_shapes / sizeof spec_shapes[0])
#define SPEC_NAME_BYTES 16

/* A specification in its two parts. */
typedef struct spec_parts {
  wti_text whole;
  wti_text name;
  wti_text value;
  size_t value_at;
  int colon;
} spec_parts;

static spec_parts spec_split(const char *text) {
  spec_parts parts;
  parts.whole = wti_text_of(text);
  size_t colon = wti_find(parts.whole, ':');
  parts.colon = colon < parts.whole.size;
  parts.value_at = parts.colon ? colon + 1 : colon;
  parts.name = wti_slice(parts.whole, 0, colon);
  parts.value = wti_slice(parts.whole, parts.value_at, parts.whole.size);
  return parts;
}

/* ---------------------------------------------------------------- values of the user's own */

static int spec_refuse_value(const spec_parts *parts, wt_error *error, const char *sentence) {
  wti_words words = {0, ""};
  wti_say(&words, "%s", sentence);
  return wti_refuse(error, &words, parts->whole, parts->value_at, parts->value.size);
}

static unsigned char spec_digit(char digit) {
  return (unsigned char)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

static int spec_delimiter(wt_framing *framing, const spec_parts *parts, wt_error *error) {
  wti_text digits = parts->value;
  for (size_t i = 0; i < digits.size; i++) {
    if (!wti_only(wti_slice(digits, i, i + 1), WTI_HEX)) {
      uint32_t code;
      size_t size = wti_character(wti_slice(digits, i, digits.size), &code);
      wti_words words = {0, ""};
      wti_say(&words, "\"%.*s\" is no hexadecimal digit; a delimiter is written like 0d0a", (int)size, digits.at + i);
      return wti_refuse(error, &words, parts->whole, parts->value_at + i, size);
    }
  }
  if (digits.size % 2 != 0) {
    return spec_refuse_value(parts, error, "a delimiter must be whole bytes; write two digits a byte, like 0a");
  }
  if (digits.size < 2 || digits.size > 2 * sizeof framing->delimiter) {
    return spec_refuse_value(parts, error, "a delimiter has 1 to 16 bytes; it is written like delimiter:0d0a");
  }
  for (size_t i = 0; i < digits.size / 2; i++) {
    framing->delimiter[i] = (unsigned char)(spec_digit(digits.at[2 * i]) << 4 | spec_digit(digits.at[2 * i + 1]));
  }
  framing->delimiter_size = (uint8_t)(digits.size / 2);
  framing->variant = wti_delimiter_borders(framing->delimiter, framing->delimiter_size) ? 1 : 0;
  return 0;
}

static int spec_fixed(wt_framing *framing, const spec_parts *parts, wt_error *error) {
  wti_text digits = parts->value;
  if (!wti_only(digits, WTI_DIGITS) || wti_only(digits, "0")) {
    return spec_refuse_value(parts, error, "a size is a number of bytes, 1 or more; it is written like fixed:32");
  }
  /* No machine has room for a message of more digits than 18. */
  uint64_t size = digits.size <= 18 ? 0 : UINT64_MAX;
  for (size_t i = 0; i < digits.size && size != UINT64_MAX; i++) {
    size = 10 * size + spec_digit(digits.at[i]);
  }
  if (size > framing->max_message || digits.size > 18) {
    wti_words words = {0, ""};
    wti_say(&words, "messages of this size are over the limit; max_message_bytes is %zu", framing->max_message);
    return wti_refuse(error, &words, parts->whole, parts->value_at, digits.size);
  }
  framing->fixed_size = (size_t)size;
  framing->variant = (uint8_t)digits.size;
  return 0;
}

/* ---------------------------------------------------------------- what is no framing */

/* Returns the bytes of a shape's name, before its colon. */
static size_t spec_name_size(const char *shape) { return strcspn(shape, ":"); }

static int spec_has_name(const char *shape, wti_text name) {
  return spec_name_size(shape) == name.size && memcmp(shape, name.at, name.size) == 0;
}

static void spec_say_choice(wti_words *words, const char *choice) { wti_say(words, "did you mean \"%s\"?", choice); }

static int spec_no_such_name(const spec_parts *parts, wt_error *error) {
  char names[SPEC_SHAPES][SPEC_NAME_BYTES];
  size_t count = 0;
  wti_spelling spelling;
  wti_spelling_begin(&spelling, parts->name);
  for (size_t i = 0; i < SPEC_SHAPES; i++) {
    size_t size = spec_name_size(spec_shapes[i].shape);
    if (count == 0 || strncmp(names[count - 1], spec_shapes[i].shape, size) != 0) {
      memcpy(names[count], spec_shapes[i].shape, size);
      names[count][size] = '\0';
      wti_spelling_try(&spelling, names[count++]);
    }
  }
  wti_words words = {0, ""};
  wti_say(&words, "there is no framing \"%.*s\"; ", WTI_TEXT(parts->name));
  if (spelling.nearest != NULL) {
    spec_say_choice(&words, spelling.nearest);
  } else {
    wti_say(&words, "there are ");
    for (size_t i = 0; i < count; i++) {
      wti_say(&words, i == 0 ? "%s" : ", %s", names[i]);
    }
  }
  return wti_refuse(error, &words, parts->whole, 0, parts->name.size);
}

static void spec_say_shapes(wti_words *words, wti_text name) {
  const char *between = "it is written ";
  for (size_t i = 0; i < SPEC_SHAPES; i++) {
    if (spec_has_name(spec_shapes[i].shape, name)) {
      wti_say(words, "%s%s", between, spec_shapes[i].shape);
      between = ", ";
    }
  }
}

/* Refuses what no shape is like: the name may be none, or the value, or it may be missing. */
static int spec_refuse(const spec_parts *parts, wt_error *error) {
  int known = 0;
  wti_spelling spelling;
  wti_spelling_begin(&spelling, parts->value);
  for (size_t i = 0; i < SPEC_SHAPES; i++) {
    const char *shape = spec_shapes[i].shape;
    if (spec_has_name(shape, parts->name)) {
      known = 1;
      if (shape[parts->name.size] == ':') {
        wti_spelling_try(&spelling, shape + parts->name.size + 1);
      }
    }
  }
  if (!known) {
    return spec_no_such_name(parts, error);
  }
  wti_words words = {0, ""};
  if (!parts->colon) {
    wti_say(&words, "%.*s needs more; ", WTI_TEXT(parts->name));
    spec_say_shapes(&words, parts->name);
    return wti_refuse(error, &words, parts->whole, parts->name.size, 1);
  }
  wti_say(&words, "%.*s has no \"%.*s\"; ", WTI_TEXT(parts->name), WTI_TEXT(parts->value));
  if (spelling.nearest != NULL) {
    spec_say_choice(&words, spelling.nearest);
  } else {
    spec_say_shapes(&words, parts->name);
  }
  return wti_refuse(error, &words, parts->whole, parts->value_at, parts->value.size);
}

int wt_framing_parse(wt_framing *framing, const char *spec, size_t max_message, wt_error *error) {
  spec_parts parts = spec_split(spec);
  memset(framing, 0, sizeof *framing);
  framing->max_message = max_message != 0 ? max_message : WT_MAX_MESSAGE;
  for (size_t i = 0; i < SPEC_SHAPES; i++) {
    const char *shape = spec_shapes[i].shape;
    uint8_t kind = spec_shapes[i].kind;
    int own = kind == WTI_DELIMITER || kind == WTI_FIXED;
    if (own ? parts.colon && spec_has_name(shape, parts.name) : strcmp(spec, shape) == 0) {
      framing->kind = kind;
      framing->variant = spec_shapes[i].variant;
      if (own) {
        return kind == WTI_FIXED ? spec_fixed(framing, &parts, error) : spec_delimiter(framing, &parts, error);
      }
      return 0;
    }
  }
  return spec_refuse(&parts, error);
}
