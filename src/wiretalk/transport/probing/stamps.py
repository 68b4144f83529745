"""When probes were sent, and how long ago that was when an answer came."""

from __future__ import annotations

import time

from wiretalk.limits import PING_REMEMBERED

NS = 1e-9


class Stamps:
    """The times of probes that may still be answered, by sequence number.

    The system stamps what comes by the clock of the day, which may be set meanwhile; ours never goes back. So the
    system's time counts as long as it can be right: not negative, and not longer than what we have waited.
    """

    __slots__ = ("_sent", "latest")

    def __init__(self) -> None:
        self._sent: dict[int, tuple[int, int]] = {}
        self.latest = 0

    def sent(self, sequence: int) -> None:
        """Note that a probe is sent now."""
        self._sent.pop(sequence - PING_REMEMBERED, None)
        self.latest = sequence
        self._sent[sequence] = (time.time_ns(), time.perf_counter_ns())

    def rtt_s(self, sequence: int, arrived_ns: int | None = None) -> float | None:
        """Return how long a probe took; None where it is not remembered.

        Args:
            sequence: its number.
            arrived_ns: when its answer came, by the system's clock of the day; None: now.
        """
        stamp = self._sent.get(sequence)
        if stamp is None:
            return None
        at_most = time.perf_counter_ns() - stamp[1]
        told = at_most if arrived_ns is None else arrived_ns - stamp[0]
        return (told if 0 <= told <= at_most else at_most) * NS

    def whole(self, number: int) -> int:
        """Return the latest sequence number that ends in these 16 bits."""
        return self.latest - ((self.latest - number) & 0xFFFF)
