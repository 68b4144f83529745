"""When probes are due."""

import pytest

from wiretalk.ping.schedule import Schedule


def test_each_is_due_at_its_own_time():
    schedule = Schedule(100.0, 1.0)
    assert schedule.take(100.0)
    assert not schedule.take(100.9)
    # It was late, and the next one is not for that.
    assert schedule.take(101.7)
    assert schedule.due_s == 102.0


def test_so_many():
    schedule = Schedule(0.0, 0.5, 2)
    assert [schedule.take(0.0), schedule.take(0.0), schedule.take(0.5)] == [True, False, True]
    assert schedule.due_s is None
    assert not schedule.take(99.0)


def test_none():
    schedule = Schedule(0.0, 1.0, 0)
    assert schedule.due_s is None
    assert not schedule.take(1.0)


def test_those_missed_in_a_pause_are_left_out():
    schedule = Schedule(0.0, 1.0, 3)
    assert schedule.take(0.0)
    assert schedule.take(60.25)
    assert schedule.due_s == 61.0
    assert not schedule.take(60.5)
    assert schedule.take(61.0)
    assert schedule.due_s is None


def test_no_drift_in_many():
    schedule = Schedule(0.0, 0.25)
    now = 0.0
    for _ in range(10_000):
        assert schedule.take(now + 0.1)
        now = schedule.due_s
    assert now == pytest.approx(2500.0)
