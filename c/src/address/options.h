/* options.h: the table of options: what may follow the ? of an address, for which schemes, which values are right. */
#ifndef WTI_ADDRESS_OPTIONS_H
#define WTI_ADDRESS_OPTIONS_H

#include "address/schemes.h"
#include "usage.h"

/* What a value is. */
enum {
  WTI_VALUE_FLAG,
  WTI_VALUE_INTEGER,
  WTI_VALUE_OCTAL,
  WTI_VALUE_SIZE,
  WTI_VALUE_DURATION,
  WTI_VALUE_FLAG_OR_DURATION,
  WTI_VALUE_CHOICE,
  WTI_VALUE_TEXT,
  WTI_VALUE_INTERFACE,
  WTI_VALUE_SERVER_NAME,
  WTI_VALUE_LIST,
  WTI_VALUE_FINGERPRINT,
  WTI_VALUE_BIND,
  WTI_VALUE_ABSENT /* wiretalk has it, this library has not */
};

typedef struct wti_option {
  const char *name;
  int kind;
  const char *schemes;  /* those that have it, with spaces between */
  double low;
  double high;
  const char *range;    /* the values that are right, in words */
  const char *value;    /* what stands for the value in a hint; of a choice the words, with | between */
} wti_option;

/* Two options that contradict each other. */
typedef struct wti_contradiction {
  const char *one;
  const char *other;
  const char *why;
} wti_contradiction;

/* Return the entry with this number, in the order in which help shows them; NULL behind the last. */
WTI_PRIVATE const wti_option *wti_option_at(size_t number);
WTI_PRIVATE const wti_contradiction *wti_contradiction_at(size_t number);

/* Returns the option of this name, or NULL. */
WTI_PRIVATE const wti_option *wti_option_named(wti_text name);

/* Returns whether a scheme has an option. */
WTI_PRIVATE int wti_option_is_for(const wti_option *option, const wti_scheme *scheme);

/* Returns whether a word is one of those in a text, which stand between bytes `between`. */
WTI_PRIVATE int wti_among(const char *words, char between, wti_text word);

#endif
