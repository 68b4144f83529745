"""Plans that would flood, or hold too much, are refused before anything is sent."""

import pytest

from wiretalk import ping
from wiretalk.errors import UsageError
from wiretalk.limits import PING_OPEN, PING_REMEMBERED
from wiretalk.ping import Plan, TracePlan
from wiretalk.ping.plan import most_awaited


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"interval_s": 0.0019}, "would flood the network; the least is 2ms"),
        ({"interval_s": 0.002, "timeout_s": 100.0}, "50000 probes could be awaited at once, and 32768 may be"),
        ({"interval_s": 0.002, "most_awaited": 512}, "2000 probes could be awaited at once, and 512 may be"),
    ],
)
def test_too_much(settings, words):
    with pytest.raises(UsageError, match=words):
        Plan(**settings)


def test_few_may_be_awaited_long():
    assert Plan(interval_s=0.002, timeout_s=3600.0, count=512, most_awaited=512).count == 512


def test_how_many_may_be_awaited():
    assert (most_awaited("tcp6"), most_awaited("icmp"), most_awaited("udp")) == (
        PING_OPEN,
        PING_REMEMBERED,
        PING_REMEMBERED,
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hops": 256}, "256 hops are more than a packet can go"),
        ({"hops": 30, "probes": 2000}, "2000 probes a hop are too many; 1092 would do"),
        ({"pause_s": 0.001}, "would flood the network"),
    ],
)
def test_a_way_that_takes_too_much(settings, words):
    with pytest.raises(UsageError, match=words):
        TracePlan(**settings)


def test_the_door():
    assert all(getattr(ping, name) for name in ping.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ping.nothing
