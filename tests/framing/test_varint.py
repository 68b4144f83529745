"""Messages with a count as protobuf writes it."""

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16383, 16384, 100_000])
def test_a_count_takes_as_many_bytes_as_it_needs(size):
    wire = make("length:varint").encode(b"x" * size)
    assert len(wire) - size == max(1, (size.bit_length() + 6) // 7)
    assert make("length:varint").feed(wire) == [b"x" * size]


def test_a_count_may_come_in_pieces():
    framing = make("length:varint")
    assert framing.feed(b"\x80") == []
    assert framing.feed(b"\x01" + b"x" * 127) == []
    assert framing.feed(b"x\x01") == [b"x" * 128]
    assert framing.feed(b"y") == [b"y"]


def test_a_count_that_never_ends_is_refused_at_its_tenth_byte():
    framing = make("length:varint")
    for _ in range(9):
        assert framing.feed(b"\xff") == []
    with pytest.raises(MalformedError, match="the count of a message is longer than 10 bytes"):
        framing.feed(b"\xff")


def test_a_count_beyond_64_bits_is_refused():
    with pytest.raises(MalformedError, match="the count of a message is over 64 bits"):
        make("length:varint").feed(b"\xff" * 9 + b"\x02")
    with pytest.raises(LimitError, match="a message of 18446744073709551615 bytes"):
        make("length:varint").feed(b"\xff" * 9 + b"\x01")


def test_a_stream_that_ends_within_a_count():
    framing = make("length:varint")
    framing.feed(b"\x80\x80")
    with pytest.raises(TruncatedError) as cut:
        framing.finish()
    assert (cut.value.have_bytes, cut.value.need_bytes, cut.value.rest) == (2, None, b"\x80\x80")
