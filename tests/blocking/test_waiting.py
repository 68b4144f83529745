"""Deadlines, and a bell that wakes who waits."""

from __future__ import annotations

import os
import threading

import pytest

from wiretalk.blocking import waiting
from wiretalk.blocking.waiting import NEVER, Bell, Deadline, milliseconds


def test_a_deadline_counts_down_and_stays_at_nothing():
    assert NEVER.left_s() is None
    assert NEVER.for_lock_s() == -1
    assert 9 < Deadline(10).left_s() <= 10
    assert 9 < Deadline(10).for_lock_s() <= 10
    assert Deadline(0).left_s() == 0
    assert Deadline(-5).left_s() == 0


def test_the_earlier_of_two_deadlines_counts():
    ten = Deadline(10)
    assert ten.within(None) is ten
    assert ten.within(20) is ten
    assert ten.within(1).seconds == 1
    assert NEVER.within(None) is NEVER
    assert NEVER.within(3).seconds == 3


def test_poll_is_given_milliseconds_that_end_no_earlier_than_the_deadline():
    assert milliseconds(None) is None
    assert milliseconds(0) == 0
    assert milliseconds(0.0001) == 1
    assert milliseconds(1.2345) == 1235
    assert milliseconds(1e12) == 86_400_000


@pytest.fixture(params=["eventfd", "pipe"])
def bell(request, monkeypatch):
    if request.param == "pipe":
        monkeypatch.delattr(os, "eventfd", raising=False)
    elif not hasattr(os, "eventfd"):
        pytest.skip("this system has no eventfd")
    bell = Bell()
    yield bell
    bell.close()


def test_a_bell_rings_until_it_is_cleared(bell):
    assert not bell.wait(0)
    bell.clear()
    bell.ring()
    bell.ring()
    assert bell.wait(0)
    assert bell.wait(None)
    bell.clear()
    assert not bell.wait(0.001)


def test_a_bell_wakes_a_thread_that_waits(bell):
    heard = []
    waiter = threading.Thread(target=lambda: heard.append(bell.wait(30)))
    waiter.start()
    bell.ring()
    waiter.join(30)
    assert heard == [True]


def test_a_bell_that_is_rung_all_the_time_still_rings(bell):
    os.set_blocking(bell._out, False)
    try:
        while True:
            os.write(bell._out, b"\xfe" + b"\xff" * 7)
    except BlockingIOError:
        pass
    bell.ring()
    assert bell.wait(0)


def test_a_bell_gives_its_descriptors_back_once(bell):
    fd = bell.fileno()
    bell.close()
    bell.close()
    assert bell.fileno() == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_the_longest_poll_fits_a_c_int():
    assert waiting.LONGEST_POLL_S * 1000 < 2**31
