/* spelling.c: the nearest right word to a wrong one. Words only: who asks composes the sentence.

   How alike two words are is the measure of Ratcliff and Obershelp, that Python's difflib has too: twice the characters
   in common, by the characters of both. In common are those of the longest stretch that both have, and again of what
   is before it in both, and behind it in both. */
#include "spelling.h"

#include <string.h>

/* Twice the characters in common, by those of both, must be at least 6/10: less confuses more than it helps. */
#define SPELLING_ENOUGH 6
#define SPELLING_OF 10

static uint32_t spelling_small(uint32_t code) {
  return code >= 'A' && code <= 'Z' ? code - 'A' + 'a' : code == 0x212A ? 'k' : code;
}

WTI_PRIVATE void wti_spelling_begin(wti_spelling *spelling, wti_text word) {
  memset(spelling, 0, sizeof *spelling);
  size_t at = 0;
  while (at < word.size) {
    uint32_t code;
    at += wti_character(wti_slice(word, at, word.size), &code);
    if (spelling->size + 2 > sizeof spelling->word / sizeof spelling->word[0]) {
      spelling->size = SIZE_MAX;
      return;
    }
    if (code == 0x130) {
      /* The one capital whose small letter is two characters: i, and a dot above it. */
      spelling->word[spelling->size++] = 'i';
      spelling->word[spelling->size++] = 0x307;
    } else {
      spelling->word[spelling->size++] = spelling_small(code);
    }
  }
}

/* Returns how many characters two stretches have in common, `a` of a choice and `b` of the wrong word. */
static size_t spelling_common(const char *a, size_t a_size, const uint32_t *b, size_t b_size) {
  size_t longest = 0;
  size_t a_at = 0;
  size_t b_at = 0;
  for (size_t i = 0; i < a_size; i++) {
    for (size_t j = 0; j < b_size; j++) {
      size_t size = 0;
      while (i + size < a_size && j + size < b_size && (unsigned char)a[i + size] == b[j + size]) {
        size++;
      }
      if (size > longest) {
        longest = size;
        a_at = i;
        b_at = j;
      }
    }
  }
  if (longest == 0) {
    return 0;
  }
  size_t a_end = a_at + longest;
  size_t b_end = b_at + longest;
  return longest + spelling_common(a, a_at, b, b_at) +
         spelling_common(a + a_end, a_size - a_end, b + b_end, b_size - b_end);
}

WTI_PRIVATE void wti_spelling_try(wti_spelling *spelling, const char *choice) {
  size_t size = strlen(choice);
  if (spelling->size == SIZE_MAX) {
    return;
  }
  size_t total = size + spelling->size;
  size_t matches = spelling_common(choice, size, spelling->word, spelling->size);
  int enough = matches > 0 && 2 * matches * SPELLING_OF >= total * SPELLING_ENOUGH;
  if (enough && (spelling->nearest == NULL || matches * spelling->total > spelling->matches * total)) {
    spelling->nearest = choice;
    spelling->matches = matches;
    spelling->total = total;
  }
}
