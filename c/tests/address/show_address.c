/* Reads texts, each ended by a zero byte, from standard input, and writes for each one line of JSON: what the text says as
   an address, or why it is none. For the comparison with Python; bytes of text are written in hexadecimal, since they
   may be no UTF-8. */
#include "wiretalk.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static void show_bytes(const char *name, const char *bytes, size_t size, const char *behind) {
  printf("\"%s\":\"", name);
  for (size_t i = 0; i < size; i++) {
    printf("%02x", (unsigned char)bytes[i] & 0xFFu);
  }
  printf("\"%s", behind);
}

static void show_text(const char *name, const char *text, const char *behind) {
  show_bytes(name, text, strlen(text), behind);
}

static void show_option(const wt_option *option) {
  printf("{\"name\":\"%s\",\"type\":%d,", option->name, option->type);
  if (option->type == WT_TEXT) {
    show_text("value", option->text, "}");
  } else if (option->type == WT_SECONDS) {
    uint64_t bits;
    memcpy(&bits, &option->seconds, sizeof bits);
    printf("\"value\":\"%016" PRIx64 "\"}", bits);
  } else {
    printf("\"value\":%" PRIu64 "}", option->number);
  }
}

static void show_address(const wt_address *address) {
  static char text[3 * WT_ADDRESS_BYTES + 512];
  printf("{\"scheme\":\"%s\",\"port\":%d,", address->scheme, address->port);
  show_text("host", address->host, ",");
  show_bytes("path", address->path, address->path_size, ",\"options\":[");
  for (size_t i = 0; i < address->option_count; i++) {
    printf("%s", i == 0 ? "" : ",");
    show_option(&address->options[i]);
  }
  ptrdiff_t size = wt_address_format(address, text, sizeof text);
  printf("],");
  show_bytes("text", text, size < 0 ? 0 : (size_t)size, "}\n");
}

int main(void) {
  static char text[64 * 1024];
  wt_address address;
  wt_error error;
  size_t size = 0;
  int byte;
  setlocale(LC_ALL, ""); /* the user's, of which nothing may depend */
  while ((byte = getchar()) != EOF) {
    if (size == sizeof text) {
      return 1;
    }
    text[size++] = (char)byte;
    if (byte != 0) {
      continue;
    }
    if (wt_address_parse(&address, text, &error) == 0) {
      show_address(&address);
    } else {
      printf("{\"code\":%d,\"os_error\":%d,\"at\":%zu,\"length\":%zu,", error.code, error.os_error, error.at,
             error.length);
      show_text("fault", error.text, "}\n");
    }
    size = 0;
  }
  return size != 0;
}
