/* An address back to text: canonical, and read again as an equal one. */
#include "check.h"
#include "wiretalk.h"

/* Parses a text and returns its canonical form, which must be its own. */
static const char *written(const char *text) {
  static char first[2 * WT_ADDRESS_BYTES], second[2 * WT_ADDRESS_BYTES];
  static wt_address address;
  wt_error error;
  if (wt_address_parse(&address, text, &error) < 0) {
    return strcpy(first, error.text);
  }
  ptrdiff_t size = wt_address_format(&address, first, sizeof first);
  CHECK_INT((ptrdiff_t)strlen(first), size);
  CHECK_INT(0, wt_address_parse(&address, first, &error));
  wt_address_format(&address, second, sizeof second);
  CHECK_TEXT(first, second);
  return first;
}

TEST(the_canonical_text) {
  CHECK_TEXT("tcp://:8888", written(":8888"));
  CHECK_TEXT("tcp://pi.local:80", written("TCP://Pi.LOCAL:080"));
  CHECK_TEXT("tcp://[::1]:80", written("[0:0:0:0:0:0:0:1]:80"));
  CHECK_TEXT("tcp://[::ffff:127.0.0.1]:80", written("[::FFFF:127.0.0.1]:80"));
  CHECK_TEXT("tcp://[fe80::1%eth0]:80", written("[fe80::1%25eth0]:80"));
  CHECK_TEXT("tcp://[fe80::1%2525g0]:80", written("[fe80::1%2525g0]:80"));
  CHECK_TEXT("tcp://[fe80::1%2517]:80", written("[fe80::1%2517]:80"));
  CHECK_TEXT("unix:/run/x", written("unix:///run/x"));
  CHECK_TEXT("unix:/%2Frun/x", written("unix:/%2Frun/x"));
  CHECK_TEXT("unix:/%2F%20", written("unix:/%2F%20"));
  CHECK_TEXT("unix:~/caf\xC3\xA9 1", written("unix:%7e/caf%C3%A9 1"));
  CHECK_TEXT("unix:%20x%20", written("unix:%20x%20"));
  CHECK_TEXT("unix:a%0Ab%1B", written("unix:a%0Ab%1B"));
  CHECK_TEXT("unix:@a%00b", written("unix:@a%00b"));
  CHECK_TEXT("unix:%FF", written("unix:\xFF"));
  CHECK_TEXT("unix:a%E2%80%8Bb", written("unix:a%e2%80%8bb"));
  CHECK_TEXT("unixgram:date +%25s%3F", written("unixgram:date +%25s%3f"));
}

TEST(options) {
  CHECK_TEXT("unix:/x?mode=0600", written("unix:/x?mode=600"));
  CHECK_TEXT("tcp://:1?nodelay&reuseport=0", written("tcp://:1?nodelay=yes&reuseport=off"));
  CHECK_TEXT("tcp://:1?max_message=64KiB&sndbuf=1000", written("tcp://:1?max_message=65536&sndbuf=1000"));
  CHECK_TEXT("tcp://:1?codec=a%26b%25?=&ttl=5", written("tcp://:1?codec=a%26b%25%3F=&ttl=0x5"));
  CHECK_TEXT("tcp://h:1?bind=127.0.0.1", written("tcp://h:1?bind=127.0.0.1:0"));
  CHECK_TEXT("tcp://h:1?bind=[fe80::1%25eth0]:5", written("tcp://h:1?bind=[fe80::1%25eth0]:5"));
}

TEST(times) {
  CHECK_TEXT("tcp://:1?user_timeout=1.5s&keepalive=1m", written("tcp://:1?user_timeout=1500ms&keepalive=60"));
  CHECK_TEXT("tcp://:1?user_timeout=1ms&keepalive=2h", written("tcp://:1?user_timeout=0.001&keepalive=7200s"));
  CHECK_TEXT("tcp://:1?user_timeout=3d&keepalive=32767s", written("tcp://:1?user_timeout=72h&keepalive=32767"));
  CHECK_TEXT("tcp://:1?user_timeout=1500us", written("tcp://:1?user_timeout=1.5ms"));
  CHECK_TEXT("tcp://:1?user_timeout=0.0012345678901234567s", written("tcp://:1?user_timeout=1.2345678901234567ms"));
  CHECK_TEXT("tcp://:1?user_timeout=4294966.1s", written("tcp://:1?user_timeout=4294966.100000000"));
}

TEST(ipv6_in_its_one_form) {
  /* RFC 5952, sections 4 and 5; RFC 4291, section 2.2. */
  CHECK_TEXT("tcp://[2001:db8::1]:1", written("[2001:0db8::0001]:1"));
  CHECK_TEXT("tcp://[2001:db8::2:1]:1", written("[2001:db8:0:0:0:0:2:1]:1"));
  CHECK_TEXT("tcp://[2001:db8:0:1:1:1:1:1]:1", written("[2001:db8:0:1:1:1:1:1]:1"));
  CHECK_TEXT("tcp://[2001:0:0:1::1]:1", written("[2001:0:0:1:0:0:0:1]:1"));
  CHECK_TEXT("tcp://[2001:db8::1:0:0:1]:1", written("[2001:db8:0:0:1:0:0:1]:1"));
  CHECK_TEXT("tcp://[::]:1", written("[0:0:0:0:0:0:0:0]:1"));
  CHECK_TEXT("tcp://[1::]:1", written("[1::]:1"));
  CHECK_TEXT("tcp://[::ffff:192.0.2.1]:1", written("[::ffff:c000:201]:1"));
  CHECK_TEXT("tcp://[64:ff9b::c000:221]:1", written("[64:ff9b::192.0.2.33]:1"));
  CHECK_TEXT("tcp://[1:2:3:4:5:6:708:90a]:1", written("[1:2:3:4:5:6:7.8.9.10]:1"));
  CHECK_TEXT("tcp://[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1",
             written("[fdff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:1"));
}

TEST(what_is_no_ipv6) {
  static const char *const none[] = {
      "",     ":",        ":::",         "1",          "1:2",        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9",
      "::1::", "12345::",  "::g",         "::1.2.3",    "0x1::",      "1.2.3.4::",         "::1.2.3.4:5",
      " ::1", "::256.0.0.1", "1:2:3:4:5:6:7:1.2.3.4", "::1 ", ":1::2", "1::2:", "::01.2.3.4", "::1.2.3.4.5", "::1.2.3a4",
  };
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    char text[64];
    snprintf(text, sizeof text, "[%s]:1", none[i]);
    CHECK(strstr(written(text), "brackets hold an IPv6 address, and this is none") != NULL);
  }
}

TEST(what_does_not_fit_is_not_written) {
  wt_address address;
  char out[32];
  CHECK_INT(0, wt_address_parse(&address, "tcp://host:80?ttl=5", NULL));
  CHECK_INT(19, wt_address_format(&address, out, 20));
  CHECK_TEXT("tcp://host:80?ttl=5", out);
  CHECK_INT(WT_EROOM, wt_address_format(&address, out, 19));
  CHECK_INT(WT_EROOM, wt_address_format(&address, out, 3));
  CHECK_INT(WT_EROOM, wt_address_format(&address, NULL, 0));
}

int main(void) {
  RUN(the_canonical_text);
  RUN(options);
  RUN(times);
  RUN(ipv6_in_its_one_form);
  RUN(what_is_no_ipv6);
  RUN(what_does_not_fit_is_not_written);
  return check_done();
}
