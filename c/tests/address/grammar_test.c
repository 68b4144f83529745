/* What each text is read as. What is refused, and how, is in mistakes_test.c and options_test.c. */
#include "check.h"
#include "wiretalk.h"

static wt_address address;

/* Parses a text, and writes what it is as "scheme host port path". */
static const char *said(const char *text) {
  static char out[1024];
  wt_error error;
  if (wt_address_parse(&address, text, &error) < 0) {
    return strcpy(out, error.text);
  }
  snprintf(out, sizeof out, "%s '%s' %d '%s'", address.scheme, address.host, address.port, address.path);
  return out;
}

TEST(host_and_port_alone_are_tcp) {
  CHECK_TEXT("tcp 'localhost' 80 ''", said("localhost:80"));
  CHECK_TEXT("tcp '' 8888 ''", said(":8888"));
  CHECK_TEXT("tcp '::1' 8888 ''", said("[::1]:8888"));
  CHECK_TEXT("tcp '192.0.2.1' 80 ''", said("192.0.2.1:80?nodelay"));
}

TEST(the_internet) {
  CHECK_TEXT("tcp 'pi.local' 8888 ''", said("tcp://pi.local:8888"));
  CHECK_TEXT("tcp 'pi.local' 8888 ''", said("TCP://Pi.LOCAL:8888"));
  CHECK_TEXT("tcp4 '' 0 ''", said("tcp4://:0"));
  CHECK_TEXT("tcp6 '2001:db8::1' 65535 ''", said("tcp6://[2001:DB8::1]:65535"));
  CHECK_TEXT("udp '239.1.2.3' 5000 ''", said("udp://239.1.2.3:5000?loop=0"));
  CHECK_TEXT("udp4 '255.255.255.255' 9 ''", said("udp4://255.255.255.255:9?broadcast"));
  CHECK_TEXT("udp6 'ff02::1%eth0' 5000 ''", said("udp6://[ff02::1%eth0]:5000"));
}

TEST(names) {
  CHECK_TEXT("tcp 'under_score.example' 1 ''", said("tcp://under_score.example:1"));
  CHECK_TEXT("tcp 'example.org.' 1 ''", said("tcp://example.org.:1"));
  CHECK_TEXT("tcp '4ever.example' 1 ''", said("tcp://4ever.example:1"));
  CHECK_TEXT("tcp 'xn--bcher-kva.example' 1 ''", said("tcp://XN--bcher-kva.example:1"));
  CHECK_TEXT("tcp 'host' 1 ''", said("tcp://%68%6fst:1"));
}

TEST(zones_as_either_standard_writes_them) {
  CHECK_TEXT("tcp 'fe80::1%eth0' 80 ''", said("tcp://[fe80::1%eth0]:80"));
  CHECK_TEXT("tcp 'fe80::1%eth0' 80 ''", said("tcp://[fe80::1%25eth0]:80"));
  CHECK_TEXT("tcp 'fe80::1%2517' 80 ''", said("tcp://[fe80::1%2517]:80"));
  CHECK_TEXT("tcp 'fe80::1%25' 80 ''", said("tcp://[fe80::1%25]:80"));
}

TEST(unix_sockets) {
  CHECK_TEXT("unix '' -1 '/run/x.sock'", said("unix:/run/x.sock"));
  CHECK_TEXT("unix '' -1 '../x:y@z.sock'", said("unix:../x:y@z.sock"));
  CHECK_TEXT("unix '' -1 '/run/x.sock'", said("unix:///run/x.sock"));
  CHECK_TEXT("unix '' -1 '@abstract'", said("unix:@abstract"));
  CHECK_TEXT("unix '' -1 '/with space'", said("unix:/with space?mode=600"));
  CHECK_TEXT("unix '' -1 'a?b%c&d&e'", said("unix:a%3Fb%25c%26d&e"));
  CHECK_TEXT("unix '' -1 '\xFF\xFF'", said("unix:%FF\xFF"));
  CHECK_TEXT("unixgram '' -1 '/run/log'", said("unixgram:/run/log"));
}

TEST(an_abstract_name_may_hold_zero_bytes) {
  CHECK_TEXT("unix '' -1 '@a'", said("unix:@a%00b"));
  CHECK_INT(4, address.path_size);
  CHECK(memcmp(address.path, "@a\0b", 5) == 0);
}

TEST(options_are_in_the_order_given) {
  CHECK_TEXT("tcp '' 9000 ''", said(":9000?framing=line&codec=a%26b&max_message=64KiB&keepalive=90s&nodelay=0&ttl=0x1f"));
  CHECK_INT(6, address.option_count);
  CHECK_TEXT("framing", address.options[0].name);
  CHECK_INT(WT_TEXT, address.options[0].type);
  CHECK_TEXT("line", address.options[0].text);
  CHECK_TEXT("a&b", wt_address_option(&address, "codec")->text);
  CHECK_INT(WT_NUMBER, address.options[2].type);
  CHECK_INT(65536, address.options[2].number);
  CHECK_INT(WT_SECONDS, address.options[3].type);
  CHECK(address.options[3].seconds == 90);
  CHECK_INT(WT_FLAG, address.options[4].type);
  CHECK_INT(0, address.options[4].number);
  CHECK_INT(31, address.options[5].number);
  CHECK(wt_address_option(&address, "tos") == NULL);
}

TEST(the_longest_address_is_one) {
  static char text[WT_ADDRESS_BYTES + 1];
  wt_error error;
  memset(text, 'x', WT_ADDRESS_BYTES);
  memcpy(text, "unix:", 5);
  CHECK_INT(0, wt_address_parse(&address, text, &error));
  CHECK_INT(WT_ADDRESS_BYTES - 5, address.path_size);
}

TEST(the_option_that_is_kept_twice_fits_at_its_longest) {
  static char text[WT_ADDRESS_BYTES + 1], again[WT_ADDRESS_BYTES + 64];
  static const char begin[] = ":1?bind=[::ffff:ffff:ffff%25";
  wt_error error;
  memset(text, 'z', WT_ADDRESS_BYTES);
  memcpy(text, begin, sizeof begin - 1);
  text[WT_ADDRESS_BYTES - 1] = ']';
  CHECK_INT(0, wt_address_parse(&address, text, &error));
  CHECK(address.used <= sizeof address.storage);
  CHECK_INT(WT_ADDRESS_BYTES + (int)strlen("tcp://") + 6, wt_address_format(&address, again, sizeof again));
  CHECK(strstr(again, "tcp://:1?bind=[::ffff:255.255.255.255%25zzz") == again);
  CHECK_TEXT("zz]", again + strlen(again) - 3);
}

int main(void) {
  RUN(host_and_port_alone_are_tcp);
  RUN(the_internet);
  RUN(names);
  RUN(zones_as_either_standard_writes_them);
  RUN(unix_sockets);
  RUN(an_abstract_name_may_hold_zero_bytes);
  RUN(options_are_in_the_order_given);
  RUN(the_longest_address_is_one);
  RUN(the_option_that_is_kept_twice_fits_at_its_longest);
  return check_done();
}
