"""Waiting for a prober's sockets, and for the next thing that is due."""

from __future__ import annotations

from select import poll

from wiretalk.blocking.waiting import milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.probing import Prober


def wait(prober: Prober, seconds: float) -> list[int]:
    """Return the file descriptors of a prober that have something, when one has or the time is over."""
    waiting = poll()
    for fd, what in prober.watched():
        waiting.register(fd, what)
    return [fd for fd, _ in waiting.poll(milliseconds(max(0.0, seconds)))]


def earliest(*times_s: float | None) -> float | None:
    """Return the first of some times; None where there is none."""
    return min((one for one in times_s if one is not None), default=None)
