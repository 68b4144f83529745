"""Cutting a stream where its messages end: the bytes stay as they are, however they come."""

from __future__ import annotations

import pytest

from wiretalk.layer.faults.cutting import Cutter

STREAMS = {
    "line": [b"one\n", b"two\r\n", b"\n", b"three\n"],
    "line:crlf": [b"one\r\n", b"two\n"],
    "length:u16be": [b"\0\3one", b"\0\0", b"\0\5three"],
    "netstring": [b"3:one,", b"0:,"],
    "fixed:3": [b"one", b"two"],
    "slip": [b"\xc0one\xc0", b"two\xc0"],
    "cobs": [b"\4one\0", b"\1\1\0"],
    "delimiter:0d0a": [b"one\r\n", b"\r\n"],
    "length:varint": [b"\3one", b"\0"],
}


@pytest.mark.parametrize("spec", STREAMS)
def test_messages_come_out_with_all_that_is_around_them(spec):
    messages = STREAMS[spec]
    data = b"".join(messages)
    for size in (1, 2, 3, len(data)):
        cutter = Cutter(spec, 100)
        got = [piece for at in range(0, len(data), size) for piece in cutter.feed(data[at : at + size])]
        assert got == [(message, True) for message in messages]
        assert cutter.held_bytes == 0


def test_a_message_that_is_not_whole_is_held_until_the_end():
    cutter = Cutter("line", 100)
    assert list(cutter.feed(b"one\ntw")) == [(b"one\n", True)]
    assert cutter.held_bytes == 2
    assert cutter.finish() == b"tw"
    assert cutter.finish() == b""


@pytest.mark.parametrize("rest", [b"x" * 20, b"three\n" + b"x" * 20])
def test_what_breaks_the_framing_passes_as_it_is(rest):
    cutter = Cutter("line", 10)
    got = b"".join(piece for piece, _ in cutter.feed(b"one\n" + rest))
    assert got == b"one\n" + rest
    assert list(cutter.feed(b"more")) == [(b"more", True)]
    assert cutter.finish() == b""


def test_the_rest_passes_before_the_end(way):
    one = way("duplicate", framing="line")
    one.put(b"one\ntw")
    one.end()
    assert one.pieces == [b"one\n", b"one\n", b"tw", b"tw", "end"]


def test_a_connection_that_is_cut_takes_no_more_of_what_came(way):
    one = way("limit=4", framing="line")
    one.lane.outlet._finish = lambda end: one.lane.drop()
    one.put(b"one\ntwo\nthree\n")
    one.lane.put(b"four\n")
    one.end()
    one.lane.outlet.put(b"x", True)
    one.lane.outlet.end(None)
    assert one.bytes == b"one\n"
