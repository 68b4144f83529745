"""Chunks: whatever arrived."""

import pytest

from wiretalk.errors import TruncatedError
from wiretalk.framing import make


def test_what_arrives_is_passed_on_as_it_is():
    framing = make("raw")
    data = b"hel\x00\n"
    (chunk,) = framing.feed(data)
    assert chunk is data
    assert framing.feed(b"") == []
    assert framing.encode_all([b"a", b"", b"b"]) == b"ab"


def test_a_chunk_over_the_limit_is_cut_and_what_is_sent_may_have_any_size():
    framing = make("raw", 4)
    assert framing.feed(b"abcdefghij") == [b"abcd", b"efgh", b"ij"]
    assert framing.encode(b"abcdefghij") == b"abcdefghij"


def test_no_character_is_cut_in_two():
    framing = make("raw:utf8")
    assert framing.feed("grü".encode()[:-1]) == [b"gr"]
    assert framing.feed("ü".encode()[1:] + "€".encode()[:2]) == ["ü".encode()]
    assert framing.feed("€".encode()[2:]) == ["€".encode()]
    assert framing.finish() == []


def test_a_chunk_over_the_limit_is_cut_between_characters():
    assert make("raw:utf8", 4).feed("aü€ü".encode()) == ["aü".encode(), "€".encode(), "ü".encode()]


def test_a_limit_below_the_size_of_a_character_cuts_it():
    assert make("raw:utf8", 2).feed("€a".encode()) == ["€".encode()[:2], "€".encode()[2:] + b"a"]


@pytest.mark.parametrize("wire", [b"\xff", b"\xc0", b"\x80\x80\x80\x80", b"\xf5", b"a\xc1"])
def test_what_begins_no_character_is_not_waited_for(wire):
    framing = make("raw:utf8")
    assert framing.feed(wire) == [wire]
    assert framing.finish() == []


def test_half_a_character_at_the_end():
    framing = make("raw:utf8")
    assert framing.feed(b"caf\xc3") == [b"caf"]
    with pytest.raises(TruncatedError) as cut:
        framing.finish()
    assert (cut.value.rest, cut.value.have_bytes, cut.value.need_bytes) == (b"\xc3", 1, 2)
