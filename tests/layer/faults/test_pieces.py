"""The faults that happen to pieces: corrupt, loss, duplicate, reorder; and blackhole, which takes all of them."""

from __future__ import annotations

import pytest

MESSAGES = [bytes([number]) for number in range(100)]


# corrupt


def test_one_bit_of_each_piece_is_flipped(way):
    one = way("corrupt")
    one.put(*[bytes(4)] * 50)
    assert all(len(piece) == 4 for piece in one.pieces)
    assert {sum(byte.bit_count() for byte in piece) for piece in one.pieces} == {1}
    assert len(set(one.pieces)) > 15
    # What is logged is what was done.
    bit = one.records[0]["parameters"]["bits"][0]
    assert one.pieces[0][bit // 8] == 0x80 >> bit % 8


def test_several_bits_are_different_ones(way):
    one = way("corrupt=8")
    one.put(bytes(1))
    assert one.pieces == [b"\xff"]


def test_bytes_are_replaced_by_others(way):
    one = way("corrupt=2,unit=bytes")
    one.put(*[b"abcd"] * 50)
    assert {sum(a != b for a, b in zip(piece, b"abcd", strict=True)) for piece in one.pieces} == {2}


def test_nothing_can_be_done_to_nothing(way):
    one = way("corrupt", whole=True)
    one.put(b"")
    assert (one.pieces, one.records) == ([b""], [])


# loss


def test_so_many_are_lost(way):
    one = way("loss=0.2", whole=True)
    one.put(*[b"x"] * 5000)
    # 5,000 draws of 0.2: five standard deviations are 141.
    assert 859 <= len(one.records) <= 1141
    assert len(one.pieces) == 5000 - len(one.records)


def test_a_percentage_and_p_say_the_same(way):
    three = [way(text, whole=True) for text in ("loss=0.2", "loss=20%", "loss,p=0.2")]
    for one in three:
        one.put(*MESSAGES)
    assert three[0].pieces == three[1].pieces == three[2].pieces


def test_all_are_lost(way):
    one = way("loss")
    one.put(b"a", b"b")
    one.end()
    assert one.pieces == ["end"]


def test_on_a_stream_with_a_framing_whole_messages_are_lost(way):
    one = way("loss=0.5", framing="line")
    one.put(b"".join(b"%d\r\n" % number for number in range(50)))
    lines = one.bytes.split(b"\r\n")
    assert 10 < len(lines) < 45
    assert all(int(line) < 50 for line in lines[:-1])
    assert lines[-1] == b""


# duplicate


def test_a_piece_arrives_twice(way):
    one = way("duplicate")
    one.put(b"a", b"b")
    assert one.pieces == [b"a", b"a", b"b", b"b"]


def test_or_more_often_or_some(way):
    one = way("duplicate=0.5,copies=2", whole=True)
    one.put(*MESSAGES)
    counts = {one.pieces.count(message) for message in MESSAGES}
    assert counts == {1, 3}


# reorder


def test_a_piece_arrives_after_the_next(way):
    one = way("reorder,for=1msg", whole=True)
    one.put(b"a", b"b", b"c")
    assert one.pieces == [b"b", b"a", b"c"]


def test_or_after_several(way):
    one = way("reorder,gap=2,for=1msg", whole=True)
    one.put(b"a", b"b", b"c", b"d")
    assert one.pieces == [b"b", b"c", b"a", b"d"]


def test_nothing_comes_behind_it_so_it_waits_no_longer_than_told(way):
    one = way("reorder,wait=50ms", whole=True)
    one.put(b"a")
    assert one.lane.held_bytes == 1
    assert one.lane.moving
    one.wait(1)
    assert one.arrived == [(0.05, b"a")]
    assert one.lane.held_bytes == 0


def test_nothing_arrives_after_the_end(way):
    one = way("reorder", whole=True)
    one.put(b"a", b"b")
    one.end()
    assert one.pieces == [b"a", b"b", "end"]


def test_none_is_lost(way):
    one = way("reorder=0.3,gap=3", whole=True)
    one.put(*MESSAGES)
    one.wait(1)
    assert sorted(one.pieces) == MESSAGES
    assert one.pieces != MESSAGES
    assert one.clock.waiting == 0


def test_over_nothing_is_held_back(way):
    one = way("reorder", whole=True)
    one.put(b"a")
    one.lane.drop()
    assert (one.lane.held_bytes, one.clock.waiting) == (0, 0)


# blackhole


def test_all_is_lost_and_no_end_is_told(way):
    one = way("blackhole")
    one.put(b"a")
    one.end("end")
    one.end("lost")
    one.wait(1000)
    assert one.pieces == []
    one.lane.remove(one.lane.stages[0])
    assert one.pieces == ["end", "lost"]


def test_ends_are_told_when_it_is_over(way):
    one = way("blackhole,for=2s")
    one.put(b"a")
    one.end()
    one.wait(3)
    assert one.arrived == [(2, "end")]


@pytest.mark.parametrize("whole", [False, True])
def test_for_a_while(way, whole):
    one = way("blackhole=1s,for=1s", whole=whole)
    one.put(b"a", b"b", b"c", every=0.9)
    assert one.arrived == [(0, b"a"), (0.9, b"b")]
    one.put(b"d")
    assert one.pieces == [b"a", b"b", b"d"]


def test_it_may_be_closed_in_the_end(way):
    one = way("blackhole,close=2s")
    one.put(b"a")
    one.wait(3)
    assert one.arrived == [(2, "close")]


def test_or_not_when_it_is_over_before(way):
    one = way("blackhole,close=2s,for=1s")
    one.wait(3)
    assert one.arrived == []
    two = way("blackhole,close=2s")
    two.lane.remove(two.lane.stages[0])
    two.wait(3)
    assert two.arrived == []
