/* Netstrings: what the vectors do not say. */
#include "transcript.h"

#define BAD_COUNT "a netstring begins with a count and a colon, without zeros in front; this one with "

TEST(a_netstring_may_come_in_pieces) {
  hears("netstring", 0);
  CHECK_TEXT("", FED("1"));
  CHECK_TEXT("", FED("1"));
  CHECK_TEXT("", FED(":hello "));
  CHECK_TEXT("", FED("world"));
  CHECK_TEXT("[hello\\20world] [] [,]", FED(",0:,1:,,"));
  CHECK_TEXT("", FED("0:"));
  CHECK_TEXT("[]", FED(","));
  CHECK_TEXT("", ended());
}

TEST(a_body_that_is_whole_is_not_copied_even_where_its_count_came_before) {
  wt_decoder decoder;
  wt_framing framing;
  wt_message message;
  const char *body = "abc,";
  CHECK_INT(0, wt_framing_parse(&framing, "netstring", 0, NULL));
  wt_decoder_init(&decoder, &framing, NULL, 0);
  CHECK_INT(0, wt_decode(&decoder, "3:", 2, &message));
  CHECK_INT(4, wt_decode(&decoder, body, 4, &message));
  CHECK(message.data == body && message.size == 3);
}

TEST(what_is_no_count_is_shown) {
  hears("netstring", 0);
  CHECK_TEXT("[a] " BAD_COUNT "'01'", FED("1:a,01:a,"));
  CHECK_TEXT(BAD_COUNT "'01'", FED("1:a,"));
  CHECK_TEXT(BAD_COUNT "'01'", ended());
  hears("netstring", 0);
  CHECK_TEXT(BAD_COUNT "''", FED(":"));
  hears("netstring", 0);
  CHECK_TEXT("", FED("12"));
  CHECK_TEXT(BAD_COUNT "\"12'\"", FED("':"));
  hears("netstring", 0);
  CHECK_TEXT(BAD_COUNT "'\\'\"\\\\\\t\\n\\r\\x00\\xff'", FED("'\"\\\t\n\r\0\xFF"));
  hears("netstring", 0);
  CHECK_TEXT(BAD_COUNT "'GET / HTTP/1.1\\r\\nHost'", FED("GET / HTTP/1.1\r\nHost: pi\r\n"));
  hears("netstring", 0);
  CHECK_TEXT("", FED("0"));
  CHECK_TEXT(BAD_COUNT "'00'", FED("0"));
}

TEST(what_comes_in_place_of_the_comma_is_shown) {
  hears("netstring", 0);
  CHECK_TEXT("[a] a netstring ends in a comma; this one in ';'", FED("1:a,1:a;"));
  CHECK_TEXT("a netstring ends in a comma; this one in ';'", ended());
  hears("netstring", 0);
  CHECK_TEXT("", FED("1:a"));
  CHECK_TEXT("a netstring ends in a comma; this one in '\\x00'", FED("\0"));
}

TEST(a_count_over_the_limit_is_told_as_it_came) {
  hears("netstring", 5);
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", FED("6:"));
  CHECK_TEXT("a message of 6 bytes: the limit max_message_bytes is 5", ended());
  hears("netstring", 5);
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", FED("6"));
  hears("netstring", 5);
  CHECK_TEXT("a message of at least 999999999999999999999 bytes: the limit max_message_bytes is 5",
             FED("9999999999999999999999:"));
  hears("netstring", 5);
  CHECK_TEXT("a message of 99999999999999999999 bytes: the limit max_message_bytes is 5",
             FED("99999999999999999999:"));
  hears("netstring", 5);
  CHECK_TEXT("a message of 18446744073709551616 bytes: the limit max_message_bytes is 5",
             FED("18446744073709551616:"));
}

/* What is wrong first is what is wrong, however the bytes were cut. */
TEST(a_count_over_the_limit_comes_before_what_makes_it_no_count) {
  hears("netstring", 5);
  CHECK_TEXT("a message of at least 6 bytes: the limit max_message_bytes is 5", FED("6x"));
  hears("netstring", 5);
  CHECK_TEXT(BAD_COUNT "'5x'", FED("5x"));
  hears("netstring", 5);
  CHECK_TEXT(BAD_COUNT "'09x'", FED("09x"));
  hears("netstring", 5);
  CHECK_TEXT("a message of at least 99999999999999999999 bytes: the limit max_message_bytes is 5",
             FED("99999999999999999999x"));
}

#if SIZE_MAX == UINT64_MAX
TEST(the_largest_count_of_all_is_one) {
  hears("netstring", SIZE_MAX);
  CHECK_TEXT("", FED("18446744073709551615:"));
  CHECK(heard.need == UINT64_MAX);
  hears("netstring", SIZE_MAX);
  CHECK_TEXT("a message of 18446744073709551616 bytes: the limit max_message_bytes is 18446744073709551615",
             FED("18446744073709551616:"));
}
#else
TEST(the_largest_count_of_all_is_one) {
  hears("netstring", SIZE_MAX);
  CHECK_TEXT("", FED("4294967295:"));
  CHECK(heard.need == UINT32_MAX);
  hears("netstring", SIZE_MAX);
  CHECK_TEXT("a message of 4294967296 bytes: the limit max_message_bytes is 4294967295", FED("4294967296:"));
}
#endif

TEST(how_much_had_come_is_told) {
  hears("netstring", 0);
  CHECK_TEXT("", FED("12"));
  CHECK_TEXT("the stream ended within a message: 2 bytes of it had come {12}", ended());
  hears("netstring", 0);
  CHECK_TEXT("", FED("5:hel"));
  CHECK_TEXT("the stream ended within a message: 3 of 5 bytes of it had come {hel} of 5", ended());
  hears("netstring", 0);
  CHECK_TEXT("", FED("5:hello"));
  CHECK_TEXT("the stream ended before the comma of a netstring: all 5 bytes of it had come {hello} of 5", ended());
  hears("netstring", 0);
  CHECK_TEXT("", FED("0:"));
  CHECK_TEXT("the stream ended before the comma of a netstring: all 0 bytes of it had come {}", ended());
}

TEST(without_room_no_byte_is_taken) {
  hears_within("netstring", 0, 4);
  CHECK_TEXT("", FED_WITHIN("5"));
  CHECK_TEXT("the buffer has 4 bytes; give one of 5", FED_WITHIN(":hello"));
  CHECK_TEXT("", FED_WITHIN(":hell"));
  CHECK_TEXT("the buffer has 4 bytes; give one of 5", FED_WITHIN("o,"));
  CHECK_TEXT("[hello]", FED("o,"));
}

TEST(what_is_said_tells_its_size) {
  CHECK_TEXT("5:hello,", SAID("netstring", 0, "hello"));
  CHECK_TEXT("0:,", SAID("netstring", 0, ""));
  CHECK_TEXT("12:hello\\20world!,", SAID("netstring", 0, "hello world!"));
  CHECK_TEXT("a message of 6 bytes to send: the limit max_message_bytes is 5", SAID("netstring", 5, "123456"));
}

int main(void) {
  RUN(a_netstring_may_come_in_pieces);
  RUN(a_body_that_is_whole_is_not_copied_even_where_its_count_came_before);
  RUN(what_is_no_count_is_shown);
  RUN(what_comes_in_place_of_the_comma_is_shown);
  RUN(a_count_over_the_limit_is_told_as_it_came);
  RUN(a_count_over_the_limit_comes_before_what_makes_it_no_count);
  RUN(the_largest_count_of_all_is_one);
  RUN(how_much_had_come_is_told);
  RUN(without_room_no_byte_is_taken);
  RUN(what_is_said_tells_its_size);
  return heard_done();
}
