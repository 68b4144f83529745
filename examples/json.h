/* json.h: as much JSON as these conversations need: one object of strings and whole numbers, without nesting. A
   program that reads any JSON takes a library for it.

   Searching the text for "number" would be shorter, and be wrong with the first string in which that word stands. */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline const char *json_space(const char *at) {
  return at + strspn(at, " \t\r\n");
}

/* Writes a character as UTF-8; returns where it ends. */
static inline char *json_utf8(char *out, unsigned long code) {
  int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const unsigned char first[4] = {0x00, 0xC0, 0xE0, 0xF0};
  *out++ = (char)(first[more] | (code >> (6 * more)));
  while (more-- > 0) {
    *out++ = (char)(0x80 | ((code >> (6 * more)) & 0x3F));
  }
  return out;
}

/* Reads the four digits of a \u; returns 0 if they are none. A zero is none: it would end the text. */
static inline unsigned long json_hex(const char *at) {
  char digits[5] = "";
  if (strspn(at, "0123456789abcdefABCDEF") < 4) {
    return 0;
  }
  memcpy(digits, at, 4);
  return strtoul(digits, NULL, 16);
}

/* Reads an escape behind its backslash; returns what follows it, or NULL. */
static inline const char *json_escape(const char *at, char **out) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  const char *name = *at != '\0' ? strchr(names, *at) : NULL;
  unsigned long code, low;
  if (name != NULL) {
    *(*out)++ = values[name - names];
    return at + 1;
  }
  if (*at != 'u' || (code = json_hex(at + 1)) == 0) {
    return NULL;
  }
  at += 5;
  /* Characters beyond U+FFFF are written as two escapes, one that cannot stand alone before another. */
  if (code >= 0xD800 && code < 0xE000) {
    low = at[0] == '\\' && at[1] == 'u' ? json_hex(at + 2) : 0;
    if (code >= 0xDC00 || low < 0xDC00 || low > 0xDFFF) {
      return NULL;
    }
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    at += 6;
  }
  *out = json_utf8(*out, code);
  return at;
}

/* Reads a string into `out`, as a text of C; returns what follows it, or NULL where there is none, or no room. */
static inline const char *json_text(const char *at, char *out, size_t room) {
  char *end = out + room - 5;
  if (*at++ != '"' || room < 5) {
    return NULL;
  }
  while (*at != '"') {
    if ((unsigned char)*at < ' ' || out >= end) {
      return NULL;
    }
    if (*at != '\\') {
      *out++ = *at++;
    } else if ((at = json_escape(at + 1, &out)) == NULL) {
      return NULL;
    }
  }
  *out = '\0';
  return at + 1;
}

/* What an object says under a key. Returns 1; 0 where it has no such key; -1 where the text is no such object. A
   string is put into `out`, a number as its digits. */
static inline int json_get(const char *text, const char *key, char *out, size_t room) {
  char name[64], value[2048];
  int found = 0;
  const char *at = json_space(text);
  if (*at != '{') {
    return -1;
  }
  at = json_space(at + 1);
  while (*at != '}') {
    if ((at = json_text(at, name, sizeof name)) == NULL || *(at = json_space(at)) != ':') {
      return -1;
    }
    at = json_space(at + 1);
    if (*at == '"') {
      at = json_text(at, value, sizeof value);
    } else {
      size_t size = strspn(at, "-0123456789");
      snprintf(value, sizeof value, "%.*s", (int)(size < 20 ? size : 20), at);
      at = size > 0 ? at + size : NULL;
    }
    if (at == NULL) {
      return -1;
    }
    if (strcmp(name, key) == 0) {
      found = 1;
      if (snprintf(out, room, "%s", value) >= (int)room) {
        return -1;
      }
    }
    at = json_space(at);
    if (*at == ',') {
      at = json_space(at + 1);
    } else if (*at != '}') {
      return -1;
    }
  }
  return *json_space(at + 1) == '\0' ? found : -1;
}

/* Writes a text as a string of JSON, whose end it returns; room for six times the text, and 3 bytes more, is
   enough. */
static inline char *json_put(char *out, const char *text) {
  *out++ = '"';
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < ' ') {
      out += sprintf(out, "\\u%04x", (unsigned)*text);
    } else {
      if (*text == '"' || *text == '\\') {
        *out++ = '\\';
      }
      *out++ = *text;
    }
  }
  *out++ = '"';
  *out = '\0';
  return out;
}

#endif
