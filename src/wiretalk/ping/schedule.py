"""When the next probe is due, by a clock that is given: never later because the answer before it was."""

from __future__ import annotations


class Schedule:
    """Times at a fixed distance from the first.

    Args:
        start_s: when the first is due.
        interval_s: between two.
        count: how many there are; None: no end.
    """

    __slots__ = ("_interval_s", "_left", "due_s")

    def __init__(self, start_s: float, interval_s: float, count: int | None = None) -> None:
        self._interval_s = interval_s
        self._left = count
        self.due_s: float | None = start_s if count != 0 else None

    def take(self, now_s: float) -> bool:
        """Return whether one is due, and go on to the next.

        After a pause (the machine slept, the process was stopped) those that were missed are left out: many at once
        would tell nothing.
        """
        if self.due_s is None or now_s < self.due_s:
            return False
        if self._left is not None:
            self._left -= 1
        if self._left == 0:
            self.due_s = None
        else:
            missed = int((now_s - self.due_s) / self._interval_s)
            self.due_s += self._interval_s * (missed + 1)
        return True
