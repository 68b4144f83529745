"""The faults that end a connection, or one direction of it: reset, close, half_close, limit, slow_close."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("name", "kind"), [("reset", "reset"), ("close", "close"), ("half_close", "end")])
def test_at_exactly_the_nth_byte(way, name, kind):
    one = way(f"{name}=5B")
    one.put(b"abc")
    assert one.pieces == [b"abc"]
    one.put(b"defgh", b"ij")
    assert one.pieces == [b"abc", b"de", kind]
    assert [(record["offset"], record["length"]) for record in one.records] == [(5, 0)]


@pytest.mark.parametrize(("name", "kind"), [("reset", "reset"), ("close", "close"), ("half_close", "end")])
def test_at_exactly_the_nth_message(way, name, kind):
    one = way(f"{name}=2msg", whole=True)
    one.put(b"abc", b"def", b"ghi")
    assert one.pieces == [b"abc", b"def", kind]
    two = way(f"{name}=2msg", framing="length:u8")
    two.put(b"\x01a\x01", b"b\x01c")
    assert two.pieces == [b"\x01a", b"\x01b", kind]


def test_bytes_do_not_split_a_message_that_is_whole(way):
    one = way("reset=4B", whole=True)
    one.put(b"abc", b"def", b"ghi")
    assert one.pieces == [b"abc", b"def", "reset"]


@pytest.mark.parametrize("name", ["reset", "close", "half_close"])
def test_after_seconds_whatever_passes(way, name):
    one = way(f"{name}=5s")
    one.wait(4.9)
    assert one.pieces == []
    one.wait(0.1)
    assert len(one.arrived) == 1
    assert one.arrived[0][0] == 5


@pytest.mark.parametrize("name", ["reset", "close", "half_close"])
def test_at_once(way, name):
    one = way(name)
    assert len(one.arrived) == 1


def test_what_is_delayed_arrives_before_it(way):
    one = way("reset=3B", "latency=50ms")
    one.put(b"abcdef")
    one.wait(1)
    assert one.arrived == [(0.05, b"abc"), (0.05, "reset")]


def test_what_comes_after_the_end_of_one_direction_is_dropped(way):
    one = way("half_close=1B")
    one.put(b"abc")
    one.end("end")
    assert one.pieces == [b"a", "end"]
    one.end("close")
    assert one.pieces == [b"a", "end", "close"]


def test_the_limit_is_exact_and_then_it_is_closed(way):
    one = way("limit=4")
    one.put(b"abc", b"def")
    assert one.pieces == [b"abc", b"d", "close"]
    assert one.records[0]["parameters"] == {"bytes": 4}


def test_another_limit_counts_what_has_passed(way):
    one = way("limit=10")
    one.put(b"abcdef")
    one.set.fault("limit").change({"bytes": 8})
    one.lane.stages[0].changed()
    one.put(b"ghij")
    assert one.pieces == [b"abcdef", b"gh", "close"]
    two = way("limit=10")
    two.put(b"abcdef")
    two.set.fault("limit").change({"bytes": 2})
    two.lane.stages[0].changed()
    assert two.pieces == [b"abcdef", "close"]
    two.lane.stages[0].changed()
    assert two.pieces == [b"abcdef", "close"]


def test_all_is_lost_passes_what_has_ended(way):
    one = way("close")
    one.end("lost")
    assert one.pieces == ["close", "lost"]


def test_the_end_alone_is_late(way):
    one = way("slow_close=2s")
    one.put(b"a")
    one.end()
    assert one.arrived == [(0, b"a")]
    assert one.lane.moving
    one.wait(2)
    assert one.arrived == [(0, b"a"), (2, "end")]
    assert one.records[0]["parameters"] == {"delay": 2}


def test_the_end_may_be_on_time(way):
    late = 0
    for number in range(100):
        one = way("slow_close=2s,p=0.5", number=number)
        one.end()
        late += not one.pieces
    assert 20 < late < 80
    one = way("slow_close=2s,toxicity=0")
    one.end()
    assert one.pieces == ["end"]
