/* What decoders of all framings promise, whatever the framing. */
#include "transcript.h"

/* Each with a stream that is one message, and the message. */
static const struct {
  const char *spec;
  const char *wire;
  size_t size;
} whole[] = {
    {"line", "hello\n", 6},         {"line:crlf", "hello\r\n", 7},     {"delimiter:0d0a", "hello\r\n", 7},
    {"length:u8", "\5hello", 6},    {"length:u16be", "\0\5hello", 7},  {"length:u16le", "\5\0hello", 7},
    {"length:u32be", "\0\0\0\5hello", 9}, {"length:u32le", "\5\0\0\0hello", 9}, {"length:varint", "\5hello", 6},
    {"netstring", "5:hello,", 8},   {"fixed:5", "hello", 5},           {"slip", "\xC0hello\xC0", 7},
    {"cobs", "\6hello\0", 7},
};
enum { WHOLE = sizeof whole / sizeof whole[0] };

TEST(a_message_may_move_to_a_larger_buffer_at_any_byte) {
  for (size_t i = 0; i < WHOLE; i++) {
    for (size_t at = 1; at < whole[i].size; at++) {
      hears_within(whole[i].spec, 0, 6);
      CHECK_TEXT("", heard_feed(whole[i].wire, at, 1));
      unsigned char *old = heard.buffer;
      wt_decoder_rebuffer(&heard, malloc(64), 64);
      memset(old, 'X', 6);
      free(old);
      CHECK_TEXT("[hello]", heard_feed(whole[i].wire + at, whole[i].size - at, 1));
      CHECK_TEXT("", ended());
    }
  }
}

TEST(a_buffer_may_stay_where_it_is) {
  char buffer[8];
  wt_message message;
  wt_framing framing;
  wt_decoder decoder;
  CHECK_INT(0, wt_framing_parse(&framing, "line", 0, NULL));
  wt_decoder_init(&decoder, &framing, buffer, 2);
  CHECK_INT(0, wt_decode(&decoder, "he", 2, &message));
  CHECK_INT(WT_EROOM, wt_decode(&decoder, "llo\n", 4, &message));
  wt_decoder_rebuffer(&decoder, buffer, sizeof buffer);
  CHECK_INT(4, wt_decode(&decoder, "llo\n", 4, &message));
  CHECK(message.size == 5 && memcmp(message.data, "hello", 5) == 0);
}

TEST(without_any_buffer_whole_messages_are_read) {
  for (size_t i = 0; i < WHOLE; i++) {
    hears(whole[i].spec, 0);
    CHECK_TEXT("[hello]", heard_feed(whole[i].wire, whole[i].size, 1));
    CHECK_TEXT("", ended());
  }
}

TEST(nothing_is_wrong_until_something_is) {
  for (size_t i = 0; i < WHOLE; i++) {
    wt_error error;
    wt_message rest;
    size_t need = 1;
    hears(whole[i].spec, 0);
    wt_decoder_explain(&heard, &error);
    CHECK_INT(0, error.code);
    CHECK_TEXT("", error.text);
    CHECK_INT(0, wt_decode(&heard, NULL, 0, &rest));
    CHECK_INT(0, wt_decode_end(&heard, &rest, &need));
    CHECK_INT(0, rest.size);
    CHECK(rest.data != NULL);
    CHECK_INT(0, need);
    wt_decoder_explain(&heard, NULL);
    wt_encode_explain(&heard_framing, "", 0, NULL);
  }
}

TEST(a_stream_that_ends_well_may_go_on) {
  for (size_t i = 0; i < WHOLE; i++) {
    hears(whole[i].spec, 0);
    CHECK_TEXT("[hello]", heard_feed(whole[i].wire, whole[i].size, 0));
    CHECK_TEXT("", ended());
    CHECK_TEXT("[hello]", heard_feed(whole[i].wire, whole[i].size, 0));
  }
}

TEST(a_stream_that_was_cut_is_over) {
  for (size_t i = 0; i < WHOLE; i++) {
    hears(whole[i].spec, 0);
    heard_feed(whole[i].wire, whole[i].size - 2, 0);
    CHECK(strncmp("the stream ended ", ended(), 17) == 0);
    CHECK(strncmp("the stream ended ", heard_feed(whole[i].wire, whole[i].size, 0), 17) == 0);
    CHECK_INT(WT_ETRUNCATED, wt_decode_end(&heard, NULL, NULL));
  }
}

TEST(the_usual_limit_is_a_mebibyte) {
  wt_framing framing;
  CHECK_INT(0, wt_framing_parse(&framing, "length:u32be", 0, NULL));
  CHECK_INT(1048576, framing.max_message);
  hears("length:u32be", 0);
  CHECK_TEXT("a message of 1048577 bytes: the limit max_message_bytes is 1048576", FED("\0\x10\0\1"));
}

int main(void) {
  RUN(a_message_may_move_to_a_larger_buffer_at_any_byte);
  RUN(a_buffer_may_stay_where_it_is);
  RUN(without_any_buffer_whole_messages_are_read);
  RUN(nothing_is_wrong_until_something_is);
  RUN(a_stream_that_ends_well_may_go_on);
  RUN(a_stream_that_was_cut_is_over);
  RUN(the_usual_limit_is_a_mebibyte);
  return heard_done();
}
