"""For any messages, cut anywhere on the wire: what was sent is what arrives."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make

SPECS = [
    "line",
    "line:crlf",
    "delimiter:00",
    "delimiter:0d0a",
    "delimiter:0d0a0d0a",
    "delimiter:6161",
    "delimiter:616261",
    "length:u8",
    "length:u16be",
    "length:u16le",
    "length:u32be",
    "length:u32le",
    "length:varint",
    "netstring",
    "fixed:3",
    "slip",
    "cobs",
]

# The bytes that mean something to one framing or another, and few others, so that they meet often.
TELLING = st.binary(max_size=12) | st.lists(st.sampled_from(b"\r\n\x00\x01\xc0\xdb\xdc\xddab:,05\xff"), max_size=8).map(
    bytes
)
LONG = st.builds(lambda byte, size: byte * size, st.sampled_from([b"\x00", b"x", b"a"]), st.integers(120, 600))
MESSAGES = st.lists(TELLING | LONG, max_size=12) | st.builds(lambda m, n: [m] * n, TELLING, st.integers(0, 12))
CUTS = st.lists(st.integers(0, 1 << 16), max_size=12)


def carried(framing, messages):
    """Return those of the messages that the framing carries."""
    kept = []
    for message in messages:
        try:
            framing.encode(message)
        except MalformedError:
            continue
        kept.append(message)
    return kept


def pieces_of(wire, cuts):
    edges = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    return [wire[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize("spec", SPECS)
@settings(deadline=None, max_examples=80)
@given(messages=MESSAGES, cuts=CUTS)
def test_any_messages_arrive_as_they_were_sent(spec, messages, cuts):
    framing = make(spec)
    messages = carried(framing, messages)
    wire = framing.encode_all(messages)
    assert wire == b"".join(framing.encode(message) for message in messages)
    assert [message for piece in pieces_of(wire, cuts) for message in framing.feed(piece)] == messages
    assert framing.finish() == []


@pytest.mark.parametrize("spec", ["raw", "raw:utf8"])
@settings(deadline=None, max_examples=80)
@given(text=st.text(), cuts=CUTS, greatest=st.integers(4, 20))
def test_any_chunks_join_to_what_was_sent(spec, text, cuts, greatest):
    framing = make(spec, greatest)
    wire = text.encode()
    chunks = [chunk for piece in pieces_of(wire, cuts) for chunk in framing.feed(piece)]
    assert b"".join(chunks) == wire
    assert all(0 < len(chunk) <= greatest for chunk in chunks)
    assert framing.finish() == []
    if spec == "raw:utf8":
        assert "".join(chunk.decode() for chunk in chunks) == text


def outcome(framing, pieces):
    """Return the messages of a stream, and the error in which it ended, if it did."""
    messages = []
    try:
        for piece in pieces:
            messages += framing.feed(piece)
        messages += framing.finish()
    except (MalformedError, LimitError, TruncatedError) as fault:
        rest = fault.rest if isinstance(fault, TruncatedError) else None
        return messages + fault.messages, type(fault), rest
    return messages, None, None


@pytest.mark.parametrize("spec", SPECS)
@settings(deadline=None, max_examples=80)
@given(wire=st.lists(TELLING | LONG, max_size=6).map(b"".join), cuts=CUTS, greatest=st.integers(3, 40))
def test_any_bytes_mean_the_same_however_they_are_cut(spec, wire, cuts, greatest):
    whole = outcome(make(spec, greatest), [wire])
    assert outcome(make(spec, greatest), pieces_of(wire, cuts)) == whole
    assert all(len(message) <= greatest for message in whole[0])


@settings(deadline=None, max_examples=80)
@given(wire=st.binary(max_size=40), cuts=CUTS)
def test_bytes_that_are_no_text_pass_through_too(wire, cuts):
    messages, error, rest = outcome(make("raw:utf8"), pieces_of(wire, cuts))
    assert b"".join(messages) + (rest or b"") == wire
    assert error in (None, TruncatedError)
