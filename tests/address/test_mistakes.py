"""What is refused: the sentence, and the caret under the fault, as a user sees them."""

from __future__ import annotations

import pytest

from wiretalk.address import parse
from wiretalk.address.mistakes import ELSEWHERE
from wiretalk.errors import AddressError

TRANSCRIPTS = """
there is no scheme "tpc"; did you mean "tcp"?
  tpc://x:80
  ^^^

there is no scheme "tpc"; did you mean "tcp"?
  tpc:host:80
  ^^^

there is no scheme "unxi"; did you mean "unix"?
  unxi:/run/x.sock
  ^^^^

there is no scheme "tüp"; did you mean "tcp"?
  tüp:host
  ^^^

there is no scheme "exce"; did you mean "exec"?
  exce:sort
  ^^^^

there is no scheme "https"; HTTP over TLS is tls://HOST:443
  https://example.org/
  ^^^^^

there is no scheme "TCP-LISTEN"; did you mean "tcp"?
  TCP-LISTEN:80,fork
  ^^^^^^^^^^

the scheme is missing; write tcp://host:80
  ://host:80
  ^

the scheme is missing; a Unix socket is written "unix:/run/x.sock"
  /run/x.sock
  ^^^^^^^^^^^

the scheme is missing; a Unix socket is written "unix:@name"
  @name?codec=json
  ^^^^^

the scheme is missing; a Unix socket is written "unix:x.sock"
  x.sock
  ^^^^^^

tcp is a scheme, and what it names is missing; write tcp://HOST:PORT
  tcp
     ^

stdio is a scheme, and what it names is missing; write -
  stdio
       ^

what the options are for is missing; write HOST:PORT?nodelay
  ?nodelay
  ^

a port alone is written with a colon; write :8888
  8888?nodelay
  ^^^^

the port is missing; write localhost:PORT
  localhost
           ^

the port is missing; write localhost:PORT
  localhost:
            ^

the port is missing; write tcp://host:PORT
  tcp://host?nodelay
            ^

the port is missing; write tcp://:80 if 80 is the port
  tcp://80
          ^

the port is missing; write [::1]:PORT
  [::1]
       ^

the port is missing; write vsock://3:PORT
  vsock://3
           ^

the port is missing; write ws://host:PORT
  ws://host:/x
            ^

port must be 0 to 65535
  :65536
   ^^^^^

port must be 0 to 65535
  tcp://host:-1
             ^^

port must be a number, 0 to 65535: names of services such as "http" are not looked up
  localhost:http
            ^^^^

port must be a number, 0 to 65535: names of services such as "http" are not looked up
  tcp://[::1]:http
              ^^^^

port must be a number, 0 to 4294967295: names of services such as "x" are not looked up
  vsock://3:x
            ^

after "tcp:" come two slashes; write tcp://host:80
  tcp:/host:80
      ^

after "tcp:" come two slashes; write tcp://host:80
  tcp:host:80
      ^

after "udp:" come two slashes; write udp://:80
  udp:80
      ^

after "icmp:" come two slashes; write icmp://HOST
  icmp:
       ^

tcp has no path; write tcp://host:80
  tcp:///host:80
        ^^^^^^^^

tcp has no path; write tcp://host:80
  tcp://host:80/
               ^

tcp has no path; write tcp://host:PORT
  tcp://host/x?nodelay
            ^^

tcp has no path; write tcp://HOST:PORT
  tcp:///
        ^

tcp has no path; write tcp://[::1]:PORT
  tcp://[::1]/
             ^

tcp has no path; write host:80
  host:80/x
         ^^

an IPv6 address goes in brackets; write [::1]:80
  ::1:80
  ^^^^^^

an IPv6 address goes in brackets; write [::]:80
  ::80
  ^^^^

an IPv6 address goes in brackets; write [fe80::abcd]:PORT
  fe80::abcd
  ^^^^^^^^^^

an IPv6 address goes in brackets; write tcp://[1:2:3:4:5:6:7:8]:PORT
  tcp://1:2:3:4:5:6:7:8
        ^^^^^^^^^^^^^^^

an IPv6 address goes in brackets; write udp://[fe80::1%eth0]:80
  udp://fe80::1%eth0:80
        ^^^^^^^^^^^^^^^

an IPv6 address goes in brackets; write icmp://[::1]
  icmp://::1
         ^^^

there is more than one ":"; write tcp://HOST:PORT
  host:80:90
         ^

brackets hold an IPv6 address, and this is none
  tcp://[1.2.3.4]:80
         ^^^^^^^

brackets hold an IPv6 address, and this is none
  tcp://[]:80
         ^

the zone after % is empty
  tcp://[fe80::1%]:80
         ^^^^^^^^

the zone after % must be the name or number of a network interface
  tcp://[fe80::1%a b]:80
         ^^^^^^^^^^^

the bracket is never closed; write [::1]:PORT
  tcp://[::1:80
        ^

after the bracket comes :PORT
  [::1]80
       ^^

tcp4 is IPv4 alone; write tcp:// or tcp6://
  tcp4://[::1]:80
         ^^^^^

udp6 is IPv6 alone; write udp:// or udp4://
  udp6://127.0.0.1:80
         ^^^^^^^^^

an IPv4 address is four numbers, 0 to 255, without leading zeros
  tcp://127.1:80
        ^^^^^

an IPv4 address is four numbers, 0 to 255, without leading zeros
  tcp://010.0.0.1:80
        ^^^^^^^^^

an IPv4 address is four numbers, 0 to 255, without leading zeros
  tcp://256.0.0.1:80
        ^^^^^^^^^

a host cannot hold " "
  my host:80
  ^^^^^^^

a host cannot hold "!"
  tcp://host!:80
        ^^^^^

a host cannot hold such a character
  tcp://a%00:80
        ^^^^

a part of the host's name is empty
  tcp://a..b:80
        ^^^^

this is no host's name in any script
  tcp://%FF:80
        ^^^

every interface is an empty host; write tcp://:80
  tcp://*:80?nodelay
        ^

an address has no user; write host:22
  user@host:22
  ^^^^^^^^^

the CID must be any, local, host, hypervisor, or a number, 0 to 4294967295
  vsock://guest:1
          ^^^^^

there is more than one ":"; write vsock://CID:PORT
  vsock://1:2:3
             ^

icmp has no port; write icmp://HOST
  icmp://h:3
          ^^

the path is missing; write unix:PATH, like unix:/run/x.sock
  unix:
       ^

the path is missing; write unix:PATH, like unix:/run/x.sock
  unix://
         ^

the command is missing; write exec:COMMAND, like exec:sort -u
  exec:?framing=line
       ^

the abstract name is missing; write unix:@NAME
  unix:@
       ^

unix has no host; write unix:/run/x from the root, or unix:run/x from here
  unix://run/x
       ^^

the path begins with a space; if it is meant, write it %20
  unix: /run/x
       ^

the path ends with a space; if it is meant, write it %20
  unix:/run/x ?mode=600
             ^

a zero byte cannot stand here
  unix:/a%00
         ^^^

a zero byte cannot stand here
  tls://:1?cert=a%00
                 ^^^

a zero byte cannot stand here
  ws://h/%00
         ^^^

% must be followed by two hexadecimal digits; a percent sign itself is written %25
  exec:date +%s
             ^

% must be followed by two hexadecimal digits; a percent sign itself is written %25
  tls://:1?cert=50%
                  ^

nothing comes after stdio:; write "-"
  stdio:x
        ^

an option's name is missing; write ?OPTION=VALUE, with & between several
  tcp://:1?
           ^

an option's name is missing; write ?OPTION=VALUE, with & between several
  tcp://:1?nodelay&&ttl=1
                   ^

tcp has no option "nodlay"; did you mean "nodelay"?
  tcp://:1?ttl=1&nodlay=1
                 ^^^^^^

tcp has no option "max-message"; did you mean "max_message"?
  tcp://:1?max-message=1
           ^^^^^^^^^^^

exec has no option "b*"; a question mark of the command itself is written %3F
  exec:ls a?b*
            ^^

vsock has no option "zzz"; it has framing, codec, max_message, listen, connect, backlog, sndbuf, rcvbuf
  vsock://:1?zzz
             ^^^

udp has no option nodelay; it is for tcp, tcp4, tcp6, tls, ws, wss
  udp://:1?nodelay
           ^^^^^^^

udp has no framing: each datagram is a message already; leave framing out
  udp://:1?codec=json&framing=line
                      ^^^^^^^

ws has no framing: each message is a message already; leave framing out
  ws://h?framing=line
         ^^^^^^^

nodelay is given twice
  tcp://:1?nodelay&nodelay=0
                   ^^^^^^^

ttl needs a value; write ttl=N
  tcp://:1?ttl
           ^^^

ttl must be 1 to 255
  tcp://:1?ttl=&nodelay
               ^

ttl must be 1 to 255
  tcp://:1?nodelay&ttl=300
                       ^^^

tls_min must be 1.2 or 1.3
  tls://:1?tls_min=1.1
                   ^^^

tos and dscp exclude each other: they set the same byte; leave one of them out
  tcp://:1?dscp=1&tos=1
                  ^^^

tls_max is below tls_min; there is no version left to speak
  tls://:1?tls_max=1.2&tls_min=1.3
           ^^^^^^^

an abstract name has no file, so no mode; leave mode out, or name a path
  unix:@x?mode=600
          ^^^^

224.0.0.1 is a multicast group, and tcp has none; write udp://
  tcp://224.0.0.1:4
        ^^^^^^^^^

ff02::1%eth0 is a multicast group, and tcp has none; write udp://
  [ff02::1%eth0]:4
  ^^^^^^^^^^^^^^

224.0.0.1 is a multicast group, and tcp has none; write udp://
  224.0.0.1:4?codec=a//b
  ^^^^^^^^^

raw needs the number of a protocol; write raw://h?protocol=N
  raw://h
         ^

raw needs the number of a protocol; write raw://h?protocol=N
  raw://h?ttl=1
         ^

there is a control character, U+000A; if it is meant, write it %0A
  unix:a�b
        ^

there is a control character, U+2028; if it is meant, write it %E2%80%A8
  unix:a�b
        ^

there is half of a character, U+D800
  unix:a�b
        ^

exec has no option "ü日"; a question mark of the command itself is written %3F
  exec:日本?ü日
            ^^^
"""

HIDDEN = {"U+000A": "\n", "U+2028": "\u2028", "U+D800": "\ud800"}


def transcripts():
    for transcript in TRANSCRIPTS.strip("\n").split("\n\n"):
        text = transcript.split("\n")[1][2:]
        for name, character in HIDDEN.items():
            if name in transcript:
                text = text.replace("\N{REPLACEMENT CHARACTER}", character)
        yield pytest.param(text, transcript, id=ascii(text))


@pytest.mark.parametrize(("text", "transcript"), list(transcripts()))
def test_what_the_user_reads(text, transcript):
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert str(caught.value) == transcript
    assert caught.value.text == text
    assert caught.value.exit_status == 2


def test_an_empty_address():
    with pytest.raises(AddressError) as caught:
        parse("")
    assert str(caught.value) == "the address is empty; write HOST:PORT, :PORT, or one like unix:/run/x.sock"


@pytest.mark.parametrize(("text", "at", "side"), [(" :80", 0, "begins"), (":80 ", 3, "ends"), (" ", 0, "begins")])
def test_a_space_that_nobody_sees(text, at, side):
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert (caught.value.at, caught.value.reason) == (at, f"the address {side} with a space")


def test_a_text_without_end_is_not_shown_whole():
    with pytest.raises(AddressError) as caught:
        parse("x" * 10_000_000)
    assert str(caught.value) == (f"the address is longer than 4096 bytes\n  {'x' * 40}…\n  {' ' * 40}^")


@pytest.mark.parametrize("word", [*ELSEWHERE, "unix_stream", "UNIX-CONNECT"])
def test_what_other_programs_call_things_is_told(word):
    with pytest.raises(AddressError) as caught:
        parse(f"{word}://x:1")
    assert caught.value.reason == f'there is no scheme "{word}"'
    assert caught.value.hint
    assert not caught.value.hint.startswith("there are")


def test_a_scheme_like_no_other_is_answered_with_all_there_are():
    with pytest.raises(AddressError, match="there are tcp, tcp4, tcp6, unix, tls,"):
        parse("qqqqq://x:1")


@pytest.mark.parametrize("name", ["a" * 64, "a." * 127 + "aa", "ü" * 60, "a" * 63 + "ü"])
def test_names_longer_than_dns_allows(name):
    with pytest.raises(AddressError) as caught:
        parse(f"tcp://{name}:80")
    assert (caught.value.at, caught.value.length) == (6, len(name))


def test_what_a_script_folds_into_punctuation_is_not_let_through():
    # U+2100 becomes "a/c" as IDNA prepares it: a host must not turn into a host and a path.
    with pytest.raises(AddressError, match='a host cannot hold "/"'):
        parse("tcp://evil.example℀.org:80")
