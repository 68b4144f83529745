"""Messages with a count of fixed size in front."""

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make


def test_a_message_arrives_when_all_of_it_has():
    framing = make("length:u32be")
    assert framing.feed(b"\x00\x00") == []
    assert framing.feed(b"\x00\x05he") == []
    assert framing.feed(b"ll") == []
    assert framing.feed(b"o\x00\x00\x00\x00\x00") == [b"hello", b""]
    assert framing.feed(b"\x00\x00\x01!") == [b"!"]
    assert framing.finish() == []


def test_messages_of_one_size_and_then_of_others_and_then_of_one_again():
    framing = make("length:u16be")
    messages = [b"abcd"] * 21 + [b"efg", b"abcd", b""] + [b"hi"] * 9 + [b"abcd"] * 10
    wire = framing.encode_all(messages)
    for _ in range(3):
        assert framing.feed(wire) == messages
    for size in range(1, len(wire)):
        pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
        assert [message for piece in pieces for message in framing.feed(piece)] == messages, size


def test_a_message_too_long_among_many_of_one_size():
    framing = make("length:u8", 4)
    usual = make("length:u8").encode_all([b"abcd"] * 8)
    assert framing.feed(usual) == [b"abcd"] * 8
    with pytest.raises(LimitError, match="a message of 5 bytes: the limit max_message_bytes is 4") as fault:
        framing.feed(usual + b"\x05abcde" + usual)
    assert fault.value.messages == [b"abcd"] * 8


def test_the_limit_is_kept_before_the_body_comes():
    framing = make("length:u32be", 100)
    assert framing.feed(b"\x00\x00\x00") == []
    with pytest.raises(LimitError, match="a message of 101 bytes"):
        framing.feed(b"\x65")


def test_a_message_longer_than_its_count_can_say_is_refused():
    with pytest.raises(MalformedError) as refusal:
        make("length:u8").encode_all([b"x", b"y" * 256])
    assert str(refusal.value) == "length:u8 counts to 255: a message of 256 bytes cannot be sent; use length:u32be"
    assert refusal.value.by == "us"
    with pytest.raises(MalformedError, match="length:u16le counts to 65535"):
        make("length:u16le").encode(b"x" * 65536)
    with pytest.raises(LimitError):
        make("length:u8", 10).encode(b"x" * 256)


def test_how_much_of_a_message_there_was():
    framing = make("length:u16le")
    assert framing.feed(b"\x02\x00ok\x05\x00he") == [b"ok"]
    assert framing.feed(b"l") == []
    with pytest.raises(TruncatedError) as cut:
        framing.finish()
    assert (cut.value.have_bytes, cut.value.need_bytes, cut.value.rest) == (3, 5, b"hel")
