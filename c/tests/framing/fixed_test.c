/* Messages of one size: what the vectors do not say. */
#include "transcript.h"

TEST(messages_are_cut_wherever_pieces_end) {
  hears("fixed:4", 0);
  CHECK_TEXT("[abcd]", FED("abcdef"));
  CHECK_TEXT("", FED("g"));
  CHECK_TEXT("[efgh] [ijkl]", FED("hijklm"));
  CHECK_TEXT("the stream ended within a message: 1 of 4 bytes of it had come {m} of 4", ended());
}

TEST(without_room_no_byte_is_taken) {
  hears_within("fixed:4", 0, 2);
  CHECK_TEXT("the buffer has 2 bytes; give one of 4", FED_WITHIN("abc"));
  CHECK_TEXT("", FED_WITHIN("ab"));
  CHECK_TEXT("the buffer has 2 bytes; give one of 4", FED_WITHIN("cd"));
  CHECK_TEXT("[abcd]", FED("cd"));
}

TEST(no_other_size_can_be_said) {
  CHECK_TEXT("abcd", SAID("fixed:4", 0, "abcd"));
  CHECK_TEXT("fixed:4 carries messages of 4 bytes only; this one has 5", SAID("fixed:4", 0, "abcde"));
  CHECK_TEXT("fixed:004 carries messages of 4 bytes only; this one has 0", SAID("fixed:004", 0, ""));
}

int main(void) {
  RUN(messages_are_cut_wherever_pieces_end);
  RUN(without_room_no_byte_is_taken);
  RUN(no_other_size_can_be_said);
  return heard_done();
}
