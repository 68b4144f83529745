/* Options: what each kind of value takes, and what is refused, with the caret under it. */
#include "refused.h"

#include <inttypes.h>

/* Returns the value of the last option of an address as text, with a letter for its type; or what was said. */
static const char *value(const char *text) {
  static char out[WT_ERROR_BYTES];
  static wt_address address;
  wt_error error;
  if (wt_address_parse(&address, text, &error) < 0) {
    return strtok(strcpy(out, error.text), "\n");
  }
  const wt_option *option = &address.options[address.option_count - 1];
  if (option->type == WT_TEXT) {
    snprintf(out, sizeof out, "text %s", option->text);
  } else if (option->type == WT_SECONDS) {
    snprintf(out, sizeof out, "seconds %g", option->seconds);
  } else {
    snprintf(out, sizeof out, "%s %" PRIu64, option->type == WT_FLAG ? "flag" : "number", option->number);
  }
  return out;
}

TEST(flags) {
  CHECK_TEXT("flag 1", value(":1?nodelay"));
  CHECK_TEXT("flag 1", value(":1?nodelay=Yes"));
  CHECK_TEXT("flag 1", value(":1?nodelay=true"));
  CHECK_TEXT("flag 0", value(":1?nodelay=FALSE"));
  CHECK_TEXT("flag 0", value(":1?nodelay=off"));
  CHECK_TEXT("nodelay is a flag: 1, yes, true or on; 0, no, false or off", value(":1?nodelay="));
  CHECK_TEXT("nodelay is a flag: 1, yes, true or on; 0, no, false or off", value(":1?nodelay=yesyesyesyesyesyes"));
}

TEST(numbers) {
  CHECK_TEXT("number 255", value(":1?ttl=255"));
  CHECK_TEXT("number 16", value(":1?tos=0x10"));
  CHECK_TEXT("number 4294967295", value(":1?mark=0XFFFFFFFF"));
  CHECK_TEXT("mark must be 0 to 4294967295", value(":1?mark=4294967296"));
  CHECK_TEXT("ttl must be 1 to 255", value(":1?ttl=0"));
  CHECK_TEXT("ttl must be 1 to 255", value(":1?ttl=-1"));
  CHECK_TEXT("ttl must be 1 to 255", value(":1?ttl=0x"));
  CHECK_TEXT("ttl must be 1 to 255", value(":1?ttl=0xg"));
  CHECK_TEXT("ttl must be 1 to 255", value(":1?ttl=18446744073709551617"));
  CHECK_TEXT("ttl must be 1 to 255", value(":1?ttl=0x10000000000000001"));
  CHECK_TEXT("ttl must be 1 to 255", value(":1?ttl=\xD9\xA3"));
}

TEST(permissions_are_octal) {
  CHECK_TEXT("number 511", value("unix:x?mode=0777"));
  CHECK_TEXT("mode must be 000 to 777, in octal", value("unix:x?mode="));
  CHECK_TEXT("mode must be 000 to 777, in octal", value("unix:x?mode=8"));
  CHECK_TEXT("mode must be 000 to 777, in octal", value("unix:x?mode=1000"));
}

TEST(sizes) {
  CHECK_TEXT("number 1048576", value(":1?sndbuf=1MiB"));
  CHECK_TEXT("number 10000", value(":1?sndbuf=10kB"));
  CHECK_TEXT("number 1536", value(":1?sndbuf=1.50 K"));
  CHECK_TEXT("number 4294967296", value(":1?max_message=4g"));
  CHECK_TEXT("sndbuf must be 1 to 1GiB", value(":1?sndbuf=0"));
  CHECK_TEXT("sndbuf must be 1 to 1GiB", value(":1?sndbuf=99999999999999999999999TB"));
  CHECK_TEXT("\"1.5\" is not a whole number of bytes", value(":1?sndbuf=1.5"));
  CHECK_TEXT("\"1.\" is not a size: write a number and a unit, like 4096, 64KiB or 1MiB", value(":1?sndbuf=1."));
  CHECK_TEXT("\"1..2\" is not a size: write a number and a unit, like 4096, 64KiB or 1MiB", value(":1?sndbuf=1..2"));
  CHECK_TEXT("\"k\" is not a size: write a number and a unit, like 4096, 64KiB or 1MiB", value(":1?sndbuf=k"));
  CHECK_TEXT("a size of 101 digits is too large",
             value(":1?sndbuf=0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                   "0000000000"));
}

TEST(durations) {
  CHECK_TEXT("seconds 0.5", value(":1?user_timeout=500ms"));
  CHECK_TEXT("seconds 0.25", value(":1?user_timeout=250000\xC2\xB5s"));
  CHECK_TEXT("seconds 90", value(":1?user_timeout=1.5min"));
  CHECK_TEXT("user_timeout must be 1ms to 4294967s", value(":1?user_timeout=0"));
  CHECK_TEXT("\"x\" is not a duration: write a number and a unit, like 10s, 500ms or 2m", value(":1?user_timeout=x"));
  CHECK_TEXT("\"1 fortnight-or-more\" is not a duration: write a number and a unit, like 10s, 500ms or 2m",
             value(":1?user_timeout=1 fortnight-or-more"));
  CHECK_TEXT("flag 1", value(":1?keepalive"));
  CHECK_TEXT("flag 0", value(":1?keepalive=0"));
  CHECK_TEXT("seconds 1", value(":1?keepalive=1s"));
  CHECK_TEXT("keepalive must be 1s to 32767s", value(":1?keepalive=0.5s"));
  static char long_ago[500] = ":1?keepalive=";
  memset(long_ago + strlen(long_ago), '9', 400);
  CHECK(strstr(value(long_ago), "99\" is too long a duration") != NULL);
}

TEST(where_to_connect_from) {
  CHECK_TEXT("text example.org:5", value(":1?bind=Example.ORG:5"));
  CHECK_TEXT("text :5", value(":1?bind=:0005"));
  CHECK_TEXT("text :0", value(":1?bind=:0"));
  CHECK_TEXT("text h", value(":1?bind=h:0"));
  CHECK_TEXT("text [fe80::1%eth0]:5", value(":1?bind=[FE80::1%25eth0]:5"));
  CHECK_TEXT("write HOST, HOST:PORT or :PORT", value(":1?bind="));
  CHECK_TEXT("write HOST, HOST:PORT or :PORT", value(":1?bind=h:"));
  CHECK_TEXT("write HOST, HOST:PORT or :PORT", value(":1?bind=[::1]:"));
  CHECK_TEXT("an IPv6 address goes in brackets: [::1] or [::1]:PORT", value(":1?bind=::1"));
  CHECK_TEXT("an IPv6 address goes in brackets: [::1] or [::1]:PORT", value(":1?bind=[::1"));
  CHECK_TEXT("an IPv6 address goes in brackets: [::1] or [::1]:PORT", value(":1?bind=[::1]5"));
  CHECK_TEXT("brackets hold an IPv6 address, and this is none", value(":1?bind=[::g]"));
  CHECK_TEXT("port must be 0 to 65535", value(":1?bind=h:65536"));
  CHECK_TEXT("a host cannot hold \" \"", value(":1?bind=a b"));
}

TEST(interfaces) {
  CHECK_TEXT("text eth0.100", value(":1?interface=eth0.100"));
  CHECK_TEXT("interface must be the name of a network interface, or an address of it", value(":1?interface=a b"));
  CHECK_TEXT("interface must be the name of a network interface, or an address of it", value(":1?interface=%01"));
}

/* What only TLS has is read all the same, so that the first mistake is the first one told. */
TEST(what_python_alone_opens_is_read_too) {
  static const char *const no_tls =
      "libwiretalk has no tls; write tcp:// to a program beside it that speaks TLS, or use wiretalk in Python";
  char list[300] = "tls://:1?alpn=h2,";
  CHECK_TEXT(no_tls, value("tls://:1?alpn=h2,http/1.1&sni=Example.org&tls_min=1.2&tls_max=1.3&client_cert=None"));
  CHECK_TEXT(no_tls, value("tls://:1?fingerprint=SHA256:AB:cd0000000000000000000000000000000000000000000000000000000000EF"));
  CHECK_TEXT(no_tls, value("tls://:1?self_signed=0&cert=a=b&tls_max=1.2"));
  CHECK_TEXT("alpn must be names of 1 to 255 bytes with commas between them", value("tls://:1?alpn=h2,,x"));
  memset(list + strlen(list), 'x', 256);
  CHECK_TEXT("alpn must be names of 1 to 255 bytes with commas between them", value(list));
  CHECK_TEXT("sni must be the name of a host", value("tls://:1?sni="));
  CHECK_TEXT("a host cannot hold \"!\"", value("tls://:1?sni=h!"));
  CHECK_TEXT("fingerprint must be sha256: and 64 hexadecimal digits", value("tls://:1?fingerprint=ab"));
  CHECK_TEXT("fingerprint must be sha256: and 64 hexadecimal digits",
             value("tls://:1?fingerprint=00000000000000000000000000000000000000000000000000000000000000000"));
  CHECK_TEXT("client_cert must be none, optional or required", value("tls://:1?client_cert=maybe"));
  CHECK_TEXT("cert must not be empty", value("tls://:1?cert="));
}

static const char *const transcripts[] = {
    "a zero byte cannot stand here\n"
    "  tls://:1?cert=a%00\n"
    "                 ^^^",
    "% must be followed by two hexadecimal digits; a percent sign itself is written %25\n"
    "  tls://:1?cert=50%\n"
    "                  ^",
    "an option's name is missing; write ?OPTION=VALUE, with & between several\n"
    "  tcp://:1?\n"
    "           ^",
    "an option's name is missing; write ?OPTION=VALUE, with & between several\n"
    "  tcp://:1?nodelay&&ttl=1\n"
    "                   ^",
    "tcp has no option \"nodlay\"; did you mean \"nodelay\"?\n"
    "  tcp://:1?ttl=1&nodlay=1\n"
    "                 ^^^^^^",
    "tcp has no option \"max-message\"; did you mean \"max_message\"?\n"
    "  tcp://:1?max-message=1\n"
    "           ^^^^^^^^^^^",
    "exec has no option \"b*\"; a question mark of the command itself is written %3F\n"
    "  exec:ls a?b*\n"
    "            ^^",
    "vsock has no option \"zzz\"; it has framing, codec, max_message, listen, connect, backlog, sndbuf, rcvbuf\n"
    "  vsock://:1?zzz\n"
    "             ^^^",
    "udp has no option nodelay; it is for tcp, tcp4, tcp6, tls, ws, wss\n"
    "  udp://:1?nodelay\n"
    "           ^^^^^^^",
    "udp has no framing: each datagram is a message already; leave framing out\n"
    "  udp://:1?codec=json&framing=line\n"
    "                      ^^^^^^^",
    "ws has no framing: each message is a message already; leave framing out\n"
    "  ws://h?framing=line\n"
    "         ^^^^^^^",
    "nodelay is given twice\n"
    "  tcp://:1?nodelay&nodelay=0\n"
    "                   ^^^^^^^",
    "ttl needs a value; write ttl=N\n"
    "  tcp://:1?ttl\n"
    "           ^^^",
    "ttl must be 1 to 255\n"
    "  tcp://:1?ttl=&nodelay\n"
    "               ^",
    "ttl must be 1 to 255\n"
    "  tcp://:1?nodelay&ttl=300\n"
    "                       ^^^",
    "tls_min must be 1.2 or 1.3\n"
    "  tls://:1?tls_min=1.1\n"
    "                   ^^^",
    "tos and dscp exclude each other: they set the same byte; leave one of them out\n"
    "  tcp://:1?dscp=1&tos=1\n"
    "                  ^^^",
    "tls_max is below tls_min; there is no version left to speak\n"
    "  tls://:1?tls_max=1.2&tls_min=1.3\n"
    "           ^^^^^^^",
    "an abstract name has no file, so no mode; leave mode out, or name a path\n"
    "  unix:@x?mode=600\n"
    "          ^^^^",
    "exec has no option \"\xC3\xBC" "\xE6\x97\xA5" "\"; a question mark of the command itself is written %3F\n"
    "  exec:\xE6\x97\xA5" "\xE6\x9C\xAC" "?\xC3\xBC" "\xE6\x97\xA5" "\n"
    "            ^^^",
    "224.0.0.1 is a multicast group, and tcp has none; write udp://\n"
    "  224.0.0.1:4?codec=a//b\n"
    "  ^^^^^^^^^",
    "self_signed and cert exclude each other: the one makes what the other names; leave one of them out\n"
    "  tls://:1?cert=self_signed&key=cert=&self_signed\n"
    "                                      ^^^^^^^^^^^",
};

TEST(what_the_user_reads) { REFUSED(transcripts); }

int main(void) {
  RUN(flags);
  RUN(numbers);
  RUN(permissions_are_octal);
  RUN(sizes);
  RUN(durations);
  RUN(where_to_connect_from);
  RUN(interfaces);
  RUN(what_python_alone_opens_is_read_too);
  RUN(what_the_user_reads);
  return check_done();
}
