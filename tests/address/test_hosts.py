"""IPv4 and IPv6 as text, against the standard library's own."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretalk.address.hosts import ipv4_number, ipv6_groups, read_bracketed, write_ipv6


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_ipv4(address):
    assert ipv4_number(str(address)) == int(address)


@settings(deadline=None)
@given(st.ip_addresses(v=6), st.booleans())
def test_ipv6(address, exploded):
    groups = ipv6_groups(address.exploded.upper() if exploded else str(address))
    assert sum(group << 16 * (7 - index) for index, group in enumerate(groups)) == int(address)
    assert ipaddress.ip_address(write_ipv6(groups)) == address


@settings(deadline=None)
@given(st.text("0123456789abcdefG:.%", max_size=40))
def test_what_is_ipv6_and_what_is_none(text):
    try:
        expected = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        expected = None
    groups = ipv6_groups(text.partition("%")[0])
    assert (groups is None) == (expected is None)


# RFC 5952, section 4 and 5; RFC 4291, section 2.2.
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("0:0:0:0:0:0:0:0", "::"),
        ("1::", "1::"),
        ("::1", "::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("::ffff:c000:201", "::ffff:192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"),
    ],
)
def test_the_one_form(text, canonical):
    assert read_bracketed(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", ":::", "1", "1:2", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "::1::", "12345::", "::g"),
        *("::1.2.3", "0x1::", "1.2.3.4::", "::1.2.3.4:5", "::256.0.0.1", "1:2:3:4:5:6:7:1.2.3.4", " ::1", "::1 "),
        *(":1::2", "1::2:"),
    ],
)
def test_what_is_none(text):
    assert ipv6_groups(text) is None


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1..2.3", "1.2.3.a", "1.2.3.٤", "0001.1.1.1"]
)
def test_what_is_no_ipv4(text):
    assert ipv4_number(text) is None
