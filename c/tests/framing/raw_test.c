/* Chunks: what the vectors do not say. */
#include "transcript.h"

TEST(whatever_arrives_is_a_chunk) {
  hears("raw", 0);
  CHECK_TEXT("[hel\\00\\0a]", FED("hel\0\n"));
  CHECK_TEXT("", FED(""));
  CHECK_TEXT("", ended());
}

TEST(a_chunk_over_the_limit_is_cut) {
  hears("raw", 4);
  CHECK_TEXT("[abcd] [efgh] [ij]", FED("abcdefghij"));
  hears("raw:utf8", 4);
  CHECK_TEXT("[a\\c3\\bc] [\\e2\\82\\ac] [\\c3\\bc]", FED("a\xC3\xBC\xE2\x82\xAC\xC3\xBC"));
}

TEST(no_character_is_cut_in_two) {
  hears("raw:utf8", 0);
  CHECK_TEXT("[gr]", FED("gr\xC3"));
  CHECK_TEXT("[\\c3\\bc]", FED("\xBC\xE2\x82"));
  CHECK_TEXT("[\\e2\\82\\ac]", FED("\xAC"));
  CHECK_TEXT("", FED("\xF0"));
  CHECK_TEXT("", FED("\x9F\x98"));
  CHECK_TEXT("[\\f0\\9f\\98\\80] [!]", FED("\x80!"));
  CHECK_TEXT("", ended());
}

TEST(what_is_no_character_after_all_is_passed_on) {
  hears("raw:utf8", 0);
  CHECK_TEXT("", FED("\xC3"));
  CHECK_TEXT("[\\c3]", FED("\xC3"));
  CHECK_TEXT("[\\c3a] [b]", FED("ab"));
  CHECK_TEXT("", FED("\xE2\x82"));
  CHECK_TEXT("[\\e2\\82]", FED("\xF0"));
  CHECK_TEXT("the stream ended within a message: 1 of 4 bytes of it had come {\\f0} of 4", ended());
  hears("raw:utf8", 0);
  CHECK_TEXT("[\\ff\\80\\80\\80\\80\\c1\\f5]", FED("\xFF\x80\x80\x80\x80\xC1\xF5"));
}

/* The first and the last byte that begin a character of 2, 3 and 4 bytes, and their neighbours, which begin none. */
TEST(where_characters_begin) {
  static const struct {
    unsigned char first;
    size_t size;
  } begins[] = {{0x7F, 1}, {0x80, 1}, {0xC1, 1}, {0xC2, 2}, {0xDF, 2}, {0xE0, 3},
                {0xEF, 3}, {0xF0, 4}, {0xF4, 4}, {0xF5, 1}, {0xFF, 1}};
  for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
    wt_message rest;
    size_t need;
    char first = (char)begins[i].first;
    hears("raw:utf8", 0);
    heard_feed(&first, 1, 1);
    CHECK_INT(begins[i].size > 1 ? WT_ETRUNCATED : 0, wt_decode_end(&heard, &rest, &need));
    CHECK_INT(begins[i].size > 1 ? begins[i].size : 0, need);
    CHECK_INT(begins[i].size > 1, rest.size);
  }
}

TEST(a_limit_below_the_size_of_a_character_cuts_it) {
  hears("raw:utf8", 2);
  CHECK_TEXT("[\\e2\\82] [\\aca]", FED("\xE2\x82\xAC" "a"));
  CHECK_TEXT("", FED("\xE2"));
  CHECK_TEXT("[\\e2\\82]", FED("\x82"));
  CHECK_TEXT("[\\ac]", FED("\xAC"));
  hears("raw:utf8", 1);
  CHECK_TEXT("[\\c3] [\\bc]", FED("\xC3\xBC"));
  CHECK_TEXT("", ended());
}

TEST(what_is_said_may_have_any_size) {
  CHECK_TEXT("abcdefghij", SAID("raw", 4, "abcdefghij"));
  CHECK_TEXT("\\c3", SAID("raw:utf8", 4, "\xC3"));
  CHECK_TEXT("", SAID("raw", 4, ""));
}

int main(void) {
  RUN(whatever_arrives_is_a_chunk);
  RUN(a_chunk_over_the_limit_is_cut);
  RUN(no_character_is_cut_in_two);
  RUN(what_is_no_character_after_all_is_passed_on);
  RUN(where_characters_begin);
  RUN(a_limit_below_the_size_of_a_character_cuts_it);
  RUN(what_is_said_may_have_any_size);
  return heard_done();
}
