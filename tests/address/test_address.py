"""The record: what it says of itself, that it never changes, and how another is made of it."""

from __future__ import annotations

import copy
import doctest
import pickle

import pytest

from wiretalk.address import Address, address, parse
from wiretalk.errors import AddressError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (":80", "stream"),
        ("udp://:80", "datagram"),
        ("unixgram:x", "datagram"),
        ("unixpacket:x", "packet"),
        ("-", "stream"),
        ("ws://h", "messages"),
        ("serial:x", "stream"),
        ("exec:x", "stream"),
        ("pty:x", "stream"),
        ("file:x", "stream"),
        ("icmp://h", "datagram"),
        ("raw://h?protocol=1", "datagram"),
    ],
)
def test_the_kind(text, kind):
    assert parse(text).kind == kind


@pytest.mark.parametrize(
    ("text", "family", "version", "zone", "multicast"),
    [
        ("tcp://h:1", 0, 0, "", False),
        ("tcp4://h:1", 4, 0, "", False),
        ("tcp://:1", 0, 0, "", False),
        ("tcp://127.0.0.1:1", 0, 4, "", False),
        ("tcp6://[fe80::1%eth0]:1", 6, 6, "eth0", False),
        ("udp://223.255.255.255:1", 0, 4, "", False),
        ("udp://224.0.0.1:1", 0, 4, "", True),
        ("udp://239.255.255.255:1", 0, 4, "", True),
        ("udp://240.0.0.1:1", 0, 4, "", False),
        ("udp://[ff02::1%eth0]:1", 0, 6, "eth0", True),
        ("udp://[ff::1]:1", 0, 6, "", False),
        ("udp://[fe80::1]:1", 0, 6, "", False),
        ("udp://ff02.example:1", 0, 0, "", False),
        ("vsock://3:1", 0, 0, "", False),
        ("unix:1.2", 0, 0, "", False),
    ],
)
def test_what_the_host_is(text, family, version, zone, multicast):
    made = parse(text)
    assert (made.family, made.ip_version, made.zone, made.multicast) == (family, version, zone, multicast)


def test_abstract_names():
    assert parse("unix:@x").abstract
    assert not parse("unix:./@x").abstract
    assert not parse("file:@x").abstract


@pytest.mark.parametrize(
    ("text", "cid"), [("vsock://:1", None), ("vsock://any:1", 2**32 - 1), ("vsock://host:1", 2), ("vsock://9:1", 9)]
)
def test_the_number_of_a_cid(text, cid):
    assert parse(text).cid == cid
    assert parse("tcp://host:1").cid is None


@pytest.mark.parametrize(
    ("option", "bind"),
    [
        ("", None),
        ("?bind=127.0.0.1", ("127.0.0.1", 0)),
        ("?bind=eth.example:5", ("eth.example", 5)),
        ("?bind=:5", ("", 5)),
        ("?bind=[::1]", ("::1", 0)),
        ("?bind=[::1]:5", ("::1", 5)),
    ],
)
def test_where_it_connects_from(option, bind):
    assert parse(f"tcp://h:1{option}").bind == bind


def test_options():
    made = parse(":80?ttl=5&nodelay")
    assert made.option("ttl") == 5
    assert made.option("tos") is None
    assert made.option("tos", 7) == 7
    assert list(made.options) == ["ttl", "nodelay"]
    with pytest.raises(TypeError):
        made.options["ttl"] = 6


def test_it_never_changes():
    made = parse(":80")
    with pytest.raises(AttributeError, match=r"never changes: address.but\(port=5\) returns another"):
        made.port = 5
    with pytest.raises(AttributeError, match="never changes: port cannot be deleted"):
        del made.port


def test_equal_is_what_says_the_same():
    assert parse(":80?ttl=5&nodelay") == parse("TCP://:080?nodelay=yes&ttl=0x5")
    assert len({parse("[::1]:80"), parse("tcp://[0::1]:80"), parse(":80")}) == 2
    assert parse(":80") != parse(":81")
    assert parse(":80") != "tcp://:80"
    # A flag is not a number, though Python says that True == 1.0.
    assert parse(":80?keepalive=1s") != parse(":80?keepalive=1")


def test_it_can_be_copied_and_pickled():
    made = parse("udp://[::1]:5?ttl=3")
    assert copy.deepcopy(made) == made
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert again.text == made.text


def test_another_made_of_it():
    made = parse("tcp://host:80?nodelay")
    assert str(made.but(port=5)) == "tcp://host:5?nodelay"
    assert str(made.but(host="fe80::1%eth0")) == "tcp://[fe80::1%eth0]:80?nodelay"
    assert str(made.but(scheme="tls", options={**made.options, "ttl": 5})) == "tls://host:80?nodelay&ttl=5"
    assert str(made.but(options={})) == "tcp://host:80"
    assert made.but() == made
    assert parse("unix:x").but(path="//odd?%").path == "//odd?%"
    assert parse("vsock://:0").but(port=2**32 - 1).port == 2**32 - 1


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 65536},
        {"port": None},
        {"host": "a b"},
        {"host": "a/b"},
        {"host": "a?ttl=5"},
        {"host": "a:b"},
        {"host": "[::1]"},
        {"scheme": "udp"},
        {"scheme": "unix"},
        {"scheme": "sctp"},
        {"options": {"ttl": 256}},
        {"options": {"zzz": 1}},
    ],
)
def test_another_is_checked_as_if_typed(changes):
    with pytest.raises(AddressError):
        parse("tcp://host:80?nodelay").but(**changes)


def test_a_part_that_is_none():
    with pytest.raises(TypeError, match="an address has no part 'prot' to change"):
        parse(":80").but(prot=5)


def test_how_it_shows_itself():
    assert repr(parse(":80")) == "<Address tcp://:80>"
    assert isinstance(parse(":80"), Address)


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(address)[0] == 0
