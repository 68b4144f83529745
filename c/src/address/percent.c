/* percent.c: percent-encoding (RFC 3986, section 2.1): how any byte can stand in an address. What may stand where is for
   the grammar to say; the way back is in writing.c. */
#include "address/percent.h"

WTI_PRIVATE int wti_hexadecimal(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

WTI_PRIVATE int wti_percent_decode(wti_text text, char *out, size_t *size) {
  size_t written = 0;
  for (size_t at = 0; at < text.size; at++) {
    char byte = text.at[at];
    if (byte == '%') {
      int high = at + 1 < text.size ? wti_hexadecimal(text.at[at + 1]) : -1;
      int low = at + 2 < text.size ? wti_hexadecimal(text.at[at + 2]) : -1;
      if (high < 0 || low < 0) {
        *size = at;
        return -1;
      }
      byte = (char)(unsigned char)(high << 4 | low);
      at += 2;
    }
    out[written++] = byte;
  }
  *size = written;
  return 0;
}
