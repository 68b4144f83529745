/* check.h: the smallest harness that tells which line of which test was wrong. One program a source file:

       TEST(one_line) { CHECK(1 + 1 == 2); CHECK_TEXT("a", "a"); CHECK_INT(2, 1 + 1); }
       int main(void) { RUN(one_line); return check_done(); }

   Each test prints "ok NAME" or what was wrong; the exit status is 0 only if all were right. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

static int check_failures;
static int check_total;
static const char *check_name = "";

#define TEST(name) static void name(void)

#define CHECK(condition)                                                                        \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      printf("%s:%d: in %s: not so: %s\n", __FILE__, __LINE__, check_name, #condition);         \
      check_failures++;                                                                         \
    }                                                                                           \
  } while (0)

#define CHECK_INT(expected, actual)                                                             \
  do {                                                                                          \
    long long check_a = (long long)(expected), check_b = (long long)(actual);                   \
    if (check_a != check_b) {                                                                   \
      printf("%s:%d: in %s: %s is %lld, not %lld\n", __FILE__, __LINE__, check_name, #actual,   \
             check_b, check_a);                                                                 \
      check_failures++;                                                                         \
    }                                                                                           \
  } while (0)

#define CHECK_TEXT(expected, actual)                                                            \
  do {                                                                                          \
    const char *check_a = (expected), *check_b = (actual);                                      \
    if (strcmp(check_a, check_b) != 0) {                                                        \
      printf("%s:%d: in %s: %s is\n%s\nnot\n%s\n", __FILE__, __LINE__, check_name, #actual,     \
             check_b, check_a);                                                                 \
      check_failures++;                                                                         \
    }                                                                                           \
  } while (0)

#define RUN(test)                                                                               \
  do {                                                                                          \
    int check_before = check_failures;                                                          \
    check_name = #test;                                                                         \
    check_total++;                                                                              \
    test();                                                                                     \
    if (check_failures == check_before) {                                                       \
      printf("ok %s\n", check_name);                                                            \
    }                                                                                           \
    fflush(stdout);                                                                             \
  } while (0)

static int check_done(void) {
  printf("%d tests, %d checks failed\n", check_total, check_failures);
  return check_failures != 0 || check_total == 0;
}

#endif
