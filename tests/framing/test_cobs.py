"""COBS frames, each with a zero after it."""

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make


@pytest.mark.parametrize("size", [0, 1, 252, 253, 254, 255, 507, 508, 509, 762])
@pytest.mark.parametrize("end", [b"", b"\x00", b"\x00x"])
def test_blocks_of_254_bytes_and_what_follows_them(size, end):
    message = b"x" * size + end
    wire = make("cobs").encode(message)
    assert wire.index(b"\x00") == len(wire) - 1
    assert len(wire) <= len(message) + 2 + len(message) // 254
    assert make("cobs").feed(wire) == [message]


def test_a_frame_may_come_in_pieces():
    framing = make("cobs")
    assert framing.feed(b"\x03") == []
    assert framing.feed(b"\x11\x22") == []
    assert framing.feed(b"\x02\x33\x00\x01") == [b"\x11\x22\x00\x33"]
    assert framing.feed(b"\x00") == [b""]


def test_a_block_past_the_end_of_its_frame_is_malformed():
    with pytest.raises(MalformedError) as fault:
        make("cobs").feed(b"\x02a\x00\x05ab\x00")
    assert str(fault.value) == "a COBS block of 2 bytes more than its frame has"
    assert fault.value.messages == [b"a"]


def test_a_frame_is_too_long_as_soon_as_no_message_of_the_limit_can_have_it():
    framing = make("cobs", 508)
    assert framing.feed(b"\xff" * 510) == []
    with pytest.raises(LimitError, match="a message of at least 509 bytes"):
        framing.feed(b"\xff" * 2)


def test_half_a_frame_at_the_end_is_told_decoded():
    framing = make("cobs")
    assert framing.feed(b"\x02a\x05bc") == []
    with pytest.raises(TruncatedError) as cut:
        framing.finish()
    assert (cut.value.rest, cut.value.have_bytes) == (b"a\x00bc", 4)
