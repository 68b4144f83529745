"""`latency`: a queue in time."""

from __future__ import annotations

import statistics

import pytest

from wiretalk.limits import FAULT_FLIGHT_BYTES


def test_each_piece_arrives_later_by_itself(way):
    one = way("latency=50ms")
    one.put(b"a", b"b", b"c", every=0.01)
    one.wait(1)
    assert one.arrived == [(0.05, b"a"), (0.06, b"b"), (0.07, b"c")]


def test_the_end_arrives_behind_what_was_sent(way):
    one = way("latency=50ms")
    one.put(b"a")
    one.end()
    one.wait(0.049)
    assert one.arrived == []
    one.wait(0.001)
    assert one.arrived == [(0.05, b"a"), (0.05, "end")]


def test_an_end_alone_is_late_too(way):
    one = way("latency=50ms")
    one.end("close")
    one.wait(1)
    assert one.arrived == [(0.05, "close")]


def test_none_overtakes_another(way):
    one = way("latency=20ms,jitter=20ms")
    for number in range(200):
        one.put(bytes([number]), every=0.001)
    one.wait(1)
    assert one.bytes == bytes(range(200))


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation"),
    [("uniform", 0.1, 0.02 / 3**0.5), ("normal", 0.1, 0.02), ("exponential", 0.12, 0.02), ("pareto", 0.11, 0.0173)],
)
def test_the_delays_are_distributed_as_told(way, distribution, mean, deviation):
    one = way(f"latency=100ms,jitter=20ms,distribution={distribution}")
    for _ in range(2000):
        one.put(b"x", every=1)
    delays = [record["parameters"]["delay"] for record in one.records]
    # Five standard errors of 2,000 draws; the tail of pareto needs more room for its deviation.
    assert statistics.mean(delays) == pytest.approx(mean, abs=5 * deviation / 2000**0.5)
    assert statistics.stdev(delays) == pytest.approx(deviation, rel=0.5 if distribution == "pareto" else 0.1)
    assert [at % 1 for at, _ in one.arrived] == pytest.approx(delays, abs=2e-6)


def test_no_delay_is_below_nothing(way):
    one = way("latency=1ms,jitter=100ms,distribution=normal")
    one.put(*[b"x"] * 100)
    assert min(record["parameters"]["delay"] for record in one.records) == 0


def test_only_some_pieces_are_late_and_the_others_wait_behind_them(way):
    one = way("latency=50ms,p=0.5")
    one.put(*[bytes([number]) for number in range(100)])
    one.wait(1)
    assert one.bytes == bytes(range(100))
    assert 20 < len(one.records) < 80
    assert one.arrived[0][0] in {0, 0.05}


def test_what_is_on_its_way_does_not_wait_until_it_is_too_much(way):
    one = way("latency=1s")
    one.put(bytes(FAULT_FLIGHT_BYTES))
    assert (one.lane.waiting_bytes, one.lane.held_bytes) == (0, FAULT_FLIGHT_BYTES)
    one.put(bytes(100))
    assert one.lane.waiting_bytes == 100
    one.wait(1)
    assert (one.lane.waiting_bytes, one.lane.held_bytes) == (0, 0)
    assert one.freed


def test_another_delay_is_for_what_comes_then(way):
    one = way("latency=50ms")
    one.put(b"a")
    one.set.fault("latency").change({"delay": "10ms"})
    one.put(b"b")
    one.wait(0.02)
    one.put(b"c")
    one.wait(1)
    assert one.arrived == [(0.05, b"a"), (0.05, b"b"), (0.05, b"c")]


def test_removed_all_that_it_holds_arrives_at_once(way):
    one = way("latency=50ms")
    one.put(b"a", b"b")
    one.end()
    one.wait(0.01)
    one.lane.remove(one.lane.stages[0])
    assert one.arrived == [(0.01, b"a"), (0.01, b"b"), (0.01, "end")]
    assert one.clock.waiting == 0
