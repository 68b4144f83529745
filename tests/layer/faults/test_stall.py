"""`stall`: nothing passes any more, and nothing is lost."""

from __future__ import annotations


def test_exactly_so_many_bytes_pass(way):
    one = way("stall=5B")
    one.put(b"abc", b"defg", b"hij")
    assert one.bytes == b"abcde"
    assert one.lane.waiting_bytes == 5
    assert [(record["offset"], record["fault"]) for record in one.records] == [(5, "stall")]
    one.end()
    one.wait(1000)
    assert one.bytes == b"abcde"
    assert "end" not in one.pieces
    assert not one.lane.moving


def test_after_seconds_and_for_seconds(way):
    one = way("stall=1s,for=2s")
    one.put(b"a")
    one.wait(1)
    one.put(b"b")
    one.end()
    assert one.lane.moving
    one.wait(5)
    assert one.arrived == [(0, b"a"), (3, b"b"), (3, "end")]
    assert one.lane.waiting_bytes == 0
    assert [record["parameters"] for record in one.records] == [{"for": "2s"}, {"over": True}]


def test_until_so_many_bytes_have_been_held(way):
    one = way("stall=2B,for=3B")
    one.put(b"abcdefg")
    assert one.bytes == b"abcdefg"
    assert one.pieces[0] == b"ab"


def test_messages_are_counted_whole(way):
    one = way("stall=2msg,for=1msg", framing="line")
    one.put(b"a\nb", b"\nc", b"c\n")
    assert one.pieces == [b"a\n", b"b\n", b"cc\n"]
    two = way("stall=2msg", framing="line")
    two.put(b"a\nb", b"\nc", b"c\n")
    assert two.bytes == b"a\nb\n"


def test_a_connection_may_be_spared(way):
    stalled = 0
    for number in range(100):
        one = way("stall,p=0.3", number=number)
        one.put(b"a")
        stalled += not one.pieces
    # 100 draws of 0.3: five standard deviations are 23.
    assert 7 <= stalled <= 53


def test_removed_all_that_it_holds_arrives(way):
    one = way("stall")
    one.put(b"a")
    one.end()
    one.lane.remove(one.lane.stages[0])
    assert one.pieces == [b"a", "end"]


def test_another_time_begins_anew(way):
    one = way("stall=5B")
    one.put(b"abcdefg")
    one.set.fault("stall").change({"after": "10B"})
    one.lane.stages[0].changed()
    assert one.bytes == b"abcdefg"
    one.put(b"0123456789ABC")
    assert one.bytes == b"abcdefg0123456789"


def test_over_it_holds_nothing(way):
    one = way("stall")
    one.put(b"a")
    one.lane.drop()
    assert one.lane.held_bytes == 0
    one.put(b"b")
    one.end()
    assert one.pieces == []
