/* values.c: the values of options, from text. A fault is one clause, which the grammar shows under the value. Which option
   has which kind is in options.c; how a value is written is in writing.c. */
#include "address/values.h"

#include "address/hosts.h"
#include "address/ip.h"
#include "address/percent.h"
#include "address/reading.h"
#include "address/units.h"
#include "address/writing.h"

#include <string.h>

/* What a reader of one kind is given. */
typedef struct values_value {
  wti_words *words;
  const wti_option *option;
  wt_address *address;
  wti_text text;
  wt_option *out;
} values_value;

static int values_out_of_range(const values_value *value) {
  wti_say(value->words, "%s must be %s", value->option->name, value->option->range);
  return -1;
}

static int values_number(const values_value *value, uint64_t number) {
  if ((double)number < value->option->low || (double)number > value->option->high) {
    return values_out_of_range(value);
  }
  value->out->type = WT_NUMBER;
  value->out->number = number;
  return 0;
}

/* Returns 1 or 0 for the words of a flag, -1 for any other. */
static int values_flag_word(wti_text text) {
  char small[16];
  if (text.size > sizeof small) {
    return -1;
  }
  wti_text word = {small, wti_lower(text, small)};
  return wti_among("1|yes|true|on", '|', word) ? 1 : wti_among("0|no|false|off", '|', word) ? 0 : -1;
}

static int values_flag(const values_value *value) {
  int flag = values_flag_word(value->text);
  if (flag < 0) {
    wti_say(value->words, "%s is a flag: 1, yes, true or on; 0, no, false or off", value->option->name);
    return -1;
  }
  value->out->type = WT_FLAG;
  value->out->number = (uint64_t)flag;
  return 0;
}

/* Reads digits of a base that is a power of two; UINT64_MAX where the number is larger. */
static uint64_t values_power(wti_text digits, unsigned bits) {
  uint64_t number = 0;
  for (size_t i = 0; i < digits.size; i++) {
    if (number >> (64 - bits) != 0) {
      return UINT64_MAX;
    }
    number = number << bits | (unsigned)wti_hexadecimal(digits.at[i]);
  }
  return number;
}

static int values_integer(const values_value *value) {
  wti_text text = value->text;
  if (text.size > 0 && wti_only(text, WTI_DIGITS)) {
    return values_number(value, wti_number_read(text));
  }
  if (text.size > 2 && (wti_begins(text, "0x") || wti_begins(text, "0X"))) {
    wti_text digits = wti_slice(text, 2, text.size);
    if (wti_only(digits, WTI_HEX)) {
      return values_number(value, values_power(digits, 4));
    }
  }
  return values_out_of_range(value);
}

static int values_octal(const values_value *value) {
  if (value->text.size == 0 || !wti_only(value->text, "01234567")) {
    return values_out_of_range(value);
  }
  return values_number(value, values_power(value->text, 3));
}

static int values_size(const values_value *value) {
  uint64_t size;
  return wti_size_read(value->words, value->text, &size) < 0 ? -1 : values_number(value, size);
}

static int values_duration(const values_value *value) {
  double seconds;
  if (wti_duration_read(value->words, value->text, &seconds) < 0) {
    return -1;
  }
  if (seconds < value->option->low || seconds > value->option->high) {
    return values_out_of_range(value);
  }
  value->out->type = WT_SECONDS;
  value->out->seconds = seconds;
  return 0;
}

/* Keeps a text as the option's value. It lies in the address's storage already. */
static int values_keep(const values_value *value) {
  value->out->type = WT_TEXT;
  value->out->text = value->text.at;
  return 0;
}

static int values_choice(const values_value *value, char *small) {
  wti_text word = {small, wti_lower(value->text, small)};
  small[word.size] = '\0';
  return wti_among(value->option->value, '|', word) ? values_keep(value) : values_out_of_range(value);
}

static int values_text(const values_value *value) {
  if (value->text.size == 0) {
    wti_say(value->words, "%s must not be empty", value->option->name);
    return -1;
  }
  return values_keep(value);
}

static int values_interface(const values_value *value) {
  wti_text text = value->text;
  if (text.size == 0 || wti_find(text, '/') < text.size || wti_find(text, ' ') < text.size || !wti_printable(text)) {
    wti_say(value->words, "%s must be the name of a network interface, or an address of it", value->option->name);
    return -1;
  }
  return values_keep(value);
}

static int values_server_name(const values_value *value, char *name) {
  size_t size = value->text.size;
  if (size == 0) {
    wti_say(value->words, "%s must be the name of a host", value->option->name);
    return -1;
  }
  if (wti_name_read(value->words, name, &size) < 0) {
    return -1;
  }
  name[size] = '\0';
  return values_keep(value);
}

/* Words with commas between, each of 1 to 255 bytes, as ALPN has them (RFC 7301, section 3.1). */
static int values_list(const values_value *value) {
  wti_text rest = value->text;
  for (;;) {
    size_t size = wti_find(rest, ',');
    if (size < 1 || size > 255) {
      wti_say(value->words, "%s must be names of 1 to 255 bytes with commas between them", value->option->name);
      return -1;
    }
    if (size == rest.size) {
      return values_keep(value);
    }
    rest = wti_slice(rest, size + 1, rest.size);
  }
}

/* Digits in small letters after "sha256:", without the colons that may stand between. */
static int values_fingerprint(const values_value *value, char *small) {
  char digits[64];
  size_t count = 0;
  wti_text text = {small, wti_lower(value->text, small)};
  for (size_t i = wti_begins(text, "sha256:") ? 7 : 0; i < text.size; i++) {
    if (text.at[i] != ':') {
      if (count == sizeof digits || wti_hexadecimal(text.at[i]) < 0) {
        count = 0;
        break;
      }
      digits[count++] = text.at[i];
    }
  }
  if (count != sizeof digits) {
    wti_say(value->words, "%s must be sha256: and 64 hexadecimal digits", value->option->name);
    return -1;
  }
  char whole[7 + sizeof digits];
  memcpy(whole, "sha256:", 7);
  memcpy(whole + 7, digits, sizeof digits);
  value->out->type = WT_TEXT;
  value->out->text = wti_keep(value->address, whole, sizeof whole);
  return 0;
}

WTI_PRIVATE int wti_endpoint_read(wti_words *words, wti_text text, char *host, uint32_t *port) {
  size_t host_size = 0;
  wti_text rest;             /* what is behind the host: nothing, or a colon and what follows it */
  int bracketed = wti_begins(text, "[");
  if (bracketed) {
    size_t closing = wti_find(text, ']');
    rest = wti_slice(text, closing < text.size ? closing + 1 : closing, text.size);
    if (closing == text.size || (rest.size > 0 && rest.at[0] != ':')) {
      wti_say(words, "an IPv6 address goes in brackets: [::1] or [::1]:PORT");
      return -1;
    }
    if (wti_bracketed_read(words, wti_slice(text, 1, closing), host, &host_size) < 0) {
      return -1;
    }
  } else {
    size_t colon = wti_find(text, ':');
    rest = wti_slice(text, colon, text.size);
    if (wti_find_last(text, ':') != colon) {
      wti_say(words, "an IPv6 address goes in brackets: [::1] or [::1]:PORT");
      return -1;
    }
    host_size = colon;
    memcpy(host, text.at, colon);
    if (colon > 0 && wti_name_read(words, host, &host_size) < 0) {
      return -1;
    }
  }
  host[host_size] = '\0';
  *port = 0;
  if (rest.size > 1) {
    return wti_port_read(words, wti_slice(rest, 1, rest.size), 65535, port);
  }
  if (rest.size == 1 || host_size == 0) {
    wti_say(words, "write HOST, HOST:PORT or :PORT");
    return -1;
  }
  return 0;
}

/* HOST, HOST:PORT or :PORT as it is written canonically. */
static int values_bind(const values_value *value) {
  char host[WT_ADDRESS_BYTES + WTI_IPV6_BYTES];
  char text[WT_ADDRESS_BYTES + WTI_IPV6_BYTES];
  uint32_t port;
  if (wti_endpoint_read(value->words, value->text, host, &port) < 0) {
    return -1;
  }
  wti_writer writer = {text, sizeof text, 0};
  wti_write_endpoint(&writer, host, host[0] != '\0' && port == 0 ? -1 : (long)port);
  value->out->type = WT_TEXT;
  value->out->text = wti_keep(value->address, text, writer.size);
  return 0;
}

WTI_PRIVATE int wti_value_read(wti_words *words, const wti_option *option, wt_address *address, char *text,
                               wt_option *out) {
  values_value value = {words, option, address, wti_text_of(text), out};
  switch (option->kind) {
    case WTI_VALUE_FLAG:
      return values_flag(&value);
    case WTI_VALUE_INTEGER:
      return values_integer(&value);
    case WTI_VALUE_OCTAL:
      return values_octal(&value);
    case WTI_VALUE_SIZE:
      return values_size(&value);
    case WTI_VALUE_DURATION:
      return values_duration(&value);
    case WTI_VALUE_FLAG_OR_DURATION:
      return values_flag_word(value.text) >= 0 ? values_flag(&value) : values_duration(&value);
    case WTI_VALUE_CHOICE:
      return values_choice(&value, text);
    case WTI_VALUE_INTERFACE:
      return values_interface(&value);
    case WTI_VALUE_SERVER_NAME:
      return values_server_name(&value, text);
    case WTI_VALUE_LIST:
      return values_list(&value);
    case WTI_VALUE_FINGERPRINT:
      return values_fingerprint(&value, text);
    case WTI_VALUE_BIND:
      return values_bind(&value);
    default:
      return values_text(&value);
  }
}
