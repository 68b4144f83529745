/* Varints: what the vectors do not say. */
#include "transcript.h"

TEST(a_count_may_come_in_pieces) {
  hears("length:varint", 0);
  CHECK_TEXT("", FED("\x83"));
  CHECK_TEXT("", FED("\x80\x80"));
  CHECK_TEXT("", FED("\0a"));
  CHECK_TEXT("[abc] [] []", FED("bc\0\x80\0\x80"));
  CHECK_TEXT("the stream ended within a message: 1 bytes of it had come {\\80}", ended());
}

TEST(a_count_may_be_padded_to_ten_bytes) {
  hears("length:varint", 0);
  CHECK_TEXT("[a] [b]", FED("\x81\x80\x80\x80\x80\x80\x80\x80\x80\0a\1b"));
  CHECK_TEXT("", ended());
}

TEST(the_largest_counts_are_told_in_full) {
  hears("length:varint", 0);
  CHECK_TEXT("a message of 18446744073709551615 bytes: the limit max_message_bytes is 1048576",
             FED("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"));
  CHECK_TEXT("a message of 18446744073709551615 bytes: the limit max_message_bytes is 1048576", ended());
  hears("length:varint", 0);
  CHECK_TEXT("a message of 4294967296 bytes: the limit max_message_bytes is 1048576", FED("\x80\x80\x80\x80\x10"));
}

TEST(no_count_has_more_than_64_bits_or_ten_bytes) {
  hears("length:varint", 0);
  CHECK_TEXT("[a] the count of a message is over 64 bits", FED("\1a\x80\x80\x80\x80\x80\x80\x80\x80\x80\2"));
  CHECK_TEXT("the count of a message is over 64 bits", FED("\1a"));
  CHECK_TEXT("the count of a message is over 64 bits", ended());
  hears("length:varint", 0);
  CHECK_TEXT("", FED("\x80\x80\x80\x80\x80\x80\x80\x80\x80"));
  CHECK_TEXT("the count of a message is over 64 bits", FED("\x7F"));
  hears("length:varint", 0);
  CHECK_TEXT("", FED("\x80\x80\x80\x80\x80\x80\x80\x80\x80"));
  CHECK_TEXT("the count of a message is longer than 10 bytes", FED("\x81\1"));
}

TEST(without_room_no_byte_is_taken) {
  hears_within("length:varint", 0, 2);
  CHECK_TEXT("", FED_WITHIN("\x85"));
  CHECK_TEXT("the buffer has 2 bytes; give one of 5", FED_WITHIN("\x80\0abc"));
  CHECK_TEXT("", FED_WITHIN("\x80\0ab"));
  CHECK_TEXT("[abcde]", FED("cde"));
}

TEST(what_is_said_has_the_shortest_count) {
  static char much[128];
  memset(much, 'x', sizeof much);
  CHECK_TEXT("\\00", SAID("length:varint", 0, ""));
  CHECK_TEXT("\\03abc", SAID("length:varint", 0, "abc"));
  CHECK(strncmp("\\80\\01xxx", said("length:varint", 0, much, 128), 9) == 0);
  CHECK(strncmp("\\7fxxx", said("length:varint", 0, much, 127), 6) == 0);
  CHECK_TEXT("a message of 6 bytes to send: the limit max_message_bytes is 5", SAID("length:varint", 5, "123456"));
}

int main(void) {
  RUN(a_count_may_come_in_pieces);
  RUN(a_count_may_be_padded_to_ten_bytes);
  RUN(the_largest_counts_are_told_in_full);
  RUN(no_count_has_more_than_64_bits_or_ten_bytes);
  RUN(without_room_no_byte_is_taken);
  RUN(what_is_said_has_the_shortest_count);
  return heard_done();
}
