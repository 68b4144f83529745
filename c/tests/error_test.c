/* Failures in words. */
#include "error.h"
#include "check.h"

TEST(a_code_has_a_word) {
  CHECK_TEXT("refused", wt_how(WT_EREFUSED));
  CHECK_TEXT("timed-out", wt_how(WT_ETIMEDOUT));
  CHECK_TEXT("failed", wt_how(-99));
  CHECK_TEXT("the peer broke off", wt_strerror(WT_ERESET));
}

TEST(a_sentence_too_long_is_cut_between_characters) {
  static char words[3000];
  wt_error error;
  for (size_t i = 0; i + 2 < sizeof words; i += 2) {
    memcpy(words + i, "\xC3\xA9", 2);
  }
  CHECK_INT(WT_EUSAGE, wti_fail(&error, WT_EUSAGE, ".%s", words));
  CHECK(strlen(error.text) < sizeof error.text);
  CHECK_TEXT("\xC3\xA9\xE2\x80\xA6", error.text + strlen(error.text) - 5);
}

TEST(nobody_has_to_listen) { CHECK_INT(WT_ELIMIT, wti_fail_os(NULL, WT_ELIMIT, 5, "%d", 1)); }

int main(void) {
  RUN(a_code_has_a_word);
  RUN(a_sentence_too_long_is_cut_between_characters);
  RUN(nobody_has_to_listen);
  return check_done();
}
