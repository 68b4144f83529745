/* The nearest right word to a wrong one. */
#include "spelling.h"

#include "check.h"

static const char *nearest(const char *word) {
  static const char *const choices[] = {"tls", "tcp", "tcp4", "icmp", "max_message", "nodelay"};
  wti_spelling spelling;
  wti_spelling_begin(&spelling, wti_text_of(word));
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
    wti_spelling_try(&spelling, choices[i]);
  }
  return spelling.nearest == NULL ? "" : spelling.nearest;
}

TEST(like_enough) {
  CHECK_TEXT("tcp", nearest("tpc"));
  CHECK_TEXT("tcp", nearest("TCP"));
  CHECK_TEXT("tcp4", nearest("tcp44"));
  CHECK_TEXT("max_message", nearest("max-message"));
  CHECK_TEXT("nodelay", nearest("nodlay"));
  CHECK_TEXT("icmp", nearest("\xC4\xB0" "cmp"));
  CHECK_TEXT("nodelay", nearest("nod\xC3\xA9lay"));
}

TEST(of_two_alike_the_first) {
  CHECK_TEXT("tls", nearest("tl"));
  CHECK_TEXT("tcp", nearest("tcpx"));
}

TEST(nothing_like_it) {
  CHECK_TEXT("", nearest(""));
  CHECK_TEXT("", nearest("q"));
  CHECK_TEXT("", nearest("udp"));
  CHECK_TEXT("", nearest("nodelaynodelaynodelay"));
  CHECK_TEXT("", nearest("nodelaynodelaynodelaynodelaynodelaynodelaynodelaynodelaynodelaynodelay"));
}

int main(void) {
  RUN(like_enough);
  RUN(of_two_alike_the_first);
  RUN(nothing_like_it);
  return check_done();
}
