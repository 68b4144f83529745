"""`bandwidth`: a narrow link."""

from __future__ import annotations

import pytest


def test_bytes_arrive_at_the_rate(way):
    one = way("bandwidth=100kB")
    one.put(bytes(50_000))
    one.wait(0.25)
    assert len(one.bytes) == pytest.approx(25_000, abs=1000)
    one.wait(0.2501)
    assert len(one.bytes) == 50_000
    assert max(len(piece) for piece in one.pieces) == 1000


def test_what_was_late_is_made_up_for(way):
    one = way("bandwidth=1000")
    for _ in range(10):
        one.put(bytes(100))
    one.wait(0.5001)
    assert len(one.bytes) == 500
    # Nobody looked for a while.
    one.clock.time += 0.3
    one.wait(0.01)
    assert len(one.bytes) == 810


def test_idle_time_is_not_saved_up(way):
    one = way("bandwidth=1000")
    one.put(bytes(100))
    one.wait(60)
    one.took()
    one.put(bytes(1000))
    one.wait(0.5)
    assert len(one.bytes) == 500


def test_a_message_arrives_whole_when_its_last_byte_does(way):
    one = way("bandwidth=1000", whole=True)
    one.put(bytes(100), bytes(300))
    one.wait(1)
    assert [(at, len(piece)) for at, piece in one.arrived] == [(0.1, 100), (0.4, 300)]


def test_bytes_before_the_link_wait(way):
    one = way("bandwidth=1000")
    one.put(bytes(5000))
    assert one.lane.waiting_bytes == 5000
    one.wait(1.0001)
    assert one.lane.waiting_bytes == 4000


def test_the_end_waits_its_turn(way):
    one = way("bandwidth=1000", whole=True)
    one.put(bytes(100))
    one.end()
    one.wait(1)
    assert one.arrived == [(0.1, bytes(100)), (0.1, "end")]


def test_another_rate_is_for_what_waits(way):
    one = way("bandwidth=1000")
    one.put(bytes(10_000))
    one.wait(1)
    one.set.fault("bandwidth").change({"rate": 100_000})
    one.lane.stages[0].changed()
    one.wait(0.1)
    assert len(one.bytes) == 10_000


def test_who_is_not_held_up_still_waits_its_turn(way):
    one = way("bandwidth=1000,p=0.5", whole=True)
    for number in range(20):
        one.put(bytes([number]) * 10)
    one.wait(1)
    assert [piece[0] for piece in one.pieces] == list(range(20))
    assert 0 < len(one.records) < 20
    assert one.arrived[-1][0] == pytest.approx(len(one.records) * 0.01, abs=0.001)


@pytest.mark.parametrize("faults", [("latency=50ms", "bandwidth=100Mbit"), ("bandwidth=100Mbit", "latency=50ms")])
def test_a_long_way_is_wide_all_the_same(way, faults):
    one = way(*faults)
    held = 0
    # A sender that is read whenever less waits than may, and then says more than fits on the way.
    for _ in range(2000):
        one.wait(0.001)
        while one.lane.waiting_bytes <= 128 * 1024:
            one.put(bytes(64 * 1024))
        held = max(held, one.lane.held_bytes)
    assert len(one.bytes) == pytest.approx((2 - 0.05) * 12.5e6, rel=0.01)
    # What fits on the way, and what may wait.
    assert held < 0.05 * 12.5e6 + 256 * 1024
