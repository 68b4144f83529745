/* Lines: what the vectors do not say. */
#include "transcript.h"

TEST(a_cr_is_dropped_only_right_before_lf) {
  hears("line", 0);
  CHECK_TEXT("", FED("one\r"));
  CHECK_TEXT("[one]", FED("\n"));
  CHECK_TEXT("", FED("two\r"));
  CHECK_TEXT("[two\\0d]", FED("\r\n"));
  CHECK_TEXT("", FED("three\r"));
  CHECK_TEXT("[three\\0d!]", FED("!\n"));
  CHECK_TEXT("", FED("\r"));
  CHECK_TEXT("[]", FED("\n"));
  CHECK_TEXT("[] []", FED("\r\n\n"));
  CHECK_TEXT("", ended());
}

TEST(a_line_that_is_whole_is_not_copied) {
  wt_decoder decoder;
  wt_framing framing;
  wt_message message;
  const char *data = "one\r\ntwo\n";
  CHECK_INT(0, wt_framing_parse(&framing, "line", 0, NULL));
  wt_decoder_init(&decoder, &framing, NULL, 0);
  CHECK_INT(5, wt_decode(&decoder, data, 9, &message));
  CHECK(message.data == data && message.size == 3);
  CHECK_INT(4, wt_decode(&decoder, data + 5, 4, &message));
  CHECK(message.data == data + 5 && message.size == 3);
}

TEST(a_buffer_of_the_largest_message_is_enough_for_its_cr_too) {
  hears_within("line", 5, 5);
  CHECK_TEXT("", FED_WITHIN("12345\r"));
  CHECK_TEXT("[12345]", FED_WITHIN("\n"));
  CHECK_TEXT("", FED_WITHIN("12345\r"));
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", FED_WITHIN("\r"));
}

TEST(what_had_come_is_cut_where_it_is_more_than_the_largest_message) {
  hears_within("line", 5, 5);
  CHECK_TEXT("", FED_WITHIN("12345\r"));
  CHECK_TEXT("the stream ended within a message: 6 bytes of it had come {12345}", ended());
  hears_within("line", 5, 6);
  CHECK_TEXT("", FED_WITHIN("12345\r"));
  CHECK_TEXT("the stream ended within a message: 6 bytes of it had come {12345\\0d}", ended());
  hears("line", 5);
  CHECK_TEXT("", FED("\r"));
  CHECK_TEXT("the stream ended within a message: 1 bytes of it had come {\\0d}", ended());
}

TEST(without_room_no_byte_is_taken) {
  hears_within("line", 100, 3);
  CHECK_TEXT("", FED_WITHIN("one"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN("\r"));
  CHECK_TEXT("the buffer has 3 bytes; give one of 100", FED_WITHIN(" two\nthree"));
  CHECK_TEXT("[one\\20two]", FED(" two\nthree"));
  CHECK_TEXT("[three]", FED("\n"));
  CHECK_INT(1, heard_rebuffers);
}

TEST(too_long_a_line_is_a_fault_before_its_end) {
  hears("line", 5);
  CHECK_TEXT("[ok] a message of at least 7 bytes: the limit max_message_bytes is 5", FED("ok\n1234567\r"));
  CHECK_TEXT("a message of at least 7 bytes: the limit max_message_bytes is 5", FED("\n"));
  CHECK_TEXT("a message of at least 7 bytes: the limit max_message_bytes is 5", ended());
  hears("line", 5);
  CHECK_TEXT("a message of 7 bytes: the limit max_message_bytes is 5", FED("1234567\r\n"));
  hears("line", 5);
  CHECK_TEXT("", FED("123"));
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", FED("456\nmore"));
}

TEST(what_is_said_ends_in_lf_or_in_cr_lf) {
  CHECK_TEXT("one\\0a", SAID("line", 0, "one"));
  CHECK_TEXT("\\0a", SAID("line", 0, ""));
  CHECK_TEXT("one\\0d\\0d\\0a", SAID("line:crlf", 0, "one\r"));
  CHECK_TEXT("\\0d\\0a", SAID("line:crlf", 0, ""));
  CHECK_TEXT("a message that holds LF cannot be sent as a line: it would arrive as two", SAID("line", 0, "a\nb"));
  CHECK_TEXT("a message that holds LF cannot be sent as a line: it would arrive as two", SAID("line:crlf", 0, "\n"));
  CHECK_TEXT("a message that ends in CR cannot be sent as a line: the CR would be dropped; line:crlf keeps it",
             SAID("line", 0, "a\r"));
  CHECK_TEXT("a message of 6 bytes to send: the limit max_message_bytes is 5", SAID("line", 5, "12345\n"));
}

int main(void) {
  RUN(a_cr_is_dropped_only_right_before_lf);
  RUN(a_line_that_is_whole_is_not_copied);
  RUN(a_buffer_of_the_largest_message_is_enough_for_its_cr_too);
  RUN(what_had_come_is_cut_where_it_is_more_than_the_largest_message);
  RUN(without_room_no_byte_is_taken);
  RUN(too_long_a_line_is_a_fault_before_its_end);
  RUN(what_is_said_ends_in_lf_or_in_cr_lf);
  return heard_done();
}
