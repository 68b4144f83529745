"""SLIP, as RFC 1055 describes it, and as it is used."""

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make

END, ESC, ESC_END, ESC_ESC = b"\xc0", b"\xdb", b"\xdb\xdc", b"\xdb\xdd"


@pytest.mark.parametrize(
    "wire",
    [
        b"one" + END + b"two" + END,
        END + b"one" + END + b"two" + END,
        END + b"one" + END + END + b"two" + END,
        END * 5 + b"one" + END * 5 + b"two" + END * 5,
    ],
)
def test_end_may_come_before_after_or_both(wire):
    framing = make("slip")
    assert framing.feed(wire) == [b"one", b"two"]
    assert framing.finish() == []


def test_an_escape_may_come_in_pieces():
    framing = make("slip")
    assert framing.feed(b"a" + ESC) == []
    assert framing.feed(b"") == []
    assert framing.feed(b"\xdc" + ESC) == []
    assert framing.feed(b"\xdd" + END) == [b"a\xc0\xdb"]


def test_an_escape_that_is_none_is_malformed_wherever_the_read_ends():
    for pieces in ([ESC + b"x"], [ESC, b"x"], [b"a" + ESC + END], [b"a" + ESC, END], [ESC_END + ESC_ESC + ESC + ESC]):
        framing = make("slip")
        with pytest.raises(MalformedError, match=r"SLIP's ESC \(db\) comes before dc or dd only"):
            for piece in pieces:
                framing.feed(piece)


def test_what_was_too_long_before_it_was_wrong_is_too_long():
    with pytest.raises(LimitError, match="a message of at least 4 bytes"):
        make("slip", 3).feed(b"abcd" + ESC + b"x")


def test_the_limit_is_of_the_packet_not_of_its_escapes():
    assert make("slip", 4).feed(ESC_END * 4 + END) == [END * 4]
    with pytest.raises(LimitError):
        make("slip", 4).feed(ESC_END * 5 + END)


def test_half_a_packet_at_the_end_is_told_decoded():
    framing = make("slip")
    assert framing.feed(END + b"one" + END + b"tw" + ESC_END + ESC) == [b"one"]
    with pytest.raises(TruncatedError) as cut:
        framing.finish()
    assert (cut.value.rest, cut.value.need_bytes) == (b"tw" + END + ESC, None)


def test_an_empty_packet_cannot_be_sent():
    with pytest.raises(MalformedError, match="the peer would drop it") as refusal:
        make("slip").encode(b"")
    assert refusal.value.by == "us"


def test_what_is_sent_has_end_at_both_ends():
    assert make("slip").encode_all([b"one", END, ESC]) == END + b"one" + END + END + ESC_END + END + END + ESC_ESC + END
