"""What holds for every framing, whichever it is."""

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import FRAMINGS, Framing, make

SPECS = [shape.replace("HEX", "0a").replace("N", "3") for shape in FRAMINGS]
WITH_LIMIT = [spec for spec in SPECS if not spec.startswith("raw")]


@pytest.mark.parametrize("spec", SPECS)
def test_a_framing_says_what_it_is(spec):
    framing = make(spec, 100)
    assert isinstance(framing, Framing)
    assert (framing.spec, framing.max_message_bytes) == (spec, 100)
    assert repr(framing) == f"<{type(framing).__name__} {spec} max_message_bytes=100>"


@pytest.mark.parametrize("spec", SPECS)
def test_an_empty_stream_has_no_messages(spec):
    framing = make(spec)
    assert framing.feed(b"") == []
    assert framing.finish() == []


@pytest.mark.parametrize("spec", SPECS)
def test_no_messages_are_no_bytes(spec):
    assert make(spec).encode_all([]) == b""


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_whatever_holds_bytes_can_be_sent(spec, kind):
    assert make(spec).encode(kind(b"abc")) == make(spec).encode_all([b"abc"])


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("wrong", [None, "abc", 3])
def test_what_is_not_bytes_is_a_type_error(spec, wrong):
    with pytest.raises(TypeError):
        make(spec).encode(wrong)
    with pytest.raises(TypeError):
        make(spec).encode_all([b"abc", wrong])


def test_text_for_a_message_is_told_what_to_do():
    with pytest.raises(
        TypeError, match='a message is bytes, not str: encode it, or name a codec that does, like codec="text"'
    ):
        make("line").encode("abc")


@pytest.mark.parametrize("spec", SPECS)
def test_messages_are_bytes_whether_they_come_whole_or_in_pieces(spec):
    framing = make(spec)
    wire = framing.encode_all([b"abc", b"def"])
    for pieces in ([wire], [wire[:4], wire[4:]]):
        assert {type(message) for piece in pieces for message in framing.feed(piece)} == {bytes}


@pytest.mark.parametrize("spec", [spec for spec in WITH_LIMIT if not spec.startswith("fixed")])
def test_a_message_of_the_limit_passes_and_one_byte_more_does_not(spec):
    framing = make(spec, 3)
    wire = framing.encode_all([b"abc", b"def"])
    assert framing.feed(wire) == [b"abc", b"def"]
    with pytest.raises(LimitError) as ours:
        framing.encode_all([b"abc", b"defg"])
    assert (ours.value.limit, ours.value.value, ours.value.by) == ("max_message_bytes", 3, "us")
    with pytest.raises(LimitError, match="a message of 4 bytes to send: the limit max_message_bytes is 3") as ours:
        framing.encode(b"defg")
    assert ours.value.by == "us"
    with pytest.raises(LimitError) as theirs:
        framing.feed(make(spec).encode_all([b"abc", b"def", b"ghij"]))
    assert (theirs.value.limit, theirs.value.value, theirs.value.by) == ("max_message_bytes", 3, "peer")
    assert theirs.value.messages == [b"abc", b"def"]


BROKEN = {
    "line": b"ok\nxxxxxxx",
    "delimiter:00": b"ok\x00xxxxxxx",
    "length:u8": b"\x02ok\x07",
    "length:varint": b"\x02ok" + b"\xff" * 10,
    "netstring": b"2:ok,x",
    "slip": b"ok\xc0\xdb\xdb",
    "cobs": b"\x03ok\x00\x05a\x00",
}


@pytest.mark.parametrize("spec", BROKEN)
def test_after_a_fault_every_call_says_so_again_without_messages(spec):
    framing = make(spec, 5)
    with pytest.raises((MalformedError, LimitError)) as first:
        framing.feed(BROKEN[spec])
    assert first.value.messages == [b"ok"]
    for call in (lambda: framing.feed(b"2:ok,\n"), lambda: framing.feed(b""), framing.finish):
        with pytest.raises(type(first.value)) as again:
            call()
        assert str(again.value) == str(first.value)
        assert again.value.messages == []
    assert first.value.messages == [b"ok"]


CUT = {
    "raw:utf8": (b"\xc3", "the stream ended within a message: 1 of 2 bytes of it had come"),
    "line": (b"hello", "the stream ended within a message: 5 bytes of it had come"),
    "delimiter:00": (b"hello", "the stream ended within a message: 5 bytes of it had come"),
    "length:u8": (b"\x05hel", "the stream ended within a message: 3 of 5 bytes of it had come"),
    "length:u32be": (b"\x00", "the stream ended within a message: 1 bytes of it had come"),
    "netstring": (b"5:hello", "the stream ended before the comma of a netstring: all 5 bytes of it had come"),
    "fixed:8": (b"hello", "the stream ended within a message: 5 of 8 bytes of it had come"),
    "slip": (b"\xc0hel", "the stream ended within a message: 3 bytes of it had come"),
    "cobs": (b"\x05hel", "the stream ended within a message: 3 bytes of it had come"),
}


@pytest.mark.parametrize("spec", CUT)
def test_a_stream_that_ended_within_a_message_has_ended(spec):
    wire, sentence = CUT[spec]
    framing = make(spec)
    assert framing.feed(wire) == []
    for call in (framing.finish, framing.finish, lambda: framing.feed(b"more")):
        with pytest.raises(TruncatedError) as cut:
            call()
        assert str(cut.value) == sentence
