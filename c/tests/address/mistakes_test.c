/* What is refused before the options: the sentence, and the caret under the fault, as a user sees them. */
#include "refused.h"

static const char *const transcripts[] = {
    "there is no scheme \"tpc\"; did you mean \"tcp\"?\n"
    "  tpc://x:80\n"
    "  ^^^",
    "there is no scheme \"tpc\"; did you mean \"tcp\"?\n"
    "  tpc:host:80\n"
    "  ^^^",
    "there is no scheme \"unxi\"; did you mean \"unix\"?\n"
    "  unxi:/run/x.sock\n"
    "  ^^^^",
    "there is no scheme \"t\xC3\xBC" "p\"; did you mean \"tcp\"?\n"
    "  t\xC3\xBC" "p:host\n"
    "  ^^^",
    "there is no scheme \"exce\"; did you mean \"exec\"?\n"
    "  exce:sort\n"
    "  ^^^^",
    "there is no scheme \"https\"; HTTP over TLS is tls://HOST:443\n"
    "  https://example.org/\n"
    "  ^^^^^",
    "there is no scheme \"TCP-LISTEN\"; did you mean \"tcp\"?\n"
    "  TCP-LISTEN:80,fork\n"
    "  ^^^^^^^^^^",
    "the scheme is missing; write tcp://host:80\n"
    "  ://host:80\n"
    "  ^",
    "the scheme is missing; a Unix socket is written \"unix:/run/x.sock\"\n"
    "  /run/x.sock\n"
    "  ^^^^^^^^^^^",
    "the scheme is missing; a Unix socket is written \"unix:@name\"\n"
    "  @name?codec=json\n"
    "  ^^^^^",
    "the scheme is missing; a Unix socket is written \"unix:x.sock\"\n"
    "  x.sock\n"
    "  ^^^^^^",
    "tcp is a scheme, and what it names is missing; write tcp://HOST:PORT\n"
    "  tcp\n"
    "     ^",
    "stdio is a scheme, and what it names is missing; write -\n"
    "  stdio\n"
    "       ^",
    "what the options are for is missing; write HOST:PORT?nodelay\n"
    "  ?nodelay\n"
    "  ^",
    "a port alone is written with a colon; write :8888\n"
    "  8888?nodelay\n"
    "  ^^^^",
    "the port is missing; write localhost:PORT\n"
    "  localhost\n"
    "           ^",
    "the port is missing; write localhost:PORT\n"
    "  localhost:\n"
    "            ^",
    "the port is missing; write tcp://host:PORT\n"
    "  tcp://host?nodelay\n"
    "            ^",
    "the port is missing; write tcp://:80 if 80 is the port\n"
    "  tcp://80\n"
    "          ^",
    "the port is missing; write [::1]:PORT\n"
    "  [::1]\n"
    "       ^",
    "the port is missing; write vsock://3:PORT\n"
    "  vsock://3\n"
    "           ^",
    "the port is missing; write ws://host:PORT\n"
    "  ws://host:/x\n"
    "            ^",
    "port must be 0 to 65535\n"
    "  :65536\n"
    "   ^^^^^",
    "port must be 0 to 65535\n"
    "  tcp://host:-1\n"
    "             ^^",
    "port must be a number, 0 to 65535: names of services such as \"http\" are not looked up\n"
    "  localhost:http\n"
    "            ^^^^",
    "port must be a number, 0 to 65535: names of services such as \"http\" are not looked up\n"
    "  tcp://[::1]:http\n"
    "              ^^^^",
    "port must be a number, 0 to 4294967295: names of services such as \"x\" are not looked up\n"
    "  vsock://3:x\n"
    "            ^",
    "after \"tcp:\" come two slashes; write tcp://host:80\n"
    "  tcp:/host:80\n"
    "      ^",
    "after \"tcp:\" come two slashes; write tcp://host:80\n"
    "  tcp:host:80\n"
    "      ^",
    "after \"udp:\" come two slashes; write udp://:80\n"
    "  udp:80\n"
    "      ^",
    "after \"icmp:\" come two slashes; write icmp://HOST\n"
    "  icmp:\n"
    "       ^",
    "tcp has no path; write tcp://host:80\n"
    "  tcp:///host:80\n"
    "        ^^^^^^^^",
    "tcp has no path; write tcp://host:80\n"
    "  tcp://host:80/\n"
    "               ^",
    "tcp has no path; write tcp://host:PORT\n"
    "  tcp://host/x?nodelay\n"
    "            ^^",
    "tcp has no path; write tcp://HOST:PORT\n"
    "  tcp:///\n"
    "        ^",
    "tcp has no path; write tcp://[::1]:PORT\n"
    "  tcp://[::1]/\n"
    "             ^",
    "tcp has no path; write host:80\n"
    "  host:80/x\n"
    "         ^^",
    "an IPv6 address goes in brackets; write [::1]:80\n"
    "  ::1:80\n"
    "  ^^^^^^",
    "an IPv6 address goes in brackets; write [::]:80\n"
    "  ::80\n"
    "  ^^^^",
    "an IPv6 address goes in brackets; write [fe80::abcd]:PORT\n"
    "  fe80::abcd\n"
    "  ^^^^^^^^^^",
    "an IPv6 address goes in brackets; write tcp://[1:2:3:4:5:6:7:8]:PORT\n"
    "  tcp://1:2:3:4:5:6:7:8\n"
    "        ^^^^^^^^^^^^^^^",
    "an IPv6 address goes in brackets; write udp://[fe80::1%eth0]:80\n"
    "  udp://fe80::1%eth0:80\n"
    "        ^^^^^^^^^^^^^^^",
    "an IPv6 address goes in brackets; write icmp://[::1]\n"
    "  icmp://::1\n"
    "         ^^^",
    "there is more than one \":\"; write tcp://HOST:PORT\n"
    "  host:80:90\n"
    "         ^",
    "brackets hold an IPv6 address, and this is none\n"
    "  tcp://[1.2.3.4]:80\n"
    "         ^^^^^^^",
    "brackets hold an IPv6 address, and this is none\n"
    "  tcp://[]:80\n"
    "         ^",
    "the zone after % is empty\n"
    "  tcp://[fe80::1%]:80\n"
    "         ^^^^^^^^",
    "the zone after % must be the name or number of a network interface\n"
    "  tcp://[fe80::1%a b]:80\n"
    "         ^^^^^^^^^^^",
    "the bracket is never closed; write [::1]:PORT\n"
    "  tcp://[::1:80\n"
    "        ^",
    "after the bracket comes :PORT\n"
    "  [::1]80\n"
    "       ^^",
    "tcp4 is IPv4 alone; write tcp:// or tcp6://\n"
    "  tcp4://[::1]:80\n"
    "         ^^^^^",
    "udp6 is IPv6 alone; write udp:// or udp4://\n"
    "  udp6://127.0.0.1:80\n"
    "         ^^^^^^^^^",
    "an IPv4 address is four numbers, 0 to 255, without leading zeros\n"
    "  tcp://127.1:80\n"
    "        ^^^^^",
    "an IPv4 address is four numbers, 0 to 255, without leading zeros\n"
    "  tcp://010.0.0.1:80\n"
    "        ^^^^^^^^^",
    "an IPv4 address is four numbers, 0 to 255, without leading zeros\n"
    "  tcp://256.0.0.1:80\n"
    "        ^^^^^^^^^",
    "a host cannot hold \" \"\n"
    "  my host:80\n"
    "  ^^^^^^^",
    "a host cannot hold \"!\"\n"
    "  tcp://host!:80\n"
    "        ^^^^^",
    "a host cannot hold such a character\n"
    "  tcp://a%00:80\n"
    "        ^^^^",
    "a part of the host's name is empty\n"
    "  tcp://a..b:80\n"
    "        ^^^^",
    "this is no host's name in any script\n"
    "  tcp://%FF:80\n"
    "        ^^^",
    "every interface is an empty host; write tcp://:80\n"
    "  tcp://*:80?nodelay\n"
    "        ^",
    "an address has no user; write host:22\n"
    "  user@host:22\n"
    "  ^^^^^^^^^",
    "the CID must be any, local, host, hypervisor, or a number, 0 to 4294967295\n"
    "  vsock://guest:1\n"
    "          ^^^^^",
    "there is more than one \":\"; write vsock://CID:PORT\n"
    "  vsock://1:2:3\n"
    "             ^",
    "icmp has no port; write icmp://HOST\n"
    "  icmp://h:3\n"
    "          ^^",
    "the path is missing; write unix:PATH, like unix:/run/x.sock\n"
    "  unix:\n"
    "       ^",
    "the path is missing; write unix:PATH, like unix:/run/x.sock\n"
    "  unix://\n"
    "         ^",
    "the command is missing; write exec:COMMAND, like exec:sort -u\n"
    "  exec:?framing=line\n"
    "       ^",
    "the abstract name is missing; write unix:@NAME\n"
    "  unix:@\n"
    "       ^",
    "unix has no host; write unix:/run/x from the root, or unix:run/x from here\n"
    "  unix://run/x\n"
    "       ^^",
    "the path begins with a space; if it is meant, write it %20\n"
    "  unix: /run/x\n"
    "       ^",
    "the path ends with a space; if it is meant, write it %20\n"
    "  unix:/run/x ?mode=600\n"
    "             ^",
    "a zero byte cannot stand here\n"
    "  unix:/a%00\n"
    "         ^^^",
    "a zero byte cannot stand here\n"
    "  ws://h/%00\n"
    "         ^^^",
    "% must be followed by two hexadecimal digits; a percent sign itself is written %25\n"
    "  exec:date +%s\n"
    "             ^",
    "nothing comes after stdio:; write \"-\"\n"
    "  stdio:x\n"
    "        ^",
    "224.0.0.1 is a multicast group, and tcp has none; write udp://\n"
    "  tcp://224.0.0.1:4\n"
    "        ^^^^^^^^^",
    "ff02::1%eth0 is a multicast group, and tcp has none; write udp://\n"
    "  [ff02::1%eth0]:4\n"
    "  ^^^^^^^^^^^^^^",
    "224.0.0.1 is a multicast group, and tcp has none; write udp://\n"
    "  224.0.0.1:4?codec=a//b\n"
    "  ^^^^^^^^^",
    "raw needs the number of a protocol; write raw://h?protocol=N\n"
    "  raw://h\n"
    "         ^",
    "raw needs the number of a protocol; write raw://h?protocol=N\n"
    "  raw://h?ttl=1\n"
    "         ^",
};

TEST(what_the_user_reads) { REFUSED(transcripts); }

/* Schemes that wiretalk has and libwiretalk has not: only after all else was right. */
static const char *const only_in_python[] = {
    "libwiretalk has no tls; write tcp:// to a program beside it that speaks TLS, or use wiretalk in Python\n"
    "  tls://h:443?cert=x\n"
    "  ^^^",
    "libwiretalk has no stdio; read file descriptor 0 and write 1, and cut messages with wt_decode\n"
    "  -?framing=line\n"
    "  ^",
    "libwiretalk has no vsock; use wiretalk in Python\n"
    "  VSOCK://host:4294967295\n"
    "  ^^^^^",
    "libwiretalk has no ws; write tcp:// with a framing, like ?framing=line\n"
    "  ws://h/a%41?nodelay\n"
    "  ^^",
    "tls has no option mode; it is for unix, unixgram, unixpacket\n"
    "  tls://h:443?mode=600\n"
    "              ^^^^",
};

TEST(a_scheme_that_is_only_in_python_says_what_to_do) { REFUSED(only_in_python); }

static const char *const other_scripts[] = {
    "libwiretalk has no tables of other scripts: write the name in its xn-- form\n"
    "  tcp://b\xC3\xBC" "cher.example:80\n"
    "        ^^^^^^^^^^^^^^",
    "libwiretalk has no tables of other scripts: write the name in its xn-- form\n"
    "  tcp://h:80?bind=b%C3%BCcher.example\n"
    "                  ^^^^^^^^^^^^^^^^^^^",
};

TEST(a_name_in_another_script_is_wanted_in_ascii) { REFUSED(other_scripts); }

static void says(const char *text, size_t at, size_t length, const char *sentence) {
  wt_address address;
  wt_error error;
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, &error));
  CHECK_TEXT(sentence, error.text);
  CHECK_INT(at, error.at);
  CHECK_INT(length, error.length);
}

TEST(a_scheme_like_no_other_is_answered_with_all_there_are) {
  says("qqqqq://x:1", 0, 5,
       "there is no scheme \"qqqqq\"; there are tcp, tcp4, tcp6, unix, tls, ws, wss, udp, udp4, udp6, unixgram, "
       "unixpacket, vsock, serial, exec, pty, stdio, file, icmp, raw\n  qqqqq://x:1\n  ^^^^^");
  says("seventeen-letters://x", 0, 17,
       "there is no scheme \"seventeen-letters\"; there are tcp, tcp4, tcp6, unix, tls, ws, wss, udp, udp4, udp6, "
       "unixgram, unixpacket, vsock, serial, exec, pty, stdio, file, icmp, raw\n"
       "  seventeen-letters://x\n  ^^^^^^^^^^^^^^^^^");
  says("2x:y", 3, 1,
       "port must be a number, 0 to 65535: names of services such as \"y\" are not looked up\n  2x:y\n     ^");
}

TEST(names_longer_than_dns_allows) {
  char text[400] = "tcp://";
  wt_address address;
  wt_error error;
  for (size_t i = 6; i < 6 + 254; i += 2) {
    memcpy(text + i, "a.", 2);
  }
  memcpy(text + 6 + 254, ":80", 4);
  CHECK_INT(0, wt_address_parse(&address, text, &error));
  memcpy(text + 6 + 254, "aa:80", 6);
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, &error));
  CHECK_TEXT("a host's name is at most 253 characters long", strtok(error.text, "\n"));
  CHECK_INT(6, error.at);
  CHECK_INT(256, error.length);
  memset(text, 'a', 63);
  memcpy(text + 63, ":80", 4);
  CHECK_INT(0, wt_address_parse(&address, text, &error));
  memcpy(text + 63, "a:80", 5);
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, &error));
  CHECK_TEXT("a part of a host's name is at most 63 characters long", strtok(error.text, "\n"));
}

TEST(what_nobody_sees_is_shown) {
  says("", 0, 0, "the address is empty; write HOST:PORT, :PORT, or one like unix:/run/x.sock");
  says("unix:a\nb", 6, 1,
       "there is a control character, U+000A; if it is meant, write it %0A\n  unix:a\xEF\xBF\xBD" "b\n        ^");
  says("unix:a\xE2\x80\xA8" "b", 6, 3,
       "there is a control character, U+2028; if it is meant, write it %E2%80%A8\n  unix:a\xEF\xBF\xBD" "b\n        ^");
  says(" :80", 0, 1, "the address begins with a space; remove it\n   :80\n  ^");
  says(":80 ", 3, 1, "the address ends with a space; remove it\n  :80 \n     ^");
}

TEST(the_caret_stands_under_its_column_whatever_is_before_it) {
  /* Two columns each, none for an accent, one for a byte that is no UTF-8. */
  says("unix:\xE6\x97\xA5\xE6\x9C\xACx\xCC\x81\xFF%", 15, 1,
       "% must be followed by two hexadecimal digits; a percent sign itself is written %25\n"
       "  unix:\xE6\x97\xA5\xE6\x9C\xACx\xCC\x81\xEF\xBF\xBD%\n"
       "             ^");
}

TEST(a_text_without_end_is_not_shown_whole) {
  static char text[100000];
  memset(text, 'x', sizeof text - 1);
  says(text, 40, 1,
       "the address is longer than 4096 bytes\n  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xE2\x80\xA6\n"
       "                                          ^");
  /* A byte that is no UTF-8 counts three. */
  memset(text, '\xFF', 1366);
  text[1366] = '\0';
  wt_address address;
  wt_error error;
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, &error));
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, NULL));
  text[1365] = '\0';
  memcpy(text, "unix:", 5);
  CHECK_INT(0, wt_address_parse(&address, text, &error));
}

TEST(a_long_text_is_cut_in_what_is_said_of_it_and_not_in_where) {
  static char text[WT_ADDRESS_BYTES + 1];
  wt_address address;
  wt_error error;
  memset(text, 'x', WT_ADDRESS_BYTES);
  memcpy(text, "unix:", 5);
  text[4000] = '%';
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, &error));
  CHECK_INT(4000, error.at);
  CHECK(strlen(error.text) < sizeof error.text);
  CHECK_TEXT("xxx\xE2\x80\xA6", error.text + strlen(error.text) - 6);
  memset(text, ':', WT_ADDRESS_BYTES);
  CHECK_INT(WT_EUSAGE, wt_address_parse(&address, text, &error));
  CHECK_INT(1, error.at);
}

int main(void) {
  RUN(what_the_user_reads);
  RUN(a_scheme_that_is_only_in_python_says_what_to_do);
  RUN(a_name_in_another_script_is_wanted_in_ascii);
  RUN(a_scheme_like_no_other_is_answered_with_all_there_are);
  RUN(names_longer_than_dns_allows);
  RUN(what_nobody_sees_is_shown);
  RUN(the_caret_stands_under_its_column_whatever_is_before_it);
  RUN(a_text_without_end_is_not_shown_whole);
  RUN(a_long_text_is_cut_in_what_is_said_of_it_and_not_in_where);
  return check_done();
}
