/* Specifications of framings: whatever the text, it is read or refused with words, and what is read is a framing. */
#include "wiretalk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wt_framing framing;
  wt_error error;
  unsigned char wire[64];
  char *spec = malloc(size + 1);
  if (spec == NULL || size == 0) {
    free(spec);
    return 0;
  }
  memcpy(spec, data + 1, size - 1);
  spec[size - 1] = '\0';
  int code = wt_framing_parse(&framing, spec, data[0], &error);
  size_t length = strlen(spec);
  /* Where something is missing, the caret stands behind the text. */
  int told = code == WT_EUSAGE && error.text[0] != '\0' && memchr(error.text, '\0', sizeof error.text) != NULL;
  int there = told && error.at <= length && (error.length <= length - error.at || error.length == 1);
  if (code != 0 && !there) {
    abort();
  }
  if (code == 0 && wt_encode(&framing, "a", 1, wire, sizeof wire) == WT_EROOM) {
    abort();
  }
  free(spec);
  return 0;
}
