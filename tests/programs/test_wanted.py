"""What can be asked for, and what is refused before anything is written: in a sentence that says what can be had."""

from __future__ import annotations

import pytest

from wiretalk.address import SCHEMES, parse
from wiretalk.address.options import OPTIONS
from wiretalk.errors import AddressError, UsageError
from wiretalk.programs import Wanted
from wiretalk.programs.wanted import ALONE, PLAIN_OPTIONS, SOCKETS


def wanted(address, language="c", role="client", **options):
    return Wanted(language, role, parse(address), **options)


@pytest.mark.parametrize(
    ("address", "options", "framing", "most"),
    [
        ("tcp://x:1", {}, "line", 1 << 20),
        ("tcp://x:1", {"frame": "cobs"}, "cobs", 1 << 20),
        ("tcp://x:1?framing=slip", {}, "slip", 1 << 20),
        ("tcp://x:1?framing=slip", {"frame": "slip"}, "slip", 1 << 20),
        ("tcp://x:1?max_message=4k", {}, "line", 4096),
        ("tcp://x:1", {"frame": "fixed:7"}, "fixed:7", 7),
        ("tcp://x:1", {"frame": "length:u8"}, "length:u8", 255),
        ("tcp://x:1?max_message=9", {"frame": "length:u8"}, "length:u8", 9),
        ("udp://x:1", {}, "", 65507),
        ("udp://x:1?max_message=512", {}, "", 512),
        ("unixgram:x", {}, "", 1 << 20),
        ("unix:x", {}, "line", 1 << 20),
    ],
)
def test_what_messages_are_like(address, options, framing, most):
    asked = wanted(address, **options)
    assert (asked.framing, asked.max_message_bytes) == (framing, most)


@pytest.mark.parametrize(
    ("address", "options", "said"),
    [
        ("tls://x:1", {}, "libwiretalk has no tls"),
        ("unixpacket:x", {}, "libwiretalk has no unixpacket"),
        ("vsock://2:1", {"language": "python", "plain": True}, "a program without a library has no vsock"),
        ("exec:cat", {"language": "python"}, "nobody at the other end of exec runs such a program; it can be tcp, "),
        ("-", {"language": "python"}, "name the other side"),
        ("tcp://x:0", {}, "name the server's"),
        ("tcp://:0", {"role": "server", "plain": True}, "name one here"),
        ("udp://x:1", {"frame": "line"}, "leave --frame out"),
        ("tcp://x:1?framing=line", {"frame": "cobs"}, "contradicts framing=line"),
        ("tcp://x:1?max_message=3", {"frame": "fixed:4"}, "over the limit"),
        ("tcp://x:1?codec=json", {}, "leave codec out"),
        ("tcp://x:1?codec=json", {"language": "python"}, "leave codec out"),
        ("tcp://x:1?user_timeout=1s", {"plain": True}, "user_timeout needs more"),
        ("tcp://x:1?max_message=17MiB", {"plain": True}, "16MiB at most"),
        (f"unix:{'x' * 108}", {"plain": True}, "can have 107 bytes, this one has 108"),
        ("unix:@a%00b", {"plain": True}, "no zero byte"),
        ("udp://239.1.2.3:5000", {"plain": True}, "joins no multicast group"),
    ],
)
def test_what_cannot_be_had(address, options, said):
    with pytest.raises(UsageError, match=said) as refused:
        wanted(address, **options)
    assert refused.value.hint


def test_the_caret_stands_under_the_fault():
    with pytest.raises(AddressError) as refused:
        wanted("tcp://mark:1?nodelay&mark=3", plain=True)
    assert str(refused.value).split("\n")[1:] == ["  tcp://mark:1?nodelay&mark=3", "                       ^^^^"]


def test_the_names_are_those_of_the_tables():
    assert set(SOCKETS) <= set(SCHEMES)
    assert set(OPTIONS) >= PLAIN_OPTIONS


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name not in {*ALONE, "stdio"}])
def test_python_with_wiretalk_has_whatever_opens(scheme):
    example = SCHEMES[scheme].example
    assert wanted(example, language="python").address.scheme == scheme
    assert wanted(example, language="python", role="server").file == "server.py"
