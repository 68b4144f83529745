"""Lines as people and programs send them."""

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make


def test_a_line_arrives_when_its_end_does():
    line = make("line")
    assert line.feed(b"hel") == []
    assert line.feed(b"lo") == []
    assert line.feed(b"\nwor") == [b"hello"]
    assert line.feed(b"ld\n") == [b"world"]
    assert line.finish() == []


def test_a_cr_is_dropped_though_its_lf_comes_in_the_next_read():
    line = make("line")
    assert line.feed(b"hello\r") == []
    assert line.feed(b"\nworld\r\n") == [b"hello", b"world"]


def test_a_cr_whose_lf_never_comes_is_kept():
    line = make("line")
    assert line.feed(b"\r") == []
    assert line.feed(b"x\r") == []
    assert line.feed(b"\r") == []
    assert line.feed(b"\n") == [b"\rx\r"]


def test_of_two_crs_before_lf_one_is_dropped_wherever_the_read_ends():
    for pieces in ([b"a\r\r\n"], [b"a\r", b"\r\n"], [b"a\r\r", b"\n"], [b"a", b"\r\r\n"]):
        line = make("line")
        assert [message for piece in pieces for message in line.feed(piece)] == [b"a\r"], pieces


def test_a_thousand_lines_in_one_read():
    lines = [b"%d" % number for number in range(1000)]
    assert make("line").feed(b"\n".join(lines) + b"\n") == lines
    assert make("line").feed(b"\r\n".join(lines) + b"\r\n") == lines
    assert make("line").feed(b"".join(line + (b"\r\n" if line[-1] % 2 else b"\n") for line in lines)) == lines


def test_the_last_line_without_an_end_is_an_error_that_has_it():
    line = make("line")
    assert line.feed(b"one\ntwo") == [b"one"]
    with pytest.raises(TruncatedError, match="3 bytes of it had come") as cut:
        line.finish()
    assert (cut.value.rest, cut.value.have_bytes, cut.value.need_bytes) == (b"two", 3, None)
    assert (cut.value.how, cut.value.by) == ("truncated", "peer")


def test_lf_within_a_message_is_refused():
    for spec in ("line", "line:crlf"):
        with pytest.raises(
            MalformedError, match="holds LF cannot be sent as a line: it would arrive as two"
        ) as refusal:
            make(spec).encode(b"GET / HTTP/1.0\n")
        assert refusal.value.by == "us"


def test_cr_at_the_end_of_a_message_is_refused_where_it_would_be_dropped():
    assert make("line").encode_all([b"a\rb", b"c"]) == b"a\rb\nc\n"
    assert make("line:crlf").encode_all([b"a\r", b"b"]) == b"a\r\r\nb\r\n"
    with pytest.raises(MalformedError, match="the CR would be dropped; line:crlf keeps it"):
        make("line").encode_all([b"a", b"b\r"])


def test_a_line_is_too_long_as_soon_as_that_is_known():
    line = make("line", 4)
    assert line.feed(b"1234") == []
    assert line.feed(b"\r") == []  # It may be the end's.
    with pytest.raises(LimitError) as fault:
        line.feed(b"5")
    assert str(fault.value) == "a message of at least 6 bytes: the limit max_message_bytes is 4"


def test_a_line_too_long_is_told_in_full_when_its_end_came_with_it():
    line = make("line", 4)
    assert line.feed(b"12") == []
    with pytest.raises(LimitError, match="a message of 6 bytes:"):
        line.feed(b"3456\nnext\n")
