"""HTTP CONNECT by its lines."""

from __future__ import annotations

import pytest

from wiretalk.address.proxies import Proxy
from wiretalk.errors import NotPermittedError, RefusedError, UnreachableError
from wiretalk.limits import PROXY_ANSWER_BYTES
from wiretalk.transport.proxy.httpconnect import HttpConnect

PROXY = Proxy("http", "proxy.local", 3128)
# The user and password of RFC 7617, section 2.
KNOWN = Proxy("http", "proxy.local", 3128, "Aladdin", "open sesame")


def asking(proxy=PROXY, host="example.org", port=443):
    return HttpConnect(proxy, f"tcp://{host}:{port}", host, port)


def test_what_it_asks():
    assert asking().outgoing() == b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"
    assert asking(host="fe80::1%eth0").outgoing().startswith(b"CONNECT [fe80::1]:443 HTTP/1.1\r\n")
    engine = asking(KNOWN)
    assert b"\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n" in engine.outgoing()
    assert engine.outgoing() == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 Connection established\r\n\r\n",
        b"HTTP/1.0 200 \r\nVia: x\r\n\r\n",
        b"HTTP/1.1 204\r\nContent-Length: 7\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_it_is_let_through_wherever_the_answer_is_split(answer):
    for at in range(1, len(answer) + 1):
        engine = asking()
        taken = 0
        there = answer[:at]
        for more in (answer[at:] + b"hello", b""):
            while there and not engine.done:
                took = engine.feed(there)
                taken += took
                there = there[took:]
            there += more
        assert engine.done
        assert taken == len(answer)
        assert there == b"hello"


@pytest.mark.parametrize(
    ("proxy", "answer", "kind", "why"),
    [
        (PROXY, b"HTTP/1.1 407 Who?\r\n\r\n", NotPermittedError, "wants a user and a password: write via="),
        (KNOWN, b"HTTP/1.1 407 Who?\r\n\r\n", NotPermittedError, "does not accept this user and password"),
        (PROXY, b"HTTP/1.1 403 Forbidden\r\n\r\n", NotPermittedError, 'answered "403 Forbidden"'),
        (PROXY, b"HTTP/1.1 502 Bad Gateway\r\n\r\n", UnreachableError, "502"),
        (PROXY, b"HTTP/1.1 503 \r\n\r\n", UnreachableError, "503"),
        (PROXY, b"HTTP/1.1 504 \x1b[31m" + b"x" * 200 + b"\r\n\r\n", UnreachableError, "504 \ufffd"),
        (PROXY, b"HTTP/1.1 404 Not Found\r\n\r\n", RefusedError, "404 Not Found"),
        (PROXY, b"SSH-2.0-OpenSSH", RefusedError, "no HTTP"),
        (PROXY, b"HTTP/2.0 200 OK\r\n\r\n", RefusedError, "no HTTP"),
        (PROXY, b"HTTP/1.1 20 OK\r\n\r\n", RefusedError, "no HTTP"),
        (PROXY, b"HTTP/1.1 2000\r\n\r\n", RefusedError, "no HTTP"),
        (PROXY, b"HTTP/1.1\r\n\r\n", RefusedError, "no HTTP"),
        (PROXY, b"HTTP/1.1 200 OK\r\n" + b"x" * PROXY_ANSWER_BYTES, RefusedError, "16384 bytes"),
    ],
)
def test_its_refusals_name_the_proxy_and_the_target(proxy, answer, kind, why):
    for size in (1, len(answer)):
        engine = asking(proxy)
        with pytest.raises(kind, match=why) as told:
            for at in range(0, len(answer), size):
                engine.feed(answer[at : at + size])
        assert type(told.value) is kind
        assert str(told.value).startswith("tcp://example.org:443: the proxy http://proxy.local:3128 ")
        assert str(told.value).isprintable()
        assert len(str(told.value)) < 200
        assert "sesame" not in str(told.value)


def test_a_proxy_that_is_gone():
    assert "broke off before it had answered" in str(asking().broken())
