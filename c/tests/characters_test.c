/* Bytes as characters, and what those look like. */
#include "characters.h"

#include "check.h"

static wti_text bytes(const char *at, size_t size) {
  wti_text text = {at, size};
  return text;
}

/* Returns the code of the first character, and checks that it takes so many bytes. */
static uint32_t code(const char *text, size_t size) {
  uint32_t found = 0;
  CHECK_INT(size, wti_character(wti_text_of(text), &found));
  return found;
}

TEST(what_is_utf8) {
  CHECK_INT('a', code("a\x80", 1));
  CHECK_INT(0xE9, code("\xC3\xA9", 2));
  CHECK_INT(0x20AC, code("\xE2\x82\xACx", 3));
  CHECK_INT(0x1F600, code("\xF0\x9F\x98\x80", 4));
  CHECK_INT(0x10FFFF, code("\xF4\x8F\xBF\xBF", 4));
}

TEST(a_byte_that_is_none_is_one_of_its_own) {
  CHECK_INT(0xDCFF, code("\xFF", 1));
  CHECK_INT(0xDC80, code("\x80", 1));
  CHECK_INT(0xDCC1, code("\xC1\x81", 1));          /* an overlong A */
  CHECK_INT(0xDCE0, code("\xE0\x80\x80", 1));
  CHECK_INT(0xDCF0, code("\xF0\x80\x80\x80", 1));
  CHECK_INT(0xDCED, code("\xED\xA0\x80", 1));      /* half of a pair of UTF-16 */
  CHECK_INT(0xDCF4, code("\xF4\x90\x80\x80", 1));  /* behind the last */
  CHECK_INT(0xDCE2, code("\xE2\x82", 1));          /* cut off */
  CHECK_INT(0xDCE2, code("\xE2x", 1));
  uint32_t found = 0;
  CHECK_INT(1, wti_character(bytes("\xC3\xA9", 1), &found));
  CHECK_INT(0xDCC3, found);
}

TEST(columns) {
  CHECK_INT(3, wti_columns(wti_text_of("abc")));
  CHECK_INT(4, wti_columns(wti_text_of("\xE6\x97\xA5\xE6\x9C\xAC")));
  CHECK_INT(1, wti_columns(wti_text_of("e\xCC\x81")));
  CHECK_INT(3, wti_columns(wti_text_of("\x01\xE2\x80\x8B\xFF")));
  CHECK_INT(0, wti_columns(bytes("x", 0)));
  CHECK_INT(WTI_HIDDEN, wti_look(0x10FFFF));
  CHECK_INT(WTI_HIDDEN, wti_look(0));
}

TEST(what_shows) {
  CHECK(wti_printable(wti_text_of("a \xC3\xA9")));
  CHECK(!wti_printable(wti_text_of("a\t")));
  CHECK(!wti_printable(wti_text_of("\xC2\xA0")));
  CHECK(!wti_printable(wti_text_of("\xFF")));
}

TEST(small_letters) {
  char out[16];
  CHECK_INT(6, wti_lower(wti_text_of("TcP\xE2\x84\xAA\xC3\x89"), out));
  CHECK(memcmp(out, "tcpk\xC3\x89", 6) == 0);
}

TEST(texts) {
  wti_text text = wti_text_of("a:b:c");
  CHECK_INT(1, wti_find(text, ':'));
  CHECK_INT(3, wti_find_last(text, ':'));
  CHECK_INT(5, wti_find(text, '?'));
  CHECK_INT(5, wti_find_last(text, '?'));
  CHECK(wti_same(wti_slice(text, 2, 3), "b"));
  CHECK(!wti_same(text, "a:b"));
  CHECK(wti_begins(text, "a:b") && !wti_begins(text, "a:b:c:"));
  CHECK(wti_only(text, "abc:") && !wti_only(text, "abc") && wti_only(bytes("", 0), ""));
  CHECK(!wti_only(bytes("\0", 1), "abc"));
}

int main(void) {
  RUN(what_is_utf8);
  RUN(a_byte_that_is_none_is_one_of_its_own);
  RUN(columns);
  RUN(what_shows);
  RUN(small_letters);
  RUN(texts);
  return check_done();
}
