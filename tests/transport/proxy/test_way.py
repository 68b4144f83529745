"""What an address asks for before its conversations."""

from __future__ import annotations

import socket

import pytest

from wiretalk.address import parse
from wiretalk.errors import NoSuchHostError
from wiretalk.transport import may_block, resolve, shown, told
from wiretalk.transport.proxy.header import Proxied
from wiretalk.transport.proxy.way import on_behalf, trusted


@pytest.mark.parametrize(
    ("peer", "local", "proxied"),
    [
        ("tcp://192.0.2.1:5", "tcp://192.0.2.2:6", Proxied(("192.0.2.1", 5), ("192.0.2.2", 6))),
        ("tls://[::1]:5", "tls://[::1]:6", Proxied(("::1", 5, 0, 0), ("::1", 6, 0, 0))),
        ("udp://192.0.2.1:5", "udp://192.0.2.2:6", Proxied(("192.0.2.1", 5), ("192.0.2.2", 6), datagram=True)),
        ("unix:/run/a", "unix:@b", Proxied("/run/a", "\0b")),
        ("unix:(unnamed)", "unix:/run/b", Proxied("", "/run/b")),
        ("-", "-", Proxied()),
        ("udp://192.0.2.1:5", "udp://:6", Proxied(("192.0.2.1", 5), None, datagram=True)),
        ("icmp://192.0.2.1", "icmp://", Proxied(("192.0.2.1", 0), None, datagram=True)),
        ("no address", "", Proxied()),
    ],
)
def test_two_names_tell_for_whom_it_is(peer, local, proxied):
    assert on_behalf(peer, local) == proxied


@pytest.mark.parametrize(
    ("listed", "sockaddr", "may"),
    [
        ("", ("127.0.0.1", 1), True),
        ("", ("127.1.2.3", 1), True),
        ("", ("::1", 1, 0, 0), True),
        ("", ("::ffff:127.0.0.1", 1, 0, 0), True),
        ("", ("192.0.2.1", 1), False),
        ("", ("fe80::1", 1, 0, 2), False),
        ("", "", True),
        ("&proxy_from=192.0.2.0/24", ("192.0.2.1", 1), True),
        ("&proxy_from=192.0.2.0/24", ("::ffff:192.0.2.1", 1, 0, 0), True),
        ("&proxy_from=192.0.2.0/24", ("127.0.0.1", 1), False),
        ("&proxy_from=192.0.2.0/24,fe80::/10", ("fe80::1", 1, 0, 2), True),
    ],
)
def test_who_may_say_for_whom_it_comes(listed, sockaddr, may):
    assert trusted(parse(f"tcp://:1?proxy_protocol{listed}"), sockaddr) is may


def test_the_proxy_is_looked_up_and_the_target_is_not():
    (candidate,) = resolve(parse("tcp://nobody.invalid:1?via=socks5://127.0.0.1:1080"))
    assert candidate.sockaddr == ("127.0.0.1", 1080)
    assert (candidate.family, candidate.type) == (socket.AF_INET, socket.SOCK_STREAM)
    assert str(candidate) == "socks5://127.0.0.1:1080"
    with pytest.raises(NoSuchHostError, match=r"^tcp://h:1: the proxy http://nobody\.invalid:3128: "):
        resolve(parse("tcp://h:1?via=http://joe:secret@nobody.invalid:3128"))


def test_the_option_bind_is_about_the_way_to_the_proxy():
    with pytest.raises(NoSuchHostError, match="it has no IPv6 address"):
        resolve(parse("tcp://h:1?via=http://127.0.0.1:3128&bind=[::1]"))


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("tcp://name:1", True),
        ("tcp://localhost:1", False),
        ("tcp://127.0.0.1:1", False),
        ("vsock://host:1", False),
        ("tcp://name:1?via=socks5://127.0.0.1:1", False),
        ("tcp://127.0.0.1:1?via=socks5://name:1", True),
        ("icmp://name", True),
    ],
)
def test_whether_somebody_has_to_be_asked(text, blocks):
    assert may_block(parse(text)) is blocks


def test_a_password_is_never_shown():
    address = parse("tcp://h:1?nodelay&via=socks5://joe:secret@proxy:1080")
    assert shown(address) == "tcp://h:1?nodelay&via=socks5://proxy:1080"
    assert told(address) == "tcp://h:1"
    assert shown(parse("tcp://h:1?nodelay")) == "tcp://h:1?nodelay"
