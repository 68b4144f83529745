"""Who may have a dangerous service: those on this machine, those who know a secret, those who prove who they are."""

from __future__ import annotations

import pytest

from wiretalk.address import parse
from wiretalk.errors import UsageError
from wiretalk.limits import TOKEN_BYTES
from wiretalk.service.guarding import Token, check_guarded, is_loopback, proves_itself

OURS = [
    "tcp://127.0.0.1:1",
    "tcp://127.9.9.9:1",
    "tcp://[::1]:1",
    "localhost:1",
    "tls://app.localhost:1",
    "ws://localhost:1?origin=https://example.org",
    "udp://127.0.0.1:1",
    "unix:/tmp/s",
    "unix:@name",
    "unixgram:/tmp/s",
    "unixpacket:/tmp/s",
    "vsock://local:1",
    "-",
    "exec:cat",
    "file:/tmp/f",
]
OPEN = [
    ":1",
    "tcp://0.0.0.0:1",
    "tcp://[::]:1",
    "tcp://192.0.2.1:1",
    "tcp://[2001:db8::1]:1",
    "example.org:1",
    "notlocalhost:1",
    "udp://:1",
    "ws://:1",
    "tls://:1?self_signed",
    "vsock://:1",
    "serial:/dev/ttyUSB0",
    "tcp://127.0.0.1:1?proxy_protocol",
    "unix:/tmp/s?proxy_protocol",
]


@pytest.mark.parametrize("text", OURS)
def test_whoever_comes_there_is_on_this_machine(text):
    assert is_loopback(parse(text))
    check_guarded([parse(text)], None, "have commands run")


@pytest.mark.parametrize("text", OPEN)
def test_strangers_need_a_secret(text):
    address = parse(text)
    assert not is_loopback(address)
    with pytest.raises(UsageError) as raised:
        check_guarded([parse("localhost:1"), address], None, "have commands run")
    told = str(raised.value)
    assert told.startswith(f"anybody who reaches {address} could have commands run; say --token @FILE, ")
    check_guarded([address], Token("secret"), "have commands run")


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_web_pages_of_strangers_come_from_this_machine_too(scheme):
    address = parse(f"{scheme}://localhost:1")
    with pytest.raises(UsageError) as raised:
        check_guarded([address], None, "have commands run")
    assert str(raised.value).startswith(
        f"any web page in a browser of this machine could use {address}: it could have commands run; say --token @FILE"
    )
    check_guarded([address], Token("secret"), "have commands run")


@pytest.mark.parametrize(
    ("options", "proved"),
    [
        ("cert=c&key=k&ca=a", True),
        ("cert=c&key=k&ca=a&client_cert=required", True),
        ("cert=c&key=k&ca=a&client_cert=optional", False),
        ("cert=c&key=k", False),
    ],
)
@pytest.mark.parametrize("scheme", ["tls", "wss"])
def test_a_certificate_is_as_good_where_it_is_required(scheme, options, proved):
    address = parse(f"{scheme}://:1?{options}")
    assert proves_itself(address) == proved
    if proved:
        check_guarded([address], None, "x")


def test_without_tls_there_is_no_certificate():
    assert not proves_itself(parse("tcp://:1"))


def test_a_token_matches_itself_alone():
    token = Token("s3cret Ω")
    assert token.matches("s3cret Ω".encode())
    for wrong in (b"", b"s3cret", b"s3cret \xce\xa9 ", b"\xff" * 9, b"s3cret \xce\xa9\x00"):
        assert not token.matches(wrong)
    assert "s3cret" not in repr(token)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the token is empty; say one that cannot be guessed"),
        (" ", "the token is empty"),
        ("x" * (TOKEN_BYTES + 1), f"a token of {TOKEN_BYTES + 1} bytes is too long: at most {TOKEN_BYTES}"),
        ("two\nlines", "the token holds a line end or another control character; leave it out"),
        ("nul\0", "the token holds a line end or another control character"),
    ],
)
def test_what_is_no_token(text, sentence):
    with pytest.raises(UsageError) as raised:
        Token(text)
    assert str(raised.value).startswith(sentence)
