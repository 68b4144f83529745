"""The tables as tables: that they hold together, and what each kind of value takes and refuses."""

from __future__ import annotations

import pytest

from wiretalk.address import OPTIONS, SCHEMES, parse
from wiretalk.address.options import NEVER_TOGETHER, VALUES, of_scheme
from wiretalk.address.values import READERS
from wiretalk.errors import AddressError


@pytest.mark.parametrize("option", OPTIONS.values(), ids=repr)
def test_every_option_is_whole(option):
    assert option.kind in READERS
    assert option.schemes
    assert set(option.schemes) <= set(SCHEMES)
    assert option.summary
    assert option.high > option.low or option.kind not in {"integer", "octal", "size", "duration", "flag or duration"}
    assert option.form.startswith(option.name)
    assert option.form == option.name or option.value in option.form


def test_the_tables_speak_of_one_another():
    assert {name for one, other, _ in NEVER_TOGETHER for name in (one, other)} <= set(OPTIONS)
    assert set(VALUES) <= set(READERS)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=repr)
def test_every_scheme_takes_what_makes_messages(scheme):
    assert {"codec", "max_message"} <= set(of_scheme(scheme.name))
    assert ("framing" in of_scheme(scheme.name)) == (scheme.kind == "stream")
    assert scheme.summary
    assert parse(scheme.example).scheme == scheme.name


def test_how_options_and_schemes_are_written():
    assert [OPTIONS[name].form for name in ("nodelay", "ttl", "keepalive", "cert", "tls_min", "framing")] == [
        "nodelay",
        "ttl=N",
        "keepalive[=TIME]",
        "cert=FILE",
        "tls_min=1.2|1.3",
        "framing=FRAMING",
    ]
    assert [SCHEMES[name].form for name in ("tcp", "unix", "exec", "icmp", "ws", "vsock", "stdio")] == [
        "tcp://HOST:PORT",
        "unix:PATH",
        "exec:COMMAND",
        "icmp://HOST",
        "ws://HOST:PORT/PATH",
        "vsock://CID:PORT",
        "-",
    ]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("nodelay", "", True),
        ("nodelay", "=1", True),
        ("nodelay", "=Yes", True),
        ("nodelay", "=true", True),
        ("nodelay", "=on", True),
        ("nodelay", "=0", False),
        ("nodelay", "=no", False),
        ("nodelay", "=FALSE", False),
        ("nodelay", "=off", False),
        ("keepalive", "", True),
        ("keepalive", "=0", False),
        ("keepalive", "=1s", 1.0),
        ("keepalive", "=2m", 120.0),
        ("ttl", "=255", 255),
        ("tos", "=0x10", 16),
        ("mark", "=0XFFFFFFFF", 2**32 - 1),
        ("sndbuf", "=1MiB", 2**20),
        ("user_timeout", "=500ms", 0.5),
        ("bind", "=Example.ORG:5", "example.org:5"),
        ("bind", "=:0005", ":5"),
        ("bind", "=:0", ":0"),
        ("interface", "=eth0.100", "eth0.100"),
        ("alpn", "=h2,http/1.1", "h2,http/1.1"),
        ("sni", "=Bücher.example", "xn--bcher-kva.example"),
        ("tls_min", "=1.3", "1.3"),
        ("fingerprint", "=SHA256:" + "AB:" * 31 + "ab", "sha256:" + "ab" * 32),
        ("cert", "=a=b", "a=b"),
    ],
)
def test_a_value_that_is_right(name, text, value):
    found = parse(f"tls://:1?{name}{text}").options[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("nodelay", "maybe", "nodelay is a flag: 1, yes, true or on; 0, no, false or off"),
        ("nodelay", "", "nodelay is a flag: 1, yes, true or on; 0, no, false or off"),
        ("keepalive", "0.5s", "keepalive must be 1s to 32767s"),
        ("keepalive", "x", '"x" is not a duration: write a number and a unit, like 10s, 500ms or 2m'),
        ("ttl", "0", "ttl must be 1 to 255"),
        ("ttl", "-1", "ttl must be 1 to 255"),
        ("ttl", "1e1", "ttl must be 1 to 255"),
        ("ttl", "0x", "ttl must be 1 to 255"),
        ("ttl", "٣", "ttl must be 1 to 255"),
        ("ttl", "9" * 4000, "ttl must be 1 to 255"),
        ("mark", "4294967296", "mark must be 0 to 4294967295"),
        ("sndbuf", "0", "sndbuf must be 1 to 1GiB"),
        ("sndbuf", "2GiB", "sndbuf must be 1 to 1GiB"),
        ("sndbuf", "x", '"x" is not a size: write a number and a unit, like 4096, 64KiB or 1MiB'),
        ("max_message", "0", "max_message must be 1 to 4GiB"),
        ("user_timeout", "0", "user_timeout must be 1ms to 4294967s"),
        ("bind", "", "write HOST, HOST:PORT or :PORT"),
        ("bind", "h:", "write HOST, HOST:PORT or :PORT"),
        ("bind", "[::1]:", "write HOST, HOST:PORT or :PORT"),
        ("bind", "::1", "an IPv6 address goes in brackets: [::1] or [::1]:PORT"),
        ("bind", "[::1", "an IPv6 address goes in brackets: [::1] or [::1]:PORT"),
        ("bind", "[::1]5", "an IPv6 address goes in brackets: [::1] or [::1]:PORT"),
        ("bind", "h:65536", "port must be 0 to 65535"),
        ("bind", "a b", 'a host cannot hold " "'),
        ("interface", "", "interface must be the name of a network interface, or an address of it"),
        ("interface", "a b", "interface must be the name of a network interface, or an address of it"),
        ("alpn", "", "alpn must be names of 1 to 255 bytes with commas between them"),
        ("alpn", "h2,,x", "alpn must be names of 1 to 255 bytes with commas between them"),
        ("alpn", "x" * 256, "alpn must be names of 1 to 255 bytes with commas between them"),
        ("sni", "", "sni must be the name of a host"),
        ("tls_max", "1.1", "tls_max must be 1.2 or 1.3"),
        ("client_cert", "maybe", "client_cert must be none, optional or required"),
        ("fingerprint", "ab", "fingerprint must be sha256: and 64 hexadecimal digits"),
        ("fingerprint", "x" * 64, "fingerprint must be sha256: and 64 hexadecimal digits"),
        ("cert", "", "cert must not be empty"),
        ("framing", "", "framing must not be empty"),
    ],
)
def test_a_value_that_is_wrong(name, text, reason):
    with pytest.raises(AddressError) as caught:
        parse(f"tls://:1?{name}={text}")
    assert caught.value.reason == reason
    assert caught.value.at == len(f"tls://:1?{name}=")


@pytest.mark.parametrize("text", ["", "8", "1000", "x", "-1"])
def test_permissions_are_octal(text):
    with pytest.raises(AddressError, match="mode must be 000 to 777, in octal"):
        parse(f"unix:x?mode={text}")
    assert parse("unix:x?mode=0777").options["mode"] == 0o777


@pytest.mark.parametrize(
    "options",
    [
        "self_signed=0&cert=x",
        "insecure=no&ca=x",
        "tls_min=1.2&tls_max=1.2",
        "tls_min=1.3",
        "tls_max=1.2&client_cert=none",
    ],
)
def test_what_goes_together(options):
    assert len(parse(f"tls://:1?{options}").options) == options.count("=")


@pytest.mark.parametrize("options", ["self_signed&cert=x", "self_signed&key=x", "insecure&ca=x", "ca=x&insecure"])
def test_what_does_not_go_together(options):
    with pytest.raises(AddressError, match="exclude each other") as caught:
        parse(f"tls://:1?{options}")
    assert caught.value.at == len("tls://:1?") + options.index("&") + 1


def test_the_caret_stands_under_the_option_and_not_under_a_value_like_it():
    with pytest.raises(AddressError) as caught:
        parse("tls://:1?cert=self_signed&key=cert=&self_signed")
    assert caught.value.at == len("tls://:1?cert=self_signed&key=cert=&")
