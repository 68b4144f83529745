"""Messages of one size."""

import pytest

from wiretalk.errors import MalformedError, TruncatedError
from wiretalk.framing import make


def test_reads_and_messages_have_nothing_to_do_with_each_other():
    framing = make("fixed:4")
    assert framing.feed(b"ab") == []
    assert framing.feed(b"c") == []
    assert framing.feed(b"d") == [b"abcd"]
    assert framing.feed(b"efghijklmn") == [b"efgh", b"ijkl"]
    assert framing.feed(b"opqrst") == [b"mnop", b"qrst"]
    assert framing.finish() == []


def test_half_a_record_at_the_end():
    framing = make("fixed:4")
    assert framing.feed(b"abcdef") == [b"abcd"]
    with pytest.raises(TruncatedError) as cut:
        framing.finish()
    assert (cut.value.have_bytes, cut.value.need_bytes, cut.value.rest) == (2, 4, b"ef")


def test_another_size_is_refused():
    with pytest.raises(MalformedError) as refusal:
        make("fixed:4").encode_all([b"abcd", b"efg", b"hijkl"])
    assert str(refusal.value) == "fixed:4 carries messages of 4 bytes only; this one has 3"
    assert refusal.value.by == "us"
