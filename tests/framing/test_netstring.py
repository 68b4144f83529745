"""Netstrings, strictly."""

import pytest

from wiretalk.errors import LimitError, MalformedError
from wiretalk.framing import make


def test_a_netstring_arrives_with_its_comma():
    framing = make("netstring")
    assert framing.feed(b"1") == []
    assert framing.feed(b"2:hello wor") == []
    assert framing.feed(b"ld!") == []
    assert framing.feed(b",0:,5:") == [b"hello world!", b""]
    assert framing.feed(b"12345") == []
    assert framing.feed(b",") == [b"12345"]
    assert framing.finish() == []


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        (b"hello", "a netstring begins with a count and a colon, without zeros in front; this one with 'hello'"),
        (b"007:", "a netstring begins with a count and a colon, without zeros in front; this one with '007'"),
        (
            b"\xd9\xa3:abc,",
            "a netstring begins with a count and a colon, without zeros in front; this one with '\\xd9\\xa3'",
        ),
        (b":,", "a netstring begins with a count and a colon, without zeros in front; this one with ''"),
        (b"3:abcd,", "a netstring ends in a comma; this one in 'd'"),
    ],
)
def test_what_is_wrong_with_it(wire, sentence):
    with pytest.raises(MalformedError) as fault:
        make("netstring").feed(wire)
    assert str(fault.value) == sentence


def test_a_wrong_comma_that_comes_later_is_wrong_too():
    framing = make("netstring")
    assert framing.feed(b"3:abc") == []
    with pytest.raises(MalformedError, match=r"this one in '\\n'"):
        framing.feed(b"\n")


def test_a_count_is_bounded_before_it_is_read():
    framing = make("netstring", 1000)
    assert framing.feed(b"999") == []
    with pytest.raises(LimitError, match="a message of at least 9999 bytes: the limit max_message_bytes is 1000"):
        framing.feed(b"9")
    with pytest.raises(LimitError):
        make("netstring").feed(b"1" * 1_000_000)


def test_a_read_shows_no_more_of_what_is_wrong_than_a_count_has():
    with pytest.raises(MalformedError) as fault:
        make("netstring").feed(b"x" * 65536)
    assert len(str(fault.value)) < 120
