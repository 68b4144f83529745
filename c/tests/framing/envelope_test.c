/* What connections and servers use beside the public functions: what goes before and after a message. */
#include "check.h"
#include "framing/framing.h"

static wti_envelope_t envelope;

static int wrapped(const char *spec, size_t max, const char *message, size_t size) {
  wt_framing framing;
  CHECK_INT(0, wt_framing_parse(&framing, spec, max, NULL));
  memset(&envelope, 0, sizeof envelope);
  return wti_envelope(&framing, message, size, &envelope);
}

/* An envelope around "hello" is what wt_encode writes. */
static void holds(const char *spec) {
  wt_framing framing;
  unsigned char wire[64], sent[64];
  CHECK_INT(0, wrapped(spec, 0, "hello", 5));
  CHECK_INT(0, wt_framing_parse(&framing, spec, 0, NULL));
  ptrdiff_t size = wt_encode(&framing, "hello", 5, wire, sizeof wire);
  memcpy(sent, envelope.head, envelope.head_size);
  memcpy(sent + envelope.head_size, "hello", 5);
  memcpy(sent + envelope.head_size + 5, envelope.tail, envelope.tail_size);
  CHECK_INT(size, envelope.head_size + 5 + envelope.tail_size);
  CHECK(memcmp(sent, wire, (size_t)size) == 0);
}

TEST(what_goes_around_a_message_is_what_encoding_writes) {
  static const char *const specs[] = {
      "raw",          "raw:utf8",     "line",         "line:crlf",    "delimiter:0d0a2e", "length:u8",
      "length:u16be", "length:u16le", "length:u32be", "length:u32le", "length:varint",    "netstring",
      "fixed:5"};
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    holds(specs[i]);
  }
}

TEST(raw_has_nothing_around_it) {
  CHECK_INT(0, wrapped("raw", 1, "hello", 5));
  CHECK_INT(0, envelope.head_size + envelope.tail_size);
}

TEST(what_changes_within_must_be_copied) {
  CHECK_INT(1, wrapped("slip", 0, "hello", 5));
  CHECK_INT(1, wrapped("cobs", 0, "hello", 5));
}

TEST(what_cannot_be_sent_is_refused) {
  CHECK_INT(WT_EMALFORMED, wrapped("line", 0, "a\nb", 3));
  CHECK_INT(WT_ELIMIT, wrapped("line", 2, "abc", 3));
  CHECK_INT(WT_EMALFORMED, wrapped("slip", 0, "", 0));
  CHECK_INT(WT_ELIMIT, wrapped("cobs", 2, "abc", 3));
}

#if SIZE_MAX > UINT32_MAX
TEST(the_largest_count_in_front_has_room) {
  CHECK_INT(0, wrapped("netstring", SIZE_MAX, "", SIZE_MAX));
  CHECK_INT(21, envelope.head_size);
  CHECK(memcmp(envelope.head, "18446744073709551615:", 21) == 0);
  CHECK_INT(0, wrapped("length:varint", SIZE_MAX, "", SIZE_MAX));
  CHECK_INT(10, envelope.head_size);
}
#else
TEST(the_largest_count_in_front_has_room) {
  CHECK_INT(0, wrapped("netstring", SIZE_MAX, "", SIZE_MAX));
  CHECK_INT(11, envelope.head_size);
  CHECK(memcmp(envelope.head, "4294967295:", 11) == 0);
  CHECK_INT(0, wrapped("length:varint", SIZE_MAX, "", SIZE_MAX));
  CHECK_INT(5, envelope.head_size);
}
#endif

int main(void) {
  RUN(what_goes_around_a_message_is_what_encoding_writes);
  RUN(raw_has_nothing_around_it);
  RUN(what_changes_within_must_be_copied);
  RUN(what_cannot_be_sent_is_refused);
  RUN(the_largest_count_in_front_has_room);
  return check_done();
}
