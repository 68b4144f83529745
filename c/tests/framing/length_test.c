/* Counts of fixed size: what the vectors do not say. */
#include "transcript.h"

TEST(a_count_may_come_in_pieces) {
  hears("length:u32be", 0);
  CHECK_TEXT("", FED("\0"));
  CHECK_TEXT("", FED("\0\0"));
  CHECK_TEXT("", FED("\3a"));
  CHECK_TEXT("[abc] [] [d]", FED("bc\0\0\0\0\0\0\0\1d\0"));
  CHECK_TEXT("the stream ended within a message: 1 bytes of it had come {\\00}", ended());
}

TEST(low_or_high_byte_first) {
  hears("length:u16be", 0);
  CHECK_TEXT("[a]", FED("\0\1a\1"));
  CHECK_TEXT("", FED("\2"));
  CHECK_INT(258, heard.need);
  hears("length:u16le", 0);
  CHECK_TEXT("[a]", FED("\1\0a\1\2"));
  CHECK_INT(513, heard.need);
  hears("length:u32be", SIZE_MAX);
  CHECK_TEXT("", FED("\1\2\3\4"));
  CHECK_INT(16909060, heard.need);
  hears("length:u32le", SIZE_MAX);
  CHECK_TEXT("", FED("\1\2\3\4"));
  CHECK_INT(67305985, heard.need);
  hears("length:u8", 0);
  CHECK_TEXT("", FED("\xFF"));
  CHECK_INT(255, heard.need);
}

TEST(a_body_that_is_whole_in_one_piece_is_not_copied) {
  wt_decoder decoder;
  wt_framing framing;
  wt_message message;
  const char *body = "abc";
  CHECK_INT(0, wt_framing_parse(&framing, "length:u8", 0, NULL));
  wt_decoder_init(&decoder, &framing, NULL, 0);
  CHECK_INT(0, wt_decode(&decoder, "\3", 1, &message));
  CHECK_INT(3, wt_decode(&decoder, body, 3, &message));
  CHECK(message.data == body && message.size == 3);
  CHECK_INT(0, wt_decode_end(&decoder, NULL, NULL));
}

TEST(without_room_no_byte_is_taken) {
  hears_within("length:u16be", 0, 2);
  CHECK_TEXT("", FED_WITHIN("\0"));
  CHECK_TEXT("the buffer has 2 bytes; give one of 5", FED_WITHIN("\5abc"));
  CHECK_TEXT("", FED_WITHIN("\5ab"));
  CHECK_TEXT("the buffer has 2 bytes; give one of 5", FED_WITHIN("cde"));
  CHECK_TEXT("[abcde]", FED("cde"));
  CHECK_INT(1, heard_rebuffers);
}

TEST(who_counts_high_and_sends_nothing_costs_little) {
  hears("length:u32be", 0);
  CHECK_TEXT("", FED("\0\x10\0\0"));
  CHECK_INT(0, heard.capacity);
  CHECK_TEXT("", FED("x"));
  CHECK_INT(1024, heard.capacity);
  CHECK_TEXT("the stream ended within a message: 1 of 1048576 bytes of it had come {x} of 1048576", ended());
}

TEST(what_is_copied_from_buffer_to_buffer_stays_linear) {
  enum { SIZE = 300000 };
  hears("length:u32be", 0);
  CHECK_TEXT("", FED("\0\4\x93\xE0"));
  for (int i = 1; i < SIZE; i++) {
    CHECK_TEXT("", FED("x"));
  }
  CHECK_INT(10, heard_rebuffers);
  wt_message message;
  CHECK_INT(1, wt_decode(&heard, "!", 1, &message));
  CHECK(message.size == SIZE && message.data[SIZE - 1] == '!' && message.data[0] == 'x');
}

TEST(a_count_over_the_limit_is_a_fault_before_its_body) {
  hears("length:u32be", 5);
  CHECK_TEXT("[ok] a message of 4294967295 bytes: the limit max_message_bytes is 5",
             FED("\0\0\0\2ok\xFF\xFF\xFF\xFF"));
  CHECK_TEXT("a message of 4294967295 bytes: the limit max_message_bytes is 5", FED("\0\0\0\0"));
  CHECK_TEXT("a message of 4294967295 bytes: the limit max_message_bytes is 5", ended());
}

TEST(what_no_count_reaches_cannot_be_said) {
  static char much[65536];
  CHECK_TEXT("\\03abc", SAID("length:u8", 0, "abc"));
  CHECK_TEXT("\\03\\00abc", SAID("length:u16le", 0, "abc"));
  CHECK_TEXT("\\00\\00\\00\\00", SAID("length:u32be", 0, ""));
  CHECK_TEXT("\\03\\00\\00\\00abc", SAID("length:u32le", 0, "abc"));
  CHECK_TEXT("length:u8 counts to 255: a message of 256 bytes cannot be sent; use length:u32be",
             said("length:u8", 0, much, 256));
  CHECK_TEXT("length:u16be counts to 65535: a message of 65536 bytes cannot be sent; use length:u32be",
             said("length:u16be", 0, much, 65536));
  CHECK_TEXT("length:u16le counts to 65535: a message of 65536 bytes cannot be sent; use length:u32be",
             said("length:u16le", 0, much, 65536));
  CHECK_TEXT("a message of 256 bytes to send: the limit max_message_bytes is 5", said("length:u8", 5, much, 256));
}

/* Over what a count of 32 bits reaches, and where SIZE_MAX is no more than that, at it. Nothing is read of the
   message. */
TEST(what_32_bits_do_not_count) {
  wt_framing framing;
  wt_error error;
  CHECK_INT(0, wt_framing_parse(&framing, "length:u32le", SIZE_MAX, NULL));
#if SIZE_MAX > UINT32_MAX
  size_t size = (size_t)UINT32_MAX + 1;
  CHECK_INT(WT_EMALFORMED, wt_encode(&framing, "", size, NULL, 0));
  wt_encode_explain(&framing, "", size, &error);
  CHECK_TEXT("length:u32le counts to 4294967295: a message of 4294967296 bytes cannot be sent; use length:u32be",
             error.text);
#else
  wt_encode_explain(&framing, "", SIZE_MAX, &error);
  CHECK_TEXT("", error.text);
#endif
  CHECK_INT(WT_EROOM, wt_encode(&framing, "", UINT32_MAX, NULL, 0));
  CHECK(wt_encoded_most(&framing, SIZE_MAX) == SIZE_MAX);
  CHECK(wt_encoded_most(&framing, SIZE_MAX - 2) == SIZE_MAX);
  CHECK_INT(7, wt_encoded_most(&framing, 3));
}

int main(void) {
  RUN(a_count_may_come_in_pieces);
  RUN(low_or_high_byte_first);
  RUN(a_body_that_is_whole_in_one_piece_is_not_copied);
  RUN(without_room_no_byte_is_taken);
  RUN(who_counts_high_and_sends_nothing_costs_little);
  RUN(what_is_copied_from_buffer_to_buffer_stays_linear);
  RUN(a_count_over_the_limit_is_a_fault_before_its_body);
  RUN(what_no_count_reaches_cannot_be_said);
  RUN(what_32_bits_do_not_count);
  return heard_done();
}
