"""The options that name proxies and networks: what they take, and what they refuse."""

from __future__ import annotations

import pytest

from wiretalk.address import parse
from wiretalk.address.proxies import read
from wiretalk.errors import AddressError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("socks5://proxy.local:1080", ("socks5", "proxy.local", 1080, "", "")),
        ("SOCKS5://Proxy.local:1080/", ("socks5", "proxy.local", 1080, "", "")),
        ("http://:3128", ("http", "", 3128, "", "")),
        ("http://[::1]:3128", ("http", "::1", 3128, "", "")),
        ("http://joe:a:b@c@[::1]:3128", ("http", "::1", 3128, "joe", "a:b@c")),
    ],
)
def test_a_proxy_is_read(text, parts):
    proxy = read(text)
    assert (proxy.scheme, proxy.host, proxy.port, proxy.user, proxy.password) == parts
    assert "a:b" not in proxy.name


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("proxy.local:1080", "via must be socks5://HOST:PORT or http://HOST:PORT"),
        ("socks4://h:1", "via must be"),
        ("https://h:1", "via must be"),
        ("socks5://h", "needs the proxy's port"),
        ("socks5://h:0", "needs the proxy's port"),
        ("socks5://h:70000", "port must be 0 to 65535"),
        ("socks5://joe@h:1", "before the @ comes USER:PASSWORD"),
        ("socks5://:x@h:1", "before the @ comes USER:PASSWORD"),
        ("socks5://@h:1", "before the @ comes USER:PASSWORD"),
        (f"socks5://joe:{'x' * 256}@h:1", "at most 255 bytes"),
        ("socks5://joe:%FF@h:1", "must be UTF-8"),
        ("socks5://::1:1", "goes in brackets"),
    ],
)
def test_what_is_no_proxy_is_refused_with_the_address(value, why):
    with pytest.raises(AddressError, match=why):
        parse(f"tcp://h:1?via={value}")


def test_a_proxy_goes_into_an_address_and_out_again():
    address = parse("tls://h:1?via=socks5://joe:p%2525%26@proxy:1080")
    assert address.option("via") == "socks5://joe:p%25&@proxy:1080"
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("proxy.local", "must be networks like 10.0.0.0/8"),
        ("10.0.0.0/33", "0 to 32"),
        ("10.0.0.1/8", "bits set beyond the first 8; write"),
        ("10.0.0.1,", "must be networks"),
    ],
)
def test_what_is_no_network_is_refused_with_the_address(value, why):
    with pytest.raises(AddressError, match=why):
        parse(f"tcp://:1?proxy_protocol&proxy_from={value}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tcp://:1?proxy_from=10.0.0.1", "none is awaited; add proxy_protocol"),
        ("tcp://:1?proxy_protocol=0&proxy_from=10.0.0.1", "none is awaited"),
        ("raw://[::1]?protocol=253&hdrincl", "hdrincl is for IPv4"),
        ("raw://127.0.0.1?protocol=253&checksum=0", "checksum is for IPv6"),
        ("raw://h?protocol=253&checksum=3", "must be an even offset"),
        ("raw://h?protocol=253&checksum=2&hdrincl", "exclude each other"),
        ("udp://h:1?via=socks5://h:1", "udp has no option"),
    ],
)
def test_what_is_wrong_together(text, why):
    with pytest.raises(AddressError, match=why):
        parse(text)
