"""What each text is read as: every scheme, every shape. What is refused, and how, is in test_mistakes.py."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

from wiretalk.address import SCHEMES, grammar, parse
from wiretalk.errors import AddressError
from wiretalk.limits import MAX_ADDRESS_BYTES


def parts(text):
    address = parse(text)
    return address.scheme, address.host, address.port, address.path, dict(address.options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # HOST:PORT alone is TCP.
        ("localhost:80", ("tcp", "localhost", 80, "", {})),
        (":8888", ("tcp", "", 8888, "", {})),
        ("[::1]:8888", ("tcp", "::1", 8888, "", {})),
        ("192.0.2.1:80?nodelay", ("tcp", "192.0.2.1", 80, "", {"nodelay": True})),
        # The internet schemes.
        ("tcp://pi.local:8888", ("tcp", "pi.local", 8888, "", {})),
        ("TCP://Pi.LOCAL:8888", ("tcp", "pi.local", 8888, "", {})),
        ("tcp4://:0", ("tcp4", "", 0, "", {})),
        ("tcp6://[2001:DB8::1]:65535", ("tcp6", "2001:db8::1", 65535, "", {})),
        ("tls://example.org:443?ca=ca.pem", ("tls", "example.org", 443, "", {"ca": "ca.pem"})),
        ("udp://239.1.2.3:5000?loop=0", ("udp", "239.1.2.3", 5000, "", {"loop": False})),
        ("udp4://255.255.255.255:9?broadcast", ("udp4", "255.255.255.255", 9, "", {"broadcast": True})),
        ("udp6://[ff02::1%eth0]:5000", ("udp6", "ff02::1%eth0", 5000, "", {})),
        # Names.
        ("tcp://under_score.example:1", ("tcp", "under_score.example", 1, "", {})),
        ("tcp://example.org.:1", ("tcp", "example.org.", 1, "", {})),
        ("tcp://4ever.example:1", ("tcp", "4ever.example", 1, "", {})),
        ("tcp://bücher.example:1", ("tcp", "xn--bcher-kva.example", 1, "", {})),
        ("tcp://b%C3%BCcher.example:1", ("tcp", "xn--bcher-kva.example", 1, "", {})),
        ("tcp://１２７。0.0.1:1", ("tcp", "127.0.0.1", 1, "", {})),
        # Zones, as RFC 4007 and as RFC 6874 write them.
        ("tcp://[fe80::1%eth0]:80", ("tcp", "fe80::1%eth0", 80, "", {})),
        ("tcp://[fe80::1%25eth0]:80", ("tcp", "fe80::1%eth0", 80, "", {})),
        ("tcp://[fe80::1%2517]:80", ("tcp", "fe80::1%2517", 80, "", {})),
        ("tcp://[fe80::1%25]:80", ("tcp", "fe80::1%25", 80, "", {})),
        # Unix sockets.
        ("unix:/run/x.sock", ("unix", "", None, "/run/x.sock", {})),
        ("unix:relative.sock", ("unix", "", None, "relative.sock", {})),
        ("unix:../x:y@z.sock", ("unix", "", None, "../x:y@z.sock", {})),
        ("unix:///run/x.sock", ("unix", "", None, "/run/x.sock", {})),
        ("unix:@abstract", ("unix", "", None, "@abstract", {})),
        ("unix:@a%00b", ("unix", "", None, "@a\0b", {})),
        ("unix:/with space?mode=600", ("unix", "", None, "/with space", {"mode": 0o600})),
        ("unix:a%3Fb%25c%26d&e", ("unix", "", None, "a?b%c&d&e", {})),
        ("unix:%FF", ("unix", "", None, "\udcff", {})),
        ("unix:\udcff", ("unix", "", None, "\udcff", {})),
        ("unixgram:/run/log", ("unixgram", "", None, "/run/log", {})),
        ("unixpacket:@x", ("unixpacket", "", None, "@x", {})),
        # Virtual machines.
        ("vsock://3:1024", ("vsock", "3", 1024, "", {})),
        ("vsock://2:1024", ("vsock", "host", 1024, "", {})),
        ("vsock://Local:4294967295", ("vsock", "local", 4294967295, "", {})),
        ("vsock://:0", ("vsock", "", 0, "", {})),
        # WebSocket has a port of its own, and a path.
        ("ws://h", ("ws", "h", 80, "/", {})),
        ("wss://[::1]?nodelay", ("wss", "::1", 443, "/", {"nodelay": True})),
        ("ws://h:8080/chat%3Froom=1", ("ws", "h", 8080, "/chat?room=1", {})),
        # The rest.
        ("serial:/dev/ttyUSB0?baud=115200", ("serial", "", None, "/dev/ttyUSB0", {"baud": 115200})),
        ("exec:sort -u", ("exec", "", None, "sort -u", {})),
        ("exec://bin/x", ("exec", "", None, "//bin/x", {})),
        ("pty:bash", ("pty", "", None, "bash", {})),
        ("-", ("stdio", "", None, "", {})),
        ("stdio:", ("stdio", "", None, "", {})),
        ("-?framing=line", ("stdio", "", None, "", {"framing": "line"})),
        ("stdio:?framing=line", ("stdio", "", None, "", {"framing": "line"})),
        ("file:capture.bin?append", ("file", "", None, "capture.bin", {"append": True})),
        ("icmp://192.0.2.1", ("icmp", "192.0.2.1", None, "", {})),
        ("raw://h?protocol=89", ("raw", "h", None, "", {"protocol": 89})),
        # A side of a conversation, whole.
        (
            "tcp://:9000?framing=line&codec=json&max_message=64KiB",
            ("tcp", "", 9000, "", {"framing": "line", "codec": "json", "max_message": 65536}),
        ),
        ("udp://:1?codec=struct:>HHI", ("udp", "", 1, "", {"codec": "struct:>HHI"})),
        ("tls://:1?cert=a%26b%3Fc=d?e", ("tls", "", 1, "", {"cert": "a&b?c=d?e"})),
    ],
)
def test_a_text_and_what_it_says(text, expected):
    assert parts(text) == expected


def test_the_text_stays_as_it_was_written():
    assert parse("TCP://Example.ORG:080").text == "TCP://Example.ORG:080"


def test_an_address_is_returned_as_it_is():
    address = parse(":80")
    assert parse(address) is address


@pytest.mark.parametrize("wrong", [80, b":80", None])
def test_what_is_no_text_is_a_mistake_of_the_program(wrong):
    with pytest.raises(TypeError, match="an address is text, not"):
        parse(wrong)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=str)
def test_the_example_of_every_scheme_is_one(scheme):
    assert parse(scheme.example).scheme == scheme.name


def test_the_longest_address_is_one_and_a_longer_one_is_none():
    path = "é" * ((MAX_ADDRESS_BYTES - len("unix:x")) // 2)
    assert parse(f"unix:x{path}").path == f"x{path}"
    with pytest.raises(AddressError, match="longer than 4096 bytes"):
        parse(f"unix:xy{path}x")


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(grammar) == (0, 1)


def test_an_address_without_options_loads_nothing_heavy():
    program = (
        "import sys; before = set(sys.modules); from wiretalk.address import parse;"
        "str(parse('tcp://[::1]:80')); str(parse('unix:/x')); print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {name for name in loaded if not name.startswith("wiretalk")} <= {"__future__"}
    assert "wiretalk.address.options" not in loaded
    assert "wiretalk.address.mistakes" not in loaded
