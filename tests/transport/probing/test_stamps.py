"""Times of probes: the system's own where it can be right, ours where the clock of the day was set meanwhile."""

import time

import pytest

from wiretalk.limits import PING_REMEMBERED
from wiretalk.transport.probing import stamps
from wiretalk.transport.probing.stamps import Stamps


@pytest.fixture
def clock(monkeypatch):
    """Two clocks that are set by hand: of the day, and one that never goes back."""

    class Clock:
        day = 1_000_000_000_000
        ours = 5_000

        def time_ns(self):
            return self.day

        def perf_counter_ns(self):
            return self.ours

    made = Clock()
    monkeypatch.setattr(stamps, "time", made)
    return made


def test_the_systems_stamp_counts(clock):
    sent = Stamps()
    sent.sent(1)
    clock.ours += 3_000_000
    assert sent.rtt_s(1, clock.day + 2_000_000) == pytest.approx(0.002)


def test_without_a_stamp_it_is_until_now(clock):
    sent = Stamps()
    sent.sent(1)
    clock.ours += 3_000_000
    assert sent.rtt_s(1) == pytest.approx(0.003)


@pytest.mark.parametrize("set_by_ns", [-1_000_000_000, 1_000_000_000])
def test_a_clock_that_was_set_meanwhile_does_not_count(clock, set_by_ns):
    sent = Stamps()
    sent.sent(1)
    clock.ours += 3_000_000
    assert sent.rtt_s(1, clock.day + 2_000_000 + set_by_ns) == pytest.approx(0.003)


def test_what_was_never_sent_or_is_long_ago_has_no_time():
    sent = Stamps()
    for sequence in range(1, PING_REMEMBERED + 3):
        sent.sent(sequence)
    assert sent.rtt_s(2) is None
    assert sent.rtt_s(3) is not None
    assert sent.rtt_s(-5) is None
    assert len(sent._sent) == PING_REMEMBERED


def test_numbers_of_16_bits_become_whole_again():
    sent = Stamps()
    sent.sent(0x1_0003)
    assert sent.whole(3) == 0x1_0003
    assert sent.whole(0xFFFF) == 0xFFFF
    assert sent.whole(4) == 4


def test_the_real_clocks_agree():
    sent = Stamps()
    sent.sent(1)
    assert 0 <= sent.rtt_s(1, time.time_ns()) < 60
