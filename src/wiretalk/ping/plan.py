"""What is asked, how often and for how long: checked against the limits before anything is sent."""

from __future__ import annotations

from wiretalk.errors import UsageError
from wiretalk.limits import (
    PING_HOPS,
    PING_INTERVAL_S,
    PING_LEAST_INTERVAL_S,
    PING_OPEN,
    PING_PROBES_A_HOP,
    PING_REMEMBERED,
    PING_TIMEOUT_S,
    PING_TRACE_PAUSE_S,
)
from wiretalk.units import format_duration


class Plan:
    """One host, asked again and again.

    Args:
        interval_s: between two probes.
        count: how many probes; None: until stopped.
        timeout_s: a probe unanswered for so long is lost.
        deadline_s: all of it; None: no end.
        most_awaited: probes that may be awaited at once.

    Raises:
        UsageError: probes would come faster than the limit, or more would be awaited than may be.
    """

    __slots__ = ("count", "deadline_s", "interval_s", "timeout_s")

    def __init__(
        self,
        *,
        interval_s: float = PING_INTERVAL_S,
        count: int | None = None,
        timeout_s: float = PING_TIMEOUT_S,
        deadline_s: float | None = None,
        most_awaited: int = PING_REMEMBERED,
    ) -> None:
        if interval_s < PING_LEAST_INTERVAL_S:
            raise UsageError(
                "",
                reason=f"an interval of {format_duration(interval_s)} would flood the network",
                hint=f"the least is {format_duration(PING_LEAST_INTERVAL_S)}",
            )
        awaited = timeout_s / interval_s
        if count is not None:
            awaited = min(awaited, count)
        if awaited > most_awaited:
            raise UsageError(
                "",
                reason=f"{awaited:.0f} probes could be awaited at once, and {most_awaited} may be",
                hint="make the timeout shorter or the interval longer",
            )
        self.interval_s = interval_s
        self.count = count
        self.timeout_s = timeout_s
        self.deadline_s = deadline_s


def most_awaited(scheme: str) -> int:
    """Return how many probes of a scheme may be awaited at once: with TCP each is an open socket."""
    return PING_OPEN if scheme.startswith("tcp") else PING_REMEMBERED


class TracePlan:
    """The way to one host.

    Args:
        hops: how far it is followed.
        probes: how many are sent to each hop.
        pause_s: between two probes.
        timeout_s: a probe unanswered for so long is lost.
        deadline_s: all of it; None: no end.

    Raises:
        UsageError: there would be too many of them, or they would come too fast.
    """

    __slots__ = ("deadline_s", "hops", "pause_s", "probes", "timeout_s")

    def __init__(
        self,
        *,
        hops: int = PING_HOPS,
        probes: int = PING_PROBES_A_HOP,
        pause_s: float = PING_TRACE_PAUSE_S,
        timeout_s: float = PING_TIMEOUT_S,
        deadline_s: float | None = None,
    ) -> None:
        if hops > 255:
            raise UsageError("", reason=f"{hops} hops are more than a packet can go", hint="the most is 255")
        if hops * probes > PING_REMEMBERED:
            raise UsageError(
                "", reason=f"{probes} probes a hop are too many", hint=f"{PING_REMEMBERED // hops} would do"
            )
        if pause_s < PING_LEAST_INTERVAL_S:
            raise UsageError(
                "",
                reason=f"an interval of {format_duration(pause_s)} would flood the network",
                hint=f"the least is {format_duration(PING_LEAST_INTERVAL_S)}",
            )
        self.hops = hops
        self.probes = probes
        self.pause_s = pause_s
        self.timeout_s = timeout_s
        self.deadline_s = deadline_s
