"""SOCKS5 by the bytes of RFC 1928 and RFC 1929."""

from __future__ import annotations

import pytest

from wiretalk.address.proxies import Proxy
from wiretalk.errors import NotPermittedError, RefusedError, UnreachableError
from wiretalk.transport.proxy.socks5 import Socks5

PROXY = Proxy("socks5", "proxy.local", 1080)
KNOWN = Proxy("socks5", "proxy.local", 1080, "joe", "pässword")
DONE = b"\5\0\0\1\x7f\0\0\1\x12\x34"


def asking(proxy=PROXY, host="example.org", port=443):
    return Socks5(proxy, f"tcp://{host}:{port}", host, port)


def said(engine, *answers):
    """Return what it says, answer by answer, each given byte by byte."""
    words = [engine.outgoing()]
    for answer in answers:
        for at in range(len(answer)):
            assert engine.feed(answer[at : at + 1]) == 1
        words.append(engine.outgoing())
    return words


@pytest.mark.parametrize(
    ("host", "destination"),
    [
        ("example.org", b"\3\x0bexample.org"),
        ("192.0.2.1", b"\1\xc0\0\2\1"),
        ("2001:db8::1", b"\4\x20\1\x0d\xb8" + bytes(11) + b"\1"),
        ("fe80::1%eth0", b"\4\xfe\x80" + bytes(13) + b"\1"),
    ],
)
def test_without_a_password(host, destination):
    engine = asking(host=host)
    assert said(engine, b"\5\0", DONE) == [b"\5\1\0", b"\5\1\0" + destination + b"\x01\xbb", b""]
    assert engine.done


def test_with_user_and_password():
    engine = asking(KNOWN)
    words = said(engine, b"\5\2", b"\1\0", DONE)
    assert words[0] == b"\5\2\0\2"
    assert words[1] == b"\1\3joe\x09" + "pässword".encode()
    assert words[2].startswith(b"\5\1\0\3")
    assert engine.done


def test_a_proxy_that_wants_no_password_gets_none():
    words = said(asking(KNOWN), b"\5\0")
    assert words[1].startswith(b"\5\1\0\3")


@pytest.mark.parametrize("bound", [b"\1\0\0\0\0", b"\4" + bytes(16), b"\3\5local", b"\3\0"])
def test_what_comes_after_the_answer_is_left(bound):
    engine = asking()
    engine.feed(b"\5\0")
    engine.outgoing()
    answer = b"\5\0\0" + bound + b"\0\0"
    assert engine.feed(answer + b"hello") == len(answer)
    assert engine.done
    assert engine.feed(b"hello") == 0


@pytest.mark.parametrize(
    ("number", "kind", "why"),
    [
        (1, RefusedError, "says that it failed"),
        (2, NotPermittedError, "by its rules"),
        (3, UnreachableError, "no route"),
        (4, UnreachableError, "cannot reach that host"),
        (5, RefusedError, "nobody listens there"),
        (6, UnreachableError, "TTL"),
        (7, RefusedError, "does not connect"),
        (8, RefusedError, "kind of address"),
        (77, RefusedError, "number 77"),
    ],
)
@pytest.mark.parametrize("rest", [b"\0\1\0\0\0\0\0\0", b"\0\0\0\0\0\0\0\0"])
def test_its_refusals_name_the_proxy_and_the_target(number, kind, why, rest):
    engine = asking()
    with pytest.raises(kind, match=why) as told:
        said(engine, b"\5\0", b"\5" + bytes((number,)) + rest)
    assert type(told.value) is kind
    assert str(told.value).startswith("tcp://example.org:443: the proxy socks5://proxy.local:1080 ")


@pytest.mark.parametrize(
    ("proxy", "answers", "kind", "why"),
    [
        (PROXY, [b"\5\xff"], NotPermittedError, "wants a user and a password: write via="),
        (KNOWN, [b"\5\xff"], NotPermittedError, "another proof"),
        (KNOWN, [b"\5\2", b"\1\1"], NotPermittedError, "does not accept this user and password"),
        (PROXY, [b"HT"], RefusedError, "0x4854, which is no SOCKS5"),
        (PROXY, [b"\5\2"], RefusedError, "no SOCKS5"),
        (PROXY, [b"\5\1"], RefusedError, "no SOCKS5"),
        (KNOWN, [b"\5\2", b"\5\0"], RefusedError, "no SOCKS5"),
        (PROXY, [b"\5\0", b"\4\0\0\1\0"], RefusedError, "no SOCKS5"),
        (PROXY, [b"\5\0", b"\5\0\0\7\0"], RefusedError, "no SOCKS5"),
    ],
)
def test_what_it_does_not_agree_to(proxy, answers, kind, why):
    with pytest.raises(kind, match=why) as told:
        said(asking(proxy), *answers)
    assert "pässword" not in str(told.value)


def test_a_proxy_that_is_gone():
    assert "broke off before it had answered" in str(asking().broken())
