/* SLIP: what the vectors do not say. */
#include "transcript.h"

#define BAD_ESCAPE "SLIP's ESC (db) comes before dc or dd only"

TEST(an_escape_may_come_in_pieces) {
  hears("slip", 0);
  CHECK_TEXT("", FED("\xC0" "a\xDB"));
  CHECK_TEXT("", FED("\xDC\xDB"));
  CHECK_TEXT("[a\\c0\\db] [b]", FED("\xDD\xC0\xC0" "b\xC0"));
  CHECK_TEXT("", FED("\xDB"));
  CHECK_TEXT("[\\db]", FED("\xDD\xC0"));
  CHECK_TEXT("", ended());
}

TEST(a_packet_without_escapes_is_not_copied) {
  wt_decoder decoder;
  wt_framing framing;
  wt_message message;
  const char *data = "\xC0\xC0" "abc\xC0";
  CHECK_INT(0, wt_framing_parse(&framing, "slip", 0, NULL));
  wt_decoder_init(&decoder, &framing, NULL, 0);
  CHECK_INT(6, wt_decode(&decoder, data, 6, &message));
  CHECK(message.data == data + 2 && message.size == 3);
}

TEST(an_escape_that_is_none_is_a_fault_as_soon_as_it_comes) {
  hears("slip", 0);
  CHECK_TEXT("[ok] " BAD_ESCAPE, FED("ok\xC0" "a\xDB" "b"));
  CHECK_TEXT(BAD_ESCAPE, FED("\xC0" "a\xC0"));
  CHECK_TEXT(BAD_ESCAPE, ended());
  hears("slip", 0);
  CHECK_TEXT("", FED("a\xDB"));
  CHECK_TEXT(BAD_ESCAPE, FED("\xC0"));
}

TEST(what_is_too_long_before_an_escape_that_is_none_is_too_long) {
  hears("slip", 5);
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", FED("123456\xDB!"));
  hears("slip", 5);
  CHECK_TEXT("", FED("12345\xDB"));
  CHECK_TEXT(BAD_ESCAPE, FED("!"));
  hears("slip", 5);
  CHECK_TEXT("[ok] a message of 6 bytes: the limit max_message_bytes is 5", FED("ok\xC0" "12345\xDB\xDC\xC0"));
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", ended());
}

TEST(a_buffer_of_the_largest_message_is_enough) {
  hears_within("slip", 5, 5);
  CHECK_TEXT("", FED_WITHIN("1234\xDB"));
  CHECK_TEXT("[1234\\c0]", FED_WITHIN("\xDC\xC0"));
  CHECK_TEXT("", FED_WITHIN("12345\xDB"));
  CHECK_TEXT("the stream ended within a message: 6 bytes of it had come {12345}", ended());
  hears_within("slip", 5, 6);
  CHECK_TEXT("", FED_WITHIN("12345\xDB"));
  CHECK_TEXT("the stream ended within a message: 6 bytes of it had come {12345\\db}", ended());
  hears("slip", 5);
  CHECK_TEXT("", FED("\xDB"));
  CHECK_TEXT("the stream ended within a message: 1 bytes of it had come {\\db}", ended());
}

TEST(without_room_no_byte_is_taken) {
  hears_within("slip", 100, 3);
  CHECK_TEXT("[abcd]", FED_WITHIN("\xC0" "abcd\xC0"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("\xC0" "ab\xDB\xDC" "d\xC0"));
  CHECK_TEXT("", FED_WITHIN("ab\xDB"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("\xDC" "d\xC0"));
  CHECK_TEXT("[ab\\c0d]", FED("\xDC" "d\xC0"));
}

TEST(what_is_said_has_end_on_both_sides) {
  CHECK_TEXT("\\c0abc\\c0", SAID("slip", 0, "abc"));
  CHECK_TEXT("\\c0\\db\\dc\\db\\ddx\\db\\dc\\dc\\c0", SAID("slip", 0, "\xC0\xDBx\xC0\xDC"));
  CHECK_TEXT("an empty message cannot be sent as a SLIP packet: the peer would drop it", SAID("slip", 0, ""));
  CHECK_TEXT("a message of 6 bytes to send: the limit max_message_bytes is 5", SAID("slip", 5, "123456"));
}

TEST(room_for_any_message_is_told) {
  wt_framing framing;
  CHECK_INT(0, wt_framing_parse(&framing, "slip", 0, NULL));
  CHECK_INT(12, wt_encoded_most(&framing, 5));
  CHECK(wt_encoded_most(&framing, SIZE_MAX) == SIZE_MAX);
  CHECK(wt_encoded_most(&framing, SIZE_MAX / 2) == SIZE_MAX);
}

int main(void) {
  RUN(an_escape_may_come_in_pieces);
  RUN(a_packet_without_escapes_is_not_copied);
  RUN(an_escape_that_is_none_is_a_fault_as_soon_as_it_comes);
  RUN(what_is_too_long_before_an_escape_that_is_none_is_too_long);
  RUN(a_buffer_of_the_largest_message_is_enough);
  RUN(without_room_no_byte_is_taken);
  RUN(what_is_said_has_end_on_both_sides);
  RUN(room_for_any_message_is_told);
  return heard_done();
}
