/* vectors.h: reads the files of vectors/, as vectors/README.md says they are: no string needs an escape, so this is
   the small parser that does. Whatever it does not know ends the program. */
#ifndef VECTORS_H
#define VECTORS_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS_MESSAGES 64

typedef struct vector_bytes {
  unsigned char *bytes;
  size_t size;
} vector_bytes;

/* One vector; text is the file's own, and bytes are memory of their own. */
typedef struct vector {
  const char *name, *kind, *spec, *error;
  size_t max, need, count;
  vector_bytes wire, rest;
  vector_bytes messages[VECTORS_MESSAGES];
} vector;

static char *vectors_text;
static char *vectors_at;

static void vectors_fail(const char *why) {
  printf("the vectors cannot be read: %s: %.60s\n", why, vectors_at != NULL ? vectors_at : "");
  exit(1);
}

/* Takes one character that must come next, and the white space around it. */
static void vectors_take(char expected) {
  while (isspace((unsigned char)*vectors_at)) {
    vectors_at++;
  }
  if (*vectors_at++ != expected) {
    vectors_fail("another character was expected");
  }
  while (isspace((unsigned char)*vectors_at)) {
    vectors_at++;
  }
}

static const char *vectors_string(void) {
  vectors_take('"');
  const char *text = vectors_at;
  vectors_at += strcspn(vectors_at, "\"\\");
  if (*vectors_at != '"') {
    vectors_fail("a string with an escape, or without an end");
  }
  *vectors_at++ = '\0';
  return text;
}

static size_t vectors_number(void) {
  char *end;
  size_t number = (size_t)strtoull(vectors_at, &end, 10);
  if (end == vectors_at) {
    vectors_fail("a number was expected");
  }
  vectors_at = end;
  return number;
}

static vector_bytes vectors_hex(void) {
  static const char digits[] = "0123456789abcdef";
  const char *text = vectors_string();
  vector_bytes result = {NULL, strlen(text) / 2};
  result.bytes = malloc(result.size > 0 ? result.size : 1);
  for (size_t i = 0; i < 2 * result.size; i++) {
    const char *digit = strchr(digits, text[i]);
    if (digit == NULL) {
      vectors_fail("bytes are written in small hexadecimal digits");
    }
    unsigned high = i % 2 == 0 ? 0 : result.bytes[i / 2];
    result.bytes[i / 2] = (unsigned char)(high << 4 | (unsigned)(digit - digits));
  }
  return result;
}

static void vectors_messages(vector *read) {
  vectors_take('[');
  while (*vectors_at != ']') {
    if (read->count > 0) {
      vectors_take(',');
    }
    if (read->count == VECTORS_MESSAGES) {
      vectors_fail("more messages than there is room for");
    }
    read->messages[read->count++] = vectors_hex();
  }
  vectors_take(']');
}

static void vectors_field(vector *read) {
  const char *key = vectors_string();
  vectors_take(':');
  const struct {
    const char *key;
    const char **text;
    size_t *number;
    vector_bytes *bytes;
  } fields[] = {
      {"name", &read->name, NULL, NULL}, {"kind", &read->kind, NULL, NULL},  {"spec", &read->spec, NULL, NULL},
      {"error", &read->error, NULL, NULL}, {"max", NULL, &read->max, NULL},  {"need", NULL, &read->need, NULL},
      {"wire", NULL, NULL, &read->wire}, {"rest", NULL, NULL, &read->rest},
  };
  if (strcmp(key, "messages") == 0) {
    vectors_messages(read);
    return;
  }
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    if (strcmp(key, fields[i].key) == 0) {
      if (fields[i].text != NULL) {
        *fields[i].text = vectors_string();
      } else if (fields[i].number != NULL) {
        *fields[i].number = vectors_number();
      } else {
        *fields[i].bytes = vectors_hex();
      }
      return;
    }
  }
  vectors_fail("a key that nobody knows");
}

/* Reads the next vector of the file that is open. Returns 0 where there is none. */
static int vectors_next(vector *read) {
  vector none = {"", "", "", "", 1048576, 0, 0, {NULL, 0}, {NULL, 0}, {{NULL, 0}}};
  *read = none;
  if (*vectors_at == ',') {
    vectors_take(',');
  }
  if (*vectors_at == ']') {
    vectors_take(']');
    vectors_take('}');
    free(vectors_text);
    return 0;
  }
  vectors_take('{');
  vectors_field(read);
  while (*vectors_at == ',') {
    vectors_take(',');
    vectors_field(read);
  }
  vectors_take('}');
  return 1;
}

static void vectors_free(vector *read) {
  free(read->wire.bytes);
  free(read->rest.bytes);
  for (size_t i = 0; i < read->count; i++) {
    free(read->messages[i].bytes);
  }
}

/* Finds a file: in the folder that WIRETALK_VECTORS names, or beside where the library's tests and the project's run.
   */
static FILE *vectors_find(const char *name) {
  const char *folders[] = {getenv("WIRETALK_VECTORS"), "../vectors", "vectors"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    char path[1024];
    if (folders[i] != NULL && snprintf(path, sizeof path, "%s/%s", folders[i], name) < (int)sizeof path) {
      FILE *file = fopen(path, "rb");
      if (file != NULL) {
        return file;
      }
    }
  }
  printf("%s is not there: say where by WIRETALK_VECTORS\n", name);
  exit(1);
}

/* Opens a file of vectors. */
static void vectors_open(const char *name) {
  enum { MOST = 1 << 20 };
  FILE *file = vectors_find(name);
  vectors_text = vectors_at = calloc(1, MOST);
  size_t size = fread(vectors_text, 1, MOST - 1, file);
  if (size == MOST - 1) {
    vectors_fail("a file that is larger than expected");
  }
  fclose(file);
  vectors_take('{');
  vectors_string();
  vectors_take(':');
  vectors_string();
  vectors_take(',');
  if (strcmp(vectors_string(), "vectors") != 0) {
    vectors_fail("the vectors were expected");
  }
  vectors_take(':');
  vectors_take('[');
}

#endif
