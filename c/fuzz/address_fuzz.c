/* Addresses: whatever the text, it is read or refused with words, and what is read is written so that it is read again as
   the same. */
#include "wiretalk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
  if (!holds) {
    abort();
  }
}

/* What was written may be longer than an address is: what does not show is written as three bytes a byte. */
static void must_be_the_same(const wt_address *address) {
  static char text[3 * WT_ADDRESS_BYTES + 512], again[sizeof text];
  static wt_address second;
  wt_error error;
  ptrdiff_t size = wt_address_format(address, text, sizeof text);
  must(size > 0 && text[size] == '\0');
  must(wt_address_format(address, again, (size_t)size) == WT_EROOM);
  if (size > WT_ADDRESS_BYTES) {
    return;
  }
  must(wt_address_parse(&second, text, &error) == 0);
  must(second.scheme == address->scheme && second.port == address->port);
  must(strcmp(second.host, address->host) == 0);
  must(second.path_size == address->path_size && memcmp(second.path, address->path, second.path_size) == 0);
  must(second.option_count == address->option_count);
  for (size_t i = 0; i < second.option_count; i++) {
    const wt_option *one = &second.options[i], *other = &address->options[i];
    must(one->name == other->name && one->type == other->type && one->number == other->number);
    must(!(one->seconds < other->seconds) && !(one->seconds > other->seconds));
    must(one->type != WT_TEXT || strcmp(one->text, other->text) == 0);
  }
  must(wt_address_format(&second, again, sizeof again) == size && strcmp(text, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static wt_address address;
  wt_error error;
  char *text = malloc(size + 1);
  if (text == NULL) {
    return 0;
  }
  if (size > 0) {
    memcpy(text, data, size);
  }
  text[size] = '\0';
  memset(&error, 0, sizeof error);
  int code = wt_address_parse(&address, text, &error);
  if (code == 0) {
    must_be_the_same(&address);
  } else {
    must(code == WT_EUSAGE && error.code == WT_EUSAGE && error.text[0] != '\0');
    must(strlen(error.text) < sizeof error.text && error.at + error.length <= strlen(text));
    must(wt_address_parse(&address, text, NULL) == WT_EUSAGE);
  }
  free(text);
  return 0;
}
