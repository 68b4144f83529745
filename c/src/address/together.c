/* together.c: what is right alone and wrong together: the last look at an address before it is given out. */
#include "address/together.h"

#include "address/ip.h"
#include "address/options.h"

#include <stdlib.h>
#include <string.h>

/* Refuses the address with the caret under an option's name, which the text holds. */
static int together_fault(wti_reading *reading, const char *option, const char *words) {
  size_t at = reading->end + 1;
  for (;;) {
    wti_text rest = wti_slice(reading->text, at, reading->text.size);
    size_t size = wti_find(rest, '&');
    wti_text name = wti_slice(rest, 0, size);
    if (wti_same(wti_slice(name, 0, wti_find(name, '=')), option)) {
      return wti_fault(reading, at, strlen(option), "%s", words);
    }
    at += size + 1;
  }
}

/* Returns an option that asks for something: a flag that is off does not. */
static const wt_option *together_asked(const wt_address *address, const char *name) {
  const wt_option *option = wt_address_option(address, name);
  return option != NULL && option->type == WT_FLAG && option->number == 0 ? NULL : option;
}

static int together_contradictions(wti_reading *reading) {
  const wti_contradiction *pair;
  for (size_t i = 0; (pair = wti_contradiction_at(i)) != NULL; i++) {
    const wt_option *one = together_asked(reading->address, pair->one);
    const wt_option *other = together_asked(reading->address, pair->other);
    if (one != NULL && other != NULL) {
      wti_say(&reading->words, "%s and %s exclude each other: %s", pair->one, pair->other, pair->why);
      return together_fault(reading, one > other ? pair->one : pair->other, "; leave one of them out");
    }
  }
  return 0;
}

/* Returns whether a host, as it is written canonically, is a multicast group: 224.0.0.0/4 or ff00::/8. */
static int together_multicast(const char *host) {
  wti_text text = wti_text_of(host);
  if (wti_find(text, ':') < text.size) {
    return wti_begins(text, "ff") && wti_find(text, ':') == 4;
  }
  return wti_ipv4_read(text) == 0 && strtol(host, NULL, 10) >= 224 && strtol(host, NULL, 10) <= 239;
}

static int together_group(wti_reading *reading) {
  const char *host = reading->address->host;
  if (reading->scheme->kind == WTI_KIND_DATAGRAM || !together_multicast(host)) {
    return 0;
  }
  size_t at = 0;
  while (at < reading->end && !wti_begins(wti_slice(reading->text, at, reading->end), "//")) {
    at++;
  }
  size_t length = strlen(host) + (strchr(host, ':') != NULL ? 2 : 0);
  return wti_fault(reading, at < reading->end ? at + 2 : 0, length,
                   "%s is a multicast group, and %s has none; write udp://", host, reading->scheme->name);
}

WTI_PRIVATE int wti_together(wti_reading *reading) {
  const wt_address *address = reading->address;
  const wt_option *least = wt_address_option(address, "tls_min");
  const wt_option *most = wt_address_option(address, "tls_max");
  if (together_contradictions(reading) < 0) {
    return WT_EUSAGE;
  }
  if (least != NULL && most != NULL && strcmp(least->text, most->text) > 0) {
    return together_fault(reading, "tls_max", "tls_max is below tls_min; there is no version left to speak");
  }
  if (address->path[0] == '@' && wt_address_option(address, "mode") != NULL) {
    return together_fault(reading, "mode", "an abstract name has no file, so no mode; leave mode out, or name a path");
  }
  if (together_group(reading) < 0) {
    return WT_EUSAGE;
  }
  if (strcmp(reading->scheme->name, "raw") == 0 && wt_address_option(address, "protocol") == NULL) {
    return wti_fault(reading, reading->end, WTI_ONE, "raw needs the number of a protocol; write %.*s?protocol=N",
                     (int)reading->end, reading->text.at);
  }
  return 0;
}
