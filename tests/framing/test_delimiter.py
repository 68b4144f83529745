"""Messages that end in bytes of the user's choice."""

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make


def test_a_delimiter_may_come_in_pieces():
    framing = make("delimiter:0d0a0d0a")
    assert framing.feed(b"GET /\r\nHost: x\r") == []
    assert framing.feed(b"\n") == []
    assert framing.feed(b"\r") == []
    assert framing.feed(b"\nGET") == [b"GET /\r\nHost: x"]
    with pytest.raises(TruncatedError, match="3 bytes"):
        framing.finish()


def test_a_false_beginning_is_part_of_the_message():
    framing = make("delimiter:616162")
    assert framing.feed(b"xa") == []
    assert framing.feed(b"a") == []
    assert framing.feed(b"a") == []
    assert framing.feed(b"b") == [b"xa"]


def test_what_may_be_the_delimiters_beginning_does_not_count_for_the_limit():
    framing = make("delimiter:2d2d2d", 4)
    assert framing.feed(b"1234") == []
    assert framing.feed(b"--") == []
    assert framing.feed(b"-1234--") == [b"1234"]
    with pytest.raises(LimitError, match="a message of at least 7 bytes: the limit max_message_bytes is 4"):
        framing.feed(b"x")


def test_a_message_that_would_end_too_early_is_refused():
    framing = make("delimiter:6161")
    assert framing.encode_all([b"xab", b"", b"b"]) == b"xabaa" + b"aa" + b"baa"
    with pytest.raises(
        MalformedError, match="cannot be sent that holds its delimiter, 61 61, or half of it"
    ) as refusal:
        framing.encode_all([b"ok", b"xa"])
    assert refusal.value.by == "us"


def test_many_messages_over_the_limit_in_one_read():
    framing = make("delimiter:00", 4)
    with pytest.raises(LimitError) as fault:
        framing.feed(b"ab\x00" * 3 + b"abcde\x00" + b"ab\x00")
    assert fault.value.messages == [b"ab"] * 3
