/* What a framing is called, and what is said to who calls it otherwise. */
#include "check.h"
#include "wiretalk.h"

#include <stdint.h>

static wt_error refused;

/* Returns the refusal of a specification, or "" where there is none. */
static const char *parsed(const char *spec, size_t max) {
  wt_framing framing;
  refused.code = 0;
  refused.text[0] = '\0';
  int code = wt_framing_parse(&framing, spec, max, &refused);
  CHECK_INT(code, refused.code);
  CHECK_INT(code, wt_framing_parse(&framing, spec, max, NULL));
  return refused.text;
}

/* A refusal's text, and the bytes that it says are at fault. */
#define CHECK_REFUSED(text, from, bytes, spec)                                                  \
  do {                                                                                          \
    CHECK_TEXT(text, parsed(spec, 0));                                                          \
    CHECK_INT(WT_EUSAGE, refused.code);                                                         \
    CHECK_INT(from, refused.at);                                                                \
    CHECK_INT(bytes, refused.length);                                                           \
  } while (0)

TEST(every_framing_has_a_name) {
  static const char *const specs[] = {
      "raw",          "raw:utf8",     "line",          "line:crlf", "delimiter:00", "delimiter:0D0a",
      "length:u8",    "length:u16be", "length:u16le",  "length:u32be", "length:u32le", "length:varint",
      "netstring",    "fixed:1",      "fixed:1048576", "slip",      "cobs",
      "delimiter:000102030405060708090a0b0c0d0e0f"};
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    CHECK_TEXT("", parsed(specs[i], 0));
  }
}

TEST(a_name_that_is_none_is_refused_and_the_nearest_told) {
  CHECK_REFUSED("there is no framing \"lines\"; did you mean \"line\"?\n  lines\n  ^^^^^", 0, 5, "lines");
  CHECK_REFUSED("there is no framing \"LENGHT\"; did you mean \"length\"?\n  LENGHT:u8\n  ^^^^^^", 0, 6, "LENGHT:u8");
  CHECK_REFUSED("there is no framing \"xyz\"; there are raw, line, delimiter, length, netstring, fixed, slip, cobs\n"
                "  xyz:1\n  ^^^",
                0, 3, "xyz:1");
  CHECK_REFUSED("there is no framing \"\"; there are raw, line, delimiter, length, netstring, fixed, slip, cobs",
                0, 0, "");
  CHECK_REFUSED("there is no framing \"\"; there are raw, line, delimiter, length, netstring, fixed, slip, cobs\n"
                "  :\n  ^",
                0, 0, ":");
}

TEST(a_value_that_is_none_is_refused_and_the_nearest_told) {
  CHECK_REFUSED("length has no \"u32\"; did you mean \"u32be\"?\n  length:u32\n         ^^^", 7, 3, "length:u32");
  CHECK_REFUSED("line has no \"lf\"; did you mean \"crlf\"?\n  line:lf\n       ^^", 5, 2, "line:lf");
  CHECK_REFUSED("line has no \"x\"; it is written line, line:crlf\n  line:x\n       ^", 5, 1, "line:x");
  CHECK_REFUSED("raw has no \"\"; it is written raw, raw:utf8\n  raw:\n      ^", 4, 0, "raw:");
  CHECK_REFUSED("slip has no \"1\"; it is written slip\n  slip:1\n       ^", 5, 1, "slip:1");
}

TEST(a_value_that_is_missing_is_asked_for) {
  CHECK_REFUSED("length needs more; it is written length:u8, length:u16be, length:u16le, length:u32be, length:u32le, "
                "length:varint\n  length\n        ^",
                6, 1, "length");
  CHECK_REFUSED("fixed needs more; it is written fixed:N\n  fixed\n       ^", 5, 1, "fixed");
  CHECK_REFUSED("delimiter needs more; it is written delimiter:HEX\n  delimiter\n           ^", 9, 1, "delimiter");
}

TEST(a_delimiter_is_whole_bytes_in_hexadecimal_digits) {
  CHECK_REFUSED("\"x\" is no hexadecimal digit; a delimiter is written like 0d0a\n  delimiter:0x\n             ^",
                11, 1, "delimiter:0x");
  CHECK_REFUSED("\"\xE2\x82\xAC\" is no hexadecimal digit; a delimiter is written like 0d0a\n"
                "  delimiter:\xE2\x82\xAC\n            ^",
                10, 3, "delimiter:\xE2\x82\xAC");
  CHECK_REFUSED("a delimiter must be whole bytes; write two digits a byte, like 0a\n  delimiter:0d0\n            ^^^",
                10, 3, "delimiter:0d0");
  CHECK_REFUSED("a delimiter has 1 to 16 bytes; it is written like delimiter:0d0a\n  delimiter:\n            ^",
                10, 0, "delimiter:");
  CHECK_REFUSED("a delimiter has 1 to 16 bytes; it is written like delimiter:0d0a\n"
                "  delimiter:0102030405060708090a0b0c0d0e0f1011\n"
                "            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
                10, 34, "delimiter:0102030405060708090a0b0c0d0e0f1011");
}

TEST(a_fixed_size_is_a_number_within_the_limit) {
  CHECK_REFUSED("a size is a number of bytes, 1 or more; it is written like fixed:32\n  fixed:\n        ^", 6, 0,
                "fixed:");
  CHECK_REFUSED("a size is a number of bytes, 1 or more; it is written like fixed:32\n  fixed:00\n        ^^", 6, 2,
                "fixed:00");
  CHECK_REFUSED("a size is a number of bytes, 1 or more; it is written like fixed:32\n  fixed:-1\n        ^^", 6, 2,
                "fixed:-1");
  CHECK_REFUSED("messages of this size are over the limit; max_message_bytes is 1048576\n  fixed:1048577\n"
                "        ^^^^^^^",
                6, 7, "fixed:1048577");
  CHECK_REFUSED("messages of this size are over the limit; max_message_bytes is 1048576\n"
                "  fixed:0000000000000000001\n        ^^^^^^^^^^^^^^^^^^^",
                6, 19, "fixed:0000000000000000001");
  CHECK_TEXT("", parsed("fixed:000000000000000001", 1));
  CHECK_TEXT("messages of this size are over the limit; max_message_bytes is 5\n  fixed:6\n        ^",
             parsed("fixed:6", 5));
}

/* More than SIZE_MAX, where that is 32 bits, and more than 64 bits hold. */
TEST(a_fixed_size_that_no_number_here_holds_is_over_the_limit) {
  static const char *const specs[] = {"fixed:18446744073709551617", "fixed:99999999999999999999999999"};
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    CHECK(strncmp("messages of this size are over the limit; ", parsed(specs[i], SIZE_MAX), 42) == 0);
  }
#if SIZE_MAX == UINT32_MAX
  CHECK(strncmp("messages of this size are over the limit; ", parsed("fixed:4294967297", SIZE_MAX), 42) == 0);
#else
  CHECK_TEXT("", parsed("fixed:4294967297", SIZE_MAX));
#endif
}

TEST(what_does_not_show_is_not_shown) {
  CHECK_REFUSED("there is no framing \"l\xEF\xBF\xBDne\"; did you mean \"line\"?\n  l\xEF\xBF\xBDne\n  ^^^^", 0, 4,
                "l\x1Bne");
}

int main(void) {
  RUN(every_framing_has_a_name);
  RUN(a_name_that_is_none_is_refused_and_the_nearest_told);
  RUN(a_value_that_is_none_is_refused_and_the_nearest_told);
  RUN(a_value_that_is_missing_is_asked_for);
  RUN(a_delimiter_is_whole_bytes_in_hexadecimal_digits);
  RUN(a_fixed_size_is_a_number_within_the_limit);
  RUN(a_fixed_size_that_no_number_here_holds_is_over_the_limit);
  RUN(what_does_not_show_is_not_shown);
  return check_done();
}
