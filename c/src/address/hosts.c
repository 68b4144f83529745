/* hosts.c: hosts and ports as text: names, IPv4, IPv6 with zones, numbers of ports. What is checked here is how they are
   written. Nothing is looked up. */
#include "address/hosts.h"

#include "address/ip.h"

#include <inttypes.h>
#include <string.h>

#define HOSTS_LABEL_MOST 63
#define HOSTS_NAME_MOST 253

WTI_PRIVATE uint64_t wti_number_read(wti_text digits) {
  uint64_t number = 0;
  for (size_t i = 0; i < digits.size; i++) {
    unsigned digit = (unsigned)(digits.at[i] - '0');
    if (number > (UINT64_MAX - digit) / 10) {
      return UINT64_MAX;
    }
    number = number * 10 + digit;
  }
  return number;
}

WTI_PRIVATE int wti_port_read(wti_words *words, wti_text text, uint32_t most, uint32_t *port) {
  if (!wti_only(text, WTI_DIGITS)) {
    size_t sign = 0;
    while (sign < text.size && (text.at[sign] == '-' || text.at[sign] == '+')) {
      sign++;
    }
    if (!wti_only(wti_slice(text, sign, text.size), WTI_DIGITS)) {
      wti_say(words, "port must be a number, 0 to %" PRIu32 ": names of services such as \"%.*s\" are not looked up",
              most, WTI_TEXT(text));
      return -1;
    }
  } else if (wti_number_read(text) <= most) {
    *port = (uint32_t)wti_number_read(text);
    return 0;
  }
  wti_say(words, "port must be 0 to %" PRIu32, most);
  return -1;
}

WTI_PRIVATE int wti_cid_read(wti_words *words, wti_text text) {
  static const char *const names[] = {"hypervisor", "local", "host", "any"};
  char small[16];
  wti_text word = {small, text.size > sizeof small ? 0 : wti_lower(text, small)};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (wti_same(word, names[i])) {
      return 0;
    }
  }
  if (wti_only(text, WTI_DIGITS) && wti_number_read(text) <= UINT32_MAX) {
    return 0;
  }
  wti_say(words, "the CID must be any, local, host, hypervisor, or a number, 0 to 4294967295");
  return -1;
}

/* Says why a name that is not ASCII is refused. What ASCII stands for it, tables of Unicode tell, and we have none. */
static int hosts_no_script(wti_words *words, wti_text name) {
  size_t at = 0;
  while (at < name.size) {
    uint32_t code;
    at += wti_character(wti_slice(name, at, name.size), &code);
    if (code >= 0xDC00 && code <= 0xDCFF) {
      wti_say(words, "this is no host's name in any script");
      return -1;
    }
  }
  wti_say(words, "libwiretalk has no tables of other scripts: write the name in its xn-- form");
  return -1;
}

/* Refuses a character that no name holds. */
static int hosts_characters(wti_words *words, wti_text name) {
  for (size_t i = 0; i < name.size; i++) {
    if ((unsigned char)name.at[i] >= 0x80) {
      return hosts_no_script(words, name);
    }
  }
  for (size_t i = 0; i < name.size; i++) {
    if (!wti_only(wti_slice(name, i, i + 1), "abcdefghijklmnopqrstuvwxyz0123456789-_.")) {
      if (name.at[i] < ' ' || name.at[i] == 0x7F) {
        wti_say(words, "a host cannot hold such a character");
      } else {
        wti_say(words, "a host cannot hold \"%c\"", name.at[i]);
      }
      return -1;
    }
  }
  return 0;
}

/* Refuses a part between points that is empty or too long. */
static int hosts_labels(wti_words *words, wti_text name) {
  size_t at = 0;
  for (;;) {
    wti_text rest = wti_slice(name, at, name.size);
    size_t size = wti_find(rest, '.');
    if (size == 0) {
      wti_say(words, "a part of the host's name is empty");
      return -1;
    }
    if (size > HOSTS_LABEL_MOST) {
      wti_say(words, "a part of a host's name is at most 63 characters long");
      return -1;
    }
    if (size == rest.size) {
      return 0;
    }
    at += size + 1;
  }
}

WTI_PRIVATE int wti_name_read(wti_words *words, char *name, size_t *size) {
  wti_text host = {name, *size};
  host.size = wti_lower(host, name);
  *size = host.size;
  if (hosts_characters(words, host) < 0) {
    return -1;
  }
  size_t point = host.size > 0 && name[host.size - 1] == '.';
  if (host.size > HOSTS_NAME_MOST + point) {
    wti_say(words, "a host's name is at most 253 characters long");
    return -1;
  }
  wti_text labels = wti_slice(host, 0, host.size - point);
  size_t last = wti_find_last(labels, '.');
  last = last == labels.size ? 0 : last + 1;
  if (last < labels.size && wti_only(wti_slice(labels, last, labels.size), WTI_DIGITS)) {
    /* A name cannot end in a number (RFC 1123, section 2.1): this can only be meant for an IPv4 address. */
    if (wti_ipv4_read(host) < 0) {
      wti_say(words, "an IPv4 address is four numbers, 0 to 255, without leading zeros");
      return -1;
    }
    return 0;
  }
  return hosts_labels(words, labels);
}

WTI_PRIVATE int wti_zone_is_coded(wti_text zone) {
  return wti_begins(zone, "25") && !wti_only(wti_slice(zone, 2, zone.size), WTI_DIGITS);
}

/* Returns whether a zone could be the name of an interface. */
static int hosts_zone(wti_text zone) {
  for (size_t i = 0; i < zone.size; i++) {
    unsigned char byte = (unsigned char)zone.at[i];
    if (byte <= ' ' || byte >= 0x7F || strchr("[]%/?&#", byte) != NULL) {
      return 0;
    }
  }
  return 1;
}

WTI_PRIVATE int wti_bracketed_read(wti_words *words, wti_text text, char *out, size_t *size) {
  uint16_t groups[8];
  char address[WTI_IPV6_BYTES];
  size_t percent = wti_find(text, '%');
  if (wti_ipv6_read(wti_slice(text, 0, percent), groups) < 0) {
    wti_say(words, "brackets hold an IPv6 address, and this is none");
    return -1;
  }
  *size = wti_ipv6_write(groups, address);
  memcpy(out, address, *size);
  if (percent == text.size) {
    return 0;
  }
  wti_text zone = wti_slice(text, percent + 1, text.size);
  if (wti_zone_is_coded(zone)) {
    /* %25 is how URLs write the % before a zone (RFC 6874); with digits alone it is a zone's number (RFC 4007). */
    zone = wti_slice(zone, 2, zone.size);
  }
  if (zone.size == 0) {
    wti_say(words, "the zone after %% is empty");
    return -1;
  }
  if (!hosts_zone(zone)) {
    wti_say(words, "the zone after %% must be the name or number of a network interface");
    return -1;
  }
  out[(*size)++] = '%';
  memcpy(out + *size, zone.at, zone.size);
  *size += zone.size;
  return 0;
}
