/* refused.h: what a user reads of a text that is no address: a sentence, the text, the caret. */
#ifndef REFUSED_H
#define REFUSED_H

#include "check.h"
#include "wiretalk.h"

/* Parses the text that stands on the second line of a transcript, and holds what is said of it to the transcript. */
static void refused(const char *transcript) {
  static char text[WT_ADDRESS_BYTES + 1];
  wt_address address;
  wt_error error;
  const char *begin = strchr(transcript, '\n') + 3;
  const char *end = strchr(begin, '\n');
  memcpy(text, begin, (size_t)(end - begin));
  text[end - begin] = '\0';
  memset(&error, 0, sizeof error);
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, &error));
  CHECK_INT(WT_EUSAGE, error.code);
  CHECK_INT(0, error.os_error);
  CHECK_TEXT(transcript, error.text);
  CHECK(error.at + error.length <= strlen(text));
  /* Who does not want the words gets the code. */
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, NULL));
}

#define REFUSED(transcripts)                                                       \
  do {                                                                             \
    for (size_t i = 0; i < sizeof transcripts / sizeof transcripts[0]; i++) {      \
      refused(transcripts[i]);                                                     \
    }                                                                              \
  } while (0)

#endif
