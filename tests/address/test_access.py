"""Who may come, and who may not."""

import pytest

from wiretalk.address.access import Access
from wiretalk.errors import UsageError


def test_everybody_may_come_where_nothing_is_said():
    access = Access()
    assert not access
    assert access.refuses("192.0.2.1") == ""


def test_those_allowed_and_nobody_else():
    access = Access(allow=["10.0.0.0/8", "192.0.2.7", "fd00::/8"])
    assert access
    for host in ("10.255.0.1", "192.0.2.7", "fd12::1", "fd00::1%eth0"):
        assert access.refuses(host) == ""
    for host in ("11.0.0.1", "192.0.2.8", "fe80::1"):
        assert access.refuses(host) == "not allowed"


def test_what_is_denied_is_denied_even_where_it_is_allowed():
    access = Access(allow=["10.0.0.0/8"], deny=["10.0.0.0/24"])
    assert access.refuses("10.0.0.1") == "denied by 10.0.0.0/24"
    assert access.refuses("10.0.1.1") == ""


def test_all_but_some():
    access = Access(deny=["::1"])
    assert access.refuses("::1") == "denied by ::1"
    assert access.refuses("127.0.0.1") == ""


def test_ipv4_in_ipv6_is_ipv4():
    access = Access(allow=["127.0.0.0/8"])
    assert access.refuses("::ffff:127.0.0.1") == ""
    assert access.refuses("::ffff:1.2.3.4") == "not allowed"


def test_the_whole_of_a_version():
    assert Access(allow=["0.0.0.0/0"]).refuses("1.2.3.4") == ""
    assert Access(allow=["::/0"]).refuses("1.2.3.4") == "not allowed"


def test_peers_without_an_ip_address_are_for_their_files_permissions():
    assert Access(allow=["10.0.0.0/8"]).refuses("") == ""


def test_a_name_stands_for_the_addresses_that_it_has():
    access = Access(allow=["Pi.local"], deny=["bad.example"])
    assert access.names == ["pi.local", "bad.example"]
    assert access.refuses("192.0.2.1") == "not allowed"
    access.know("pi.local", ["192.0.2.1", "2001:db8::1"])
    access.know("bad.example", ["2001:db8::1"])
    assert access.refuses("192.0.2.1") == ""
    assert access.refuses("2001:db8::1") == "denied by bad.example"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.0.0.0/33", "a number of bits, 0 to 32"),
        ("10.0.0.0/", "a number of bits, 0 to 32"),
        ("10.0.0.0/x", "a number of bits, 0 to 32"),
        ("10.0.0.1/8", "has bits set beyond the first 8"),
        ("pi.local/8", "before the / comes an IP address"),
        ("a b", "a host cannot hold"),
        ("256.1.1.1", "an IPv4 address is four numbers"),
    ],
)
def test_what_is_no_network(text, words):
    with pytest.raises(UsageError, match=words):
        Access(allow=[text])
