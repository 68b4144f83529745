/* Delimiters: what the vectors do not say. */
#include "transcript.h"

TEST(a_delimiter_may_come_in_pieces) {
  hears("delimiter:0d0a2e", 0);
  CHECK_TEXT("", FED("one\r"));
  CHECK_TEXT("", FED("\n"));
  CHECK_TEXT("[one]", FED(".two\r\n"));
  CHECK_TEXT("[two\\0d\\0a\\0d]", FED("\r\r\n."));
  CHECK_TEXT("", FED("\r\n"));
  CHECK_TEXT("[] [x]", FED(".x\r\n."));
  CHECK_TEXT("", ended());
}

TEST(what_only_began_like_a_delimiter_is_the_message_s) {
  /* aab: after "aa", a third "a" leaves two of three begun. */
  hears("delimiter:616162", 0);
  CHECK_TEXT("", FED("a"));
  CHECK_TEXT("", FED("a"));
  CHECK_TEXT("", FED("a"));
  CHECK_TEXT("", FED("a"));
  CHECK_TEXT("[aa] [c]", FED("bcaab"));
  CHECK_TEXT("", FED("aa"));
  CHECK_TEXT("[aac]", FED("caab"));
  CHECK_TEXT("", FED("xa"));
  CHECK_TEXT("", FED("xaa"));
  CHECK_TEXT("[xaxa]", FED("ab"));
}

TEST(the_first_that_comes_counts) {
  hears("delimiter:6161", 0);
  CHECK_TEXT("", FED("xa"));
  CHECK_TEXT("[x] []", FED("aaa"));
  CHECK_TEXT("", FED("a"));
  CHECK_TEXT("the stream ended within a message: 1 bytes of it had come {a}", ended());
}

TEST(sixteen_bytes_one_by_one) {
  hears("delimiter:61616161616161616161616161616162", 0);
  for (int i = 0; i < 20; i++) {
    CHECK_TEXT("", FED("a"));
  }
  CHECK_TEXT("[aaaaa]", FED("b"));
  CHECK_TEXT("", ended());
}

TEST(a_buffer_of_the_largest_message_is_enough) {
  hears_within("delimiter:0d0a", 5, 5);
  CHECK_TEXT("", FED_WITHIN("12345\r"));
  CHECK_TEXT("[12345]", FED_WITHIN("\n"));
  CHECK_TEXT("", FED_WITHIN("12345\r"));
  CHECK_TEXT("the stream ended within a message: 6 bytes of it had come {12345}", ended());
  hears_within("delimiter:0d0a", 5, 6);
  CHECK_TEXT("", FED_WITHIN("12345\r"));
  CHECK_TEXT("the stream ended within a message: 6 bytes of it had come {12345\\0d}", ended());
  hears("delimiter:0d0a2e", 5);
  CHECK_TEXT("", FED("\r\n"));
  CHECK_TEXT("the stream ended within a message: 2 bytes of it had come {\\0d\\0a}", ended());
}

TEST(without_room_no_byte_is_taken) {
  hears_within("delimiter:0d0a", 100, 3);
  CHECK_TEXT("", FED_WITHIN("on\r"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("!two"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("e\r\n"));
  CHECK_TEXT("[on] []", FED_WITHIN("\n\r\n"));
}

TEST(too_long_a_message_is_a_fault_before_its_end) {
  hears("delimiter:0d0a", 5);
  CHECK_TEXT("[ok] a message of at least 6 bytes: the limit max_message_bytes is 5", FED("ok\r\n123456\r"));
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", FED("\n"));
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", ended());
  hears("delimiter:0d0a", 5);
  CHECK_TEXT("", FED("12345\r"));
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", FED("\r\n"));
  hears("delimiter:00", 5);
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", FED("123456"));
}

TEST(what_is_said_ends_where_its_delimiter_does) {
  CHECK_TEXT("one\\0d\\0a", SAID("delimiter:0D0a", 0, "one"));
  CHECK_TEXT("\\00", SAID("delimiter:00", 0, ""));
  CHECK_TEXT("a\\0d\\0d\\0a", SAID("delimiter:0d0a", 0, "a\r"));
  CHECK_TEXT("a message cannot be sent that holds its delimiter, 0d 0a, or half of it",
             SAID("delimiter:0d0a", 0, "a\r\nb"));
  CHECK_TEXT("a message cannot be sent that holds its delimiter, 61 62 61, or half of it",
             SAID("delimiter:616261", 0, "xab"));
  CHECK_TEXT("a message cannot be sent that holds its delimiter, 61 61, or half of it",
             SAID("delimiter:6161", 0, "a"));
  CHECK_TEXT("xaaba", SAID("delimiter:616261", 0, "xa"));
  CHECK_TEXT("a message of 6 bytes to send: the limit max_message_bytes is 5", SAID("delimiter:00", 5, "123456"));
}

int main(void) {
  RUN(a_delimiter_may_come_in_pieces);
  RUN(what_only_began_like_a_delimiter_is_the_message_s);
  RUN(the_first_that_comes_counts);
  RUN(sixteen_bytes_one_by_one);
  RUN(a_buffer_of_the_largest_message_is_enough);
  RUN(without_room_no_byte_is_taken);
  RUN(too_long_a_message_is_a_fault_before_its_end);
  RUN(what_is_said_ends_where_its_delimiter_does);
  return heard_done();
}
