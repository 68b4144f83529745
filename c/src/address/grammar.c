/* grammar.c: from text to address: `scheme:` then what the scheme needs, then `?option=value&…`; HOST:PORT alone is TCP.

   Every fault is refused with a caret under it. What a text might have been meant for is worked out in mistakes.c. A
   scheme that this library does not open is read all the same, so that the first mistake is the first one told. */
#include "address/hosts.h"
#include "address/ip.h"
#include "address/mistakes.h"
#include "address/options.h"
#include "address/reading.h"
#include "address/together.h"
#include "address/values.h"

#include <string.h>

/* Returns the index of a byte within text[from:to], or `to`. */
static size_t grammar_find(const wti_reading *reading, char byte, size_t from, size_t to) {
  return from + wti_find(wti_slice(reading->text, from, to), byte);
}

static int grammar_begins(const wti_reading *reading, const char *word, size_t from, size_t to) {
  return wti_begins(wti_slice(reading->text, from, to), word);
}

/* Finds the scheme, and where what it needs begins; 0 for HOST:PORT alone. */
static int grammar_scheme(wti_reading *reading, size_t *start) {
  wti_text front = wti_slice(reading->text, 0, reading->end);
  size_t colon = wti_find(front, ':');
  if (colon < front.size) {
    reading->scheme = wti_scheme_named(wti_slice(front, 0, colon));
    if (reading->scheme != NULL) {
      *start = colon + 1;
      return 0;
    }
  }
  *start = 0;
  if (wti_same(front, "-")) {
    *start = front.size;
    reading->scheme = wti_scheme_named(wti_text_of("stdio"));
    return 0;
  }
  /* The rest is HOST:PORT, or a mistake. */
  reading->scheme = wti_scheme_named(wti_text_of("tcp"));
  size_t last = wti_find_last(front, ':');
  if (!wti_begins(front, "[") && (last == front.size || !wti_only(wti_slice(front, last + 1, front.size), WTI_DIGITS) ||
                                  grammar_begins(reading, "://", colon, reading->text.size))) {
    return wti_mistake_no_scheme(reading);
  }
  return 0;
}

/* Reads the IPv6 host in brackets, and finds the colon after it (the end where there is none). */
static int grammar_bracketed(wti_reading *reading, size_t start, size_t end, size_t *colon) {
  const wti_scheme *scheme = reading->scheme;
  size_t closing = grammar_find(reading, ']', start, end);
  size_t size;
  if (closing == end) {
    return wti_fault(reading, start, WTI_ONE, "the bracket is never closed; write [::1]:PORT");
  }
  char host[WT_ADDRESS_BYTES + WTI_IPV6_BYTES];
  if (wti_bracketed_read(&reading->words, wti_slice(reading->text, start + 1, closing), host, &size) < 0) {
    return wti_fault(reading, start + 1, closing - start - 1, "%s", "");
  }
  reading->address->host = wti_keep(reading->address, host, size);
  if (scheme->family == 4) {
    return wti_fault(reading, start, closing + 1 - start, "%s is IPv4 alone; write %.3s:// or %.3s6://", scheme->name,
                     scheme->name, scheme->name);
  }
  *colon = closing + 1;
  if (*colon < end && reading->text.at[*colon] != ':') {
    return wti_fault(reading, *colon, end - *colon, "after the bracket comes :PORT");
  }
  return 0;
}

/* Reads the host that is a name, an IPv4 address, a CID, or empty. */
static int grammar_named(wti_reading *reading, size_t start, size_t end) {
  const wti_scheme *scheme = reading->scheme;
  char *host;
  size_t size;
  if (start == end) {
    return 0;
  }
  if (wti_decoded(reading, start, end, &host, &size) < 0) {
    return WT_EUSAGE;
  }
  wti_text text = {host, size};
  if (scheme->shape == WTI_SHAPE_CID ? wti_cid_read(&reading->words, text) < 0
                                     : wti_name_read(&reading->words, host, &size) < 0) {
    return wti_mistake_host(reading, start, end);
  }
  host[size] = '\0';
  reading->address->host = host;
  text.size = size;
  if (scheme->family == 6 && wti_ipv4_read(text) == 0) {
    return wti_fault(reading, start, end - start, "%s is IPv6 alone; write %.3s:// or %.3s4://", scheme->name,
                     scheme->name, scheme->name);
  }
  return 0;
}

/* Reads the port after the colon; the scheme's own where none is written. */
static int grammar_port(wti_reading *reading, size_t start, size_t colon, size_t end) {
  const wti_scheme *scheme = reading->scheme;
  uint32_t port;
  if (scheme->shape == WTI_SHAPE_HOST) {
    return colon == end ? 0 : wti_fault(reading, colon, end - colon, "%s has no port; write %s", scheme->name,
                                        scheme->form);
  }
  if (colon + 1 >= end) {
    return colon == end && scheme->usual_port >= 0 ? 0 : wti_mistake_no_port(reading, start, end);
  }
  uint32_t most = scheme->shape == WTI_SHAPE_CID ? UINT32_MAX : 65535;
  if (wti_port_read(&reading->words, wti_slice(reading->text, colon + 1, end), most, &port) < 0) {
    return wti_fault(reading, colon + 1, end - colon - 1, "%s", "");
  }
  /* More than an int holds it can only be for vsock, which is not opened here. */
  reading->address->port = (int)(port & 0xFFFF);
  return 0;
}

/* Reads `//host:port/path`, or `host:port` at the very beginning. */
static int grammar_authority(wti_reading *reading, size_t start) {
  const wti_scheme *scheme = reading->scheme;
  size_t end = reading->end;
  if (start > 0) {
    if (!grammar_begins(reading, "//", start, end)) {
      return wti_mistake_no_slashes(reading, start);
    }
    start += 2;
  }
  size_t slash = grammar_find(reading, '/', start, end);
  if (slash < end) {
    char *path;
    size_t size;
    if (scheme->shape != WTI_SHAPE_URL) {
      return wti_mistake_path(reading, slash, start);
    }
    if (wti_decoded(reading, slash, end, &path, &size) < 0 || wti_no_zero(reading, slash, end, path, size) < 0) {
      return WT_EUSAGE;
    }
  }
  size_t colon = slash;
  if (grammar_begins(reading, "[", start, slash) && scheme->shape != WTI_SHAPE_CID) {
    if (grammar_bracketed(reading, start, slash, &colon) < 0) {
      return WT_EUSAGE;
    }
  } else {
    colon = grammar_find(reading, ':', start, slash);
    if (colon < slash && grammar_find(reading, ':', colon + 1, slash) < slash) {
      return wti_mistake_colons(reading, start, slash);
    }
    if (grammar_named(reading, start, colon) < 0) {
      return WT_EUSAGE;
    }
  }
  return grammar_port(reading, start, colon, slash);
}

/* Refuses a path or command that is missing, or is not to be understood, before it is decoded. */
static int grammar_bare_path(wti_reading *reading, size_t *start, const char *what) {
  const wti_scheme *scheme = reading->scheme;
  size_t end = reading->end;
  if (scheme->shape == WTI_SHAPE_PATH && grammar_begins(reading, "//", *start, end)) {
    /* unix:///run/x is how URLs say it; what unix://run/x means, programs disagree on. */
    *start += 2;
    if (*start < end && reading->text.at[*start] != '/') {
      wti_text name = wti_slice(reading->text, *start, end);
      return wti_fault(reading, *start - 2, 2, "%s has no host; write %s:/%.*s from the root, or %s:%.*s from here",
                       scheme->name, scheme->name, WTI_TEXT(name), scheme->name, WTI_TEXT(name));
    }
  }
  if (*start == end) {
    return wti_fault(reading, *start, WTI_ONE, "the %s is missing; write %s, like %s", what, scheme->form,
                     scheme->example);
  }
  const char *side = reading->text.at[*start] == ' ' ? "begins" : reading->text.at[end - 1] == ' ' ? "ends" : NULL;
  if (side != NULL) {
    return wti_fault(reading, side[0] == 'b' ? *start : end - 1, WTI_ONE,
                     "the %s %s with a space; if it is meant, write it %%20", what, side);
  }
  return 0;
}

/* Reads the path or command after the colon. */
static int grammar_path(wti_reading *reading, size_t start) {
  const wti_scheme *scheme = reading->scheme;
  wt_address *address = reading->address;
  char *path;
  if (grammar_bare_path(reading, &start, scheme->shape == WTI_SHAPE_COMMAND ? "command" : "path") < 0 ||
      wti_decoded(reading, start, reading->end, &path, &address->path_size) < 0) {
    return WT_EUSAGE;
  }
  address->path = path;
  if (path[0] == '@' && wti_begins(wti_text_of(scheme->name), "unix")) {
    if (address->path_size > 1) {
      return 0;
    }
    return wti_fault(reading, start, WTI_ONE, "the abstract name is missing; write %s:@NAME", scheme->name);
  }
  return wti_no_zero(reading, start, reading->end, path, address->path_size);
}

/* Reads one option, at text[at:end]. */
static int grammar_option(wti_reading *reading, size_t at, size_t end) {
  wt_address *address = reading->address;
  size_t equals = grammar_find(reading, '=', at, end);
  wti_text name = wti_slice(reading->text, at, equals);
  const wti_option *option = wti_option_named(name);
  char *text;
  size_t size;
  if (option == NULL || !wti_option_is_for(option, reading->scheme)) {
    return wti_mistake_option(reading, at, name);
  }
  if (option->kind == WTI_VALUE_ABSENT) {
    /* Of a scheme that the library has not, the scheme is what is told. */
    if (reading->scheme->instead != NULL) {
      return 0;
    }
    return wti_fault(reading, at, name.size, "libwiretalk has no %s; let `wiretalk relay` do that", option->name);
  }
  if (wt_address_option(address, option->name) != NULL) {
    return wti_fault(reading, at, name.size, "%s is given twice", option->name);
  }
  wt_option *out = &address->options[address->option_count];
  memset(out, 0, sizeof *out);
  out->name = option->name;
  if (equals == end) {
    if (option->kind != WTI_VALUE_FLAG && option->kind != WTI_VALUE_FLAG_OR_DURATION) {
      return wti_fault(reading, at, name.size, "%s needs a value; write %s=%s", option->name, option->name,
                       option->value);
    }
    out->type = WT_FLAG;
    out->number = 1;
  } else {
    if (wti_decoded(reading, equals + 1, end, &text, &size) < 0 ||
        wti_no_zero(reading, equals + 1, end, text, size) < 0) {
      return WT_EUSAGE;
    }
    if (wti_value_read(&reading->words, option, address, text, out) < 0) {
      return wti_fault(reading, equals + 1, end - equals - 1, "%s", "");
    }
  }
  address->option_count++;
  return 0;
}

/* Reads the options after the question mark. */
static int grammar_options(wti_reading *reading, size_t start) {
  for (;;) {
    size_t end = grammar_find(reading, '&', start, reading->text.size);
    if (grammar_option(reading, start, end) < 0) {
      return WT_EUSAGE;
    }
    if (end == reading->text.size) {
      return 0;
    }
    start = end + 1;
  }
}

static int grammar_read(wti_reading *reading) {
  size_t start;
  if (wti_mistake_characters(reading) < 0) {
    return WT_EUSAGE;
  }
  reading->end = wti_find(reading->text, '?');
  if (grammar_scheme(reading, &start) < 0) {
    return WT_EUSAGE;
  }
  const wti_scheme *scheme = reading->scheme;
  if (scheme->shape == WTI_SHAPE_PATH || scheme->shape == WTI_SHAPE_COMMAND) {
    if (grammar_path(reading, start) < 0) {
      return WT_EUSAGE;
    }
  } else if (scheme->shape != WTI_SHAPE_NOTHING) {
    if (grammar_authority(reading, start) < 0) {
      return WT_EUSAGE;
    }
  } else if (start < reading->end) {
    return wti_fault(reading, start, reading->end - start, "nothing comes after %.*s; write \"%s\"", (int)start,
                     reading->text.at, scheme->form);
  }
  if (reading->end < reading->text.size && grammar_options(reading, reading->end + 1) < 0) {
    return WT_EUSAGE;
  }
  if (wti_together(reading) < 0) {
    return WT_EUSAGE;
  }
  if (scheme->instead != NULL) {
    size_t size = reading->text.at[0] == '-' ? 1 : wti_find(reading->text, ':');
    return wti_fault(reading, 0, size, "libwiretalk has no %s; %s", scheme->name, scheme->instead);
  }
  reading->address->scheme = scheme->name;
  return 0;
}

int wt_address_parse(wt_address *address, const char *text, wt_error *error) {
  wti_reading reading;
  memset(address, 0, offsetof(wt_address, storage));
  address->scheme = address->host = address->path = "";
  address->port = -1;
  reading.text = wti_text_of(text);
  reading.end = reading.text.size;
  reading.scheme = NULL;
  reading.address = address;
  reading.error = error;
  reading.words.size = 0;
  return grammar_read(&reading);
}

const wt_option *wt_address_option(const wt_address *address, const char *name) {
  for (size_t i = 0; i < address->option_count; i++) {
    if (strcmp(address->options[i].name, name) == 0) {
      return &address->options[i];
    }
  }
  return NULL;
}
