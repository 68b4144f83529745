/* ip.c: IPv4 and IPv6 addresses as text (RFC 4291, section 2.2; RFC 5952). By hand rather than with inet_pton, whose
   notion of what is an address differs from system to system. */
#include "address/ip.h"

#include "address/percent.h"

#include <stdio.h>
#include <string.h>

/* Reads four numbers with points between. Leading zeros are octal to some programs and decimal to others: they are an
   address to neither here. */
static int ip_four(wti_text text, unsigned numbers[4]) {
  size_t at = 0;
  for (size_t i = 0; i < 4; i++) {
    size_t begin = at;
    numbers[i] = 0;
    while (at < text.size && text.at[at] >= '0' && text.at[at] <= '9' && at - begin < 3) {
      numbers[i] = numbers[i] * 10 + (unsigned)(text.at[at] - '0');
      at++;
    }
    if (at == begin || numbers[i] > 255 || (text.at[begin] == '0' && at - begin > 1)) {
      return -1;
    }
    if (i < 3) {
      if (at == text.size || text.at[at] != '.') {
        return -1;
      }
      at++;
    }
  }
  return at == text.size ? 0 : -1;
}

WTI_PRIVATE int wti_ipv4_read(wti_text text) {
  unsigned numbers[4];
  return ip_four(text, numbers);
}

/* Reads one group of hexadecimal digits. */
static int ip_group(wti_text text, uint16_t *group) {
  unsigned number = 0;
  if (text.size == 0 || text.size > 4 || !wti_only(text, WTI_HEX)) {
    return -1;
  }
  for (size_t i = 0; i < text.size; i++) {
    number = number << 4 | (unsigned)wti_hexadecimal(text.at[i]);
  }
  *group = (uint16_t)number;
  return 0;
}

/* Reads the groups between two ends, the last of which may be an IPv4 address. Returns how many; -1 for a fault. */
static int ip_groups(wti_text text, int last, uint16_t groups[8]) {
  int count = 0;
  size_t at = 0;
  while (text.size > 0) {
    wti_text part = wti_slice(text, at, text.size);
    size_t size = wti_find(part, ':');
    unsigned numbers[4];
    if (last && size == part.size && wti_find(part, '.') < size) {
      if (count > 6 || ip_four(part, numbers) < 0) {
        return -1;
      }
      groups[count] = (uint16_t)(numbers[0] << 8 | numbers[1]);
      groups[count + 1] = (uint16_t)(numbers[2] << 8 | numbers[3]);
      return count + 2;
    }
    if (count > 7 || ip_group(wti_slice(part, 0, size), &groups[count]) < 0) {
      return -1;
    }
    count++;
    if (size == part.size) {
      return count;
    }
    at += size + 1;
  }
  return count;
}

WTI_PRIVATE int wti_ipv6_read(wti_text text, uint16_t groups[8]) {
  size_t gap = 0;
  while (gap < text.size && !wti_begins(wti_slice(text, gap, text.size), "::")) {
    gap++;
  }
  if (gap == text.size) {
    return ip_groups(text, 1, groups) == 8 ? 0 : -1;
  }
  uint16_t back[8];
  memset(groups, 0, 8 * sizeof groups[0]);
  int before = ip_groups(wti_slice(text, 0, gap), 0, groups);
  int after = ip_groups(wti_slice(text, gap + 2, text.size), 1, back);
  if (before < 0 || after < 0 || before + after > 7) {
    return -1;
  }
  memcpy(groups + 8 - after, back, (size_t)after * sizeof groups[0]);
  return 0;
}

/* Returns where the longest run of zeros begins, of two groups at least, and its length; the first of equal ones. */
static size_t ip_gap(const uint16_t groups[8], size_t *length) {
  size_t gap = 8;
  *length = 1;
  for (size_t start = 0; start < 8; start++) {
    size_t end = start;
    while (end < 8 && groups[end] == 0) {
      end++;
    }
    if (end - start > *length) {
      gap = start;
      *length = end - start;
    }
  }
  return gap;
}

WTI_PRIVATE size_t wti_ipv6_write(const uint16_t groups[8], char out[WTI_IPV6_BYTES]) {
  static const uint16_t mapped[6] = {0, 0, 0, 0, 0, 0xFFFF};
  if (memcmp(groups, mapped, sizeof mapped) == 0) {
    return (size_t)snprintf(out, WTI_IPV6_BYTES, "::ffff:%u.%u.%u.%u", groups[6] >> 8 & 255u, groups[6] & 255u,
                            groups[7] >> 8 & 255u, groups[7] & 255u);
  }
  size_t length;
  size_t gap = ip_gap(groups, &length);
  size_t size = 0;
  for (size_t i = 0; i < 8; i++) {
    if (i == gap) {
      out[size++] = ':';
      out[size++] = ':';
      i += length - 1;
    } else {
      const char *colon = i > 0 && out[size - 1] != ':' ? ":" : "";
      size += (size_t)snprintf(out + size, WTI_IPV6_BYTES - size, "%s%x", colon, (unsigned)groups[i]);
    }
  }
  out[size] = '\0';
  return size;
}
