/* spelling.h: the nearest right word to a wrong one. Words only: who asks composes the sentence. */
#ifndef WTI_SPELLING_H
#define WTI_SPELLING_H

#include "characters.h"

/* A search for the word most like a wrong one. Begin with wti_spelling_begin, show it every choice in turn, and take
   `nearest`: NULL where none is like it. Of two equally alike, the one that came first. */
typedef struct wti_spelling {
  const char *nearest;
  size_t matches;      /* of the nearest: characters in common … */
  size_t total;        /* … of so many in both words */
  size_t size;         /* characters of the wrong word, SIZE_MAX where it is longer than any choice could be like */
  uint32_t word[64];
} wti_spelling;

WTI_PRIVATE void wti_spelling_begin(wti_spelling *spelling, wti_text word);
WTI_PRIVATE void wti_spelling_try(wti_spelling *spelling, const char *choice);

#endif
