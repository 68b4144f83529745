"""A client's hello, read from the wire; and hostile ones."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretalk.transport.tls.clienthello import MOST_BYTES, read_client_hello


def hello(name="pi.local", alpn=("h2", "http/1.1")):
    """What OpenSSL says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if alpn:
        context.set_alpn_protocols(alpn)
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


HELLO = hello()


def in_records(data, size):
    """The same handshake bytes, in records of this size."""
    body = data[5:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def test_the_name_and_the_protocols():
    read = read_client_hello(HELLO)
    assert read.server_name == "pi.local"
    assert read.alpn == ("h2", "http/1.1")


def test_a_hello_that_names_neither():
    read = read_client_hello(hello(name=None, alpn=()))
    assert read.server_name == ""
    assert read.alpn == ()


def test_every_part_of_it_is_incomplete():
    for length in range(len(HELLO)):
        assert read_client_hello(HELLO[:length]) is None


@pytest.mark.parametrize("size", [1, 3, 4, 100])
def test_a_hello_in_many_records(size):
    assert read_client_hello(in_records(HELLO, size)).alpn == ("h2", "http/1.1")


def test_what_follows_it_does_not_matter():
    assert read_client_hello(HELLO + b"\x14\x03\x03\x00\x01\x01").server_name == "pi.local"


def test_a_hello_is_small_beside_what_is_looked_at():
    assert len(HELLO) * 4 < MOST_BYTES


def message(extensions, kind=1):
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00" + extensions
    handshake = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(handshake).to_bytes(2, "big") + handshake


def extension(kind, content):
    data = kind.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content
    return len(data).to_bytes(2, "big") + data


def test_a_hello_without_extensions():
    assert read_client_hello(message(b"")).alpn == ()


def test_nothing_that_a_terminal_obeys_is_shown():
    assert read_client_hello(message(extension(0, b"\x00\x06\x00\x00\x03\x1b[m"))).server_name == "\ufffd[m"
    assert read_client_hello(message(extension(16, b"\x00\x03\x02\xff\x07"))).alpn == ("\ufffd\ufffd",)


def test_a_name_of_an_unknown_kind_is_none():
    assert read_client_hello(message(extension(0, b"\x00\x06\x07\x00\x03abc"))).server_name == ""


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        message(b"", kind=2),
        message(b"\x00\x09"),
        message(extension(16, b"\x00\x09\x02h2")),
        message(extension(0, b"\x00\x06\x00\x00\x09abc")),
    ],
)
def test_what_is_no_hello(data):
    with pytest.raises(ValueError, match=r"."):
        read_client_hello(data)


@given(st.binary(max_size=200))
def test_any_bytes(data):
    for begin in (b"", b"\x16\x03\x01\x00\x80\x01\x00\x00\x7c"):
        try:
            read = read_client_hello(begin + data)
        except ValueError:
            continue
        assert read is None or read.server_name.isprintable()
