"""Waiting for a prober's sockets, and for the next thing that is due."""

from __future__ import annotations

from select import POLLIN, poll

from wiretalk.blocking.waiting import Bell, milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.probing import Prober


class Stop:
    """Says that it is to be over, from any thread or signal handler, and wakes who waits.

    An exception in place of it could come between sending a probe and noting it.

    Attributes:
        said: whether it has been said.
    """

    __slots__ = ("_bell", "said")

    def __init__(self) -> None:
        self.said = False
        self._bell = Bell()

    def say(self) -> None:
        """Say it."""
        self.said = True
        self._bell.ring()

    def fileno(self) -> int:
        """Return what can be read from as soon as it has been said."""
        return self._bell.fileno()


def wait(prober: Prober, seconds: float, stop: Stop | None = None) -> list[int]:
    """Return the file descriptors of a prober that have something, when one has or the time is over, or to stop."""
    waiting = poll()
    for fd, what in prober.watched():
        waiting.register(fd, what)
    bell = -1
    if stop is not None:
        bell = stop.fileno()
        waiting.register(bell, POLLIN)
    return [fd for fd, _ in waiting.poll(milliseconds(max(0.0, seconds))) if fd != bell]


def earliest(*times_s: float | None) -> float | None:
    """Return the first of some times; None where there is none."""
    return min((one for one in times_s if one is not None), default=None)
