/* COBS: what the vectors do not say. */
#include "transcript.h"

TEST(a_frame_may_come_in_pieces) {
  hears("cobs", 0);
  CHECK_TEXT("", FED("\3"));
  CHECK_TEXT("", FED("ab\2"));
  CHECK_TEXT("[ab\\00c] [d]", FED("c\0\2d\0"));
  CHECK_TEXT("", FED("\1"));
  CHECK_TEXT("[]", FED("\0"));
  CHECK_TEXT("", FED("\1\1"));
  CHECK_TEXT("[\\00]", FED("\0\0"));
  CHECK_TEXT("", ended());
}

TEST(a_frame_of_one_block_is_not_copied) {
  wt_decoder decoder;
  wt_framing framing;
  wt_message message;
  const char *data = "\0\4abc\0";
  CHECK_INT(0, wt_framing_parse(&framing, "cobs", 0, NULL));
  wt_decoder_init(&decoder, &framing, NULL, 0);
  CHECK_INT(6, wt_decode(&decoder, data, 6, &message));
  CHECK(message.data == data + 2 && message.size == 3);
}

TEST(a_block_past_the_end_of_its_frame_is_a_fault) {
  hears("cobs", 0);
  CHECK_TEXT("[a] a COBS block of 3 bytes more than its frame has", FED("\2a\0\5b\0"));
  CHECK_TEXT("a COBS block of 3 bytes more than its frame has", FED("\2a\0"));
  CHECK_TEXT("a COBS block of 3 bytes more than its frame has", ended());
}

TEST(too_long_a_frame_is_a_fault_as_soon_as_that_is_certain) {
  hears("cobs", 5);
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", FED("\x07" "123456"));
  hears("cobs", 5);
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", FED("\x07" "123456\0"));
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", ended());
  /* It is too long, and too short for its last code. */
  hears("cobs", 5);
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", FED("\x09" "123456\0"));
}

/* Codes of full blocks add nothing to a message, so until its end a frame of 256 bytes may stand for as few as 254.
   */
TEST(what_may_still_be_short_enough_is_waited_for) {
  static char much[300];
  memset(much, 1, sizeof much);
  hears_within("cobs", 254, 254);
  CHECK_TEXT("", heard_feed(much, 256, 1));
  CHECK_INT(254, heard.held);
  CHECK_TEXT("a message of 255 bytes: the limit max_message_bytes is 254", FED_WITHIN("\0"));
  hears_within("cobs", 254, 254);
  CHECK_TEXT("", heard_feed(much, 256, 1));
  CHECK(strncmp("the stream ended within a message: 255 bytes of it had come {\\00\\00", ended(), 67) == 0);
  wt_message rest;
  CHECK_INT(WT_ETRUNCATED, wt_decode_end(&heard, &rest, NULL));
  CHECK_INT(254, rest.size);
  hears_within("cobs", 254, 254);
  CHECK_TEXT("a message of at least 255 bytes: the limit max_message_bytes is 254", heard_feed(much, 257, 1));
}

TEST(a_full_block_without_its_end_is_as_long_as_it_is) {
  static char block[255];
  memset(block, 'x', sizeof block);
  block[0] = (char)0xFF;
  hears("cobs", 253);
  CHECK_TEXT("a message of at least 254 bytes: the limit max_message_bytes is 253", heard_feed(block, 255, 0));
  hears("cobs", 254);
  CHECK_TEXT("", heard_feed(block, 255, 0));
  CHECK_INT(254, heard.held);
}

TEST(without_room_no_byte_is_taken) {
  hears_within("cobs", 100, 3);
  CHECK_TEXT("[abcd]", FED_WITHIN("\5abcd\0"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("\3ab\2d\0"));
  CHECK_TEXT("", FED_WITHIN("\3ab\2"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("d"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("d\0"));
  CHECK_TEXT("[ab\\00d]", FED("d\0"));
}

TEST(what_had_come_is_told_without_codes) {
  hears("cobs", 0);
  CHECK_TEXT("", FED("\3ab\5c"));
  CHECK_TEXT("the stream ended within a message: 4 bytes of it had come {ab\\00c}", ended());
  hears("cobs", 0);
  CHECK_TEXT("", FED("\3"));
  CHECK_TEXT("the stream ended within a message: 0 bytes of it had come {}", ended());
}

TEST(what_is_said_holds_no_zero) {
  static char much[509];
  memset(much, 'x', sizeof much);
  CHECK_TEXT("\\01\\00", SAID("cobs", 0, ""));
  CHECK_TEXT("\\03ab\\01\\02c\\00", SAID("cobs", 0, "ab\0\0c"));
  CHECK_TEXT("\\01\\01\\00", SAID("cobs", 0, "\0"));
  for (size_t size = 253; size <= sizeof much; size++) {
    unsigned char wire[520];
    wt_framing framing;
    size_t full = size / 254, left = size % 254;
    size_t expected = size + full + (left > 0 ? 1 : 0) + 1;
    CHECK_INT(0, wt_framing_parse(&framing, "cobs", 0, NULL));
    CHECK_INT(WT_EROOM, wt_encode(&framing, much, size, wire, expected - 1));
    CHECK_INT(expected, wt_encode(&framing, much, size, wire, expected));
    CHECK_INT(full > 0 ? 255 : left + 1, wire[0]);
    CHECK(left == 0 || wire[255 * full] == left + 1);
    CHECK_INT(0, wire[expected - 1]);
    CHECK(memchr(wire, 0, expected - 1) == NULL);
  }
  CHECK_TEXT("a message of 6 bytes to send: the limit max_message_bytes is 5", SAID("cobs", 5, "123456"));
}

int main(void) {
  RUN(a_frame_may_come_in_pieces);
  RUN(a_frame_of_one_block_is_not_copied);
  RUN(a_block_past_the_end_of_its_frame_is_a_fault);
  RUN(too_long_a_frame_is_a_fault_as_soon_as_that_is_certain);
  RUN(what_may_still_be_short_enough_is_waited_for);
  RUN(a_full_block_without_its_end_is_as_long_as_it_is);
  RUN(without_room_no_byte_is_taken);
  RUN(what_had_come_is_told_without_codes);
  RUN(what_is_said_holds_no_zero);
  return heard_done();
}
