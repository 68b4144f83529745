"""Waiting, and being called off: deadlines by the clock that never goes back, and a bell that any thread may ring.

Who waits for what is decided elsewhere; nothing here knows a connection.
"""

from __future__ import annotations

import os
import select
import time

LONGEST_POLL_S = 86_400.0
"""One poll is given no more than a day: its milliseconds must fit a C int. Longer waits poll again."""

SIGNAL_LOOK_S = 0.5
"""Waiting for ever: how often to look whether a signal came just before the wait began, which nothing tells."""

READABLE = select.POLLIN
WRITABLE = select.POLLOUT


class Deadline:
    """A point in time until which somebody is ready to wait.

    Args:
        seconds: from now on; None: for ever.
    """

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._at = None if seconds is None else time.monotonic() + seconds

    def left_s(self) -> float | None:
        """Return the seconds left, 0 when it has passed, None when there is no end."""
        return None if self._at is None else max(0.0, self._at - time.monotonic())

    def for_lock_s(self) -> float:
        """Return the seconds left as locks take them: -1 for no end."""
        left_s = self.left_s()
        return -1 if left_s is None else min(left_s, LONGEST_POLL_S)

    def within(self, seconds: float | None) -> Deadline:
        """Return the earlier one: this, or `seconds` from now."""
        left_s = self.left_s()
        if seconds is None or (left_s is not None and left_s <= seconds):
            return self
        return Deadline(seconds)


NEVER = Deadline(None)


def milliseconds(left_s: float | None) -> int | None:
    """Return seconds as poll takes them, rounded up: a poll that returns early would make its caller spin."""
    return None if left_s is None else int(-(-min(left_s, LONGEST_POLL_S) * 1000 // 1))


class Bell:
    """Wakes threads that poll for it, from any thread or signal handler. It rings until it is cleared.

    Raises:
        OSError: out of file descriptors.
    """

    __slots__ = ("_in", "_out")

    def __init__(self) -> None:
        self._in = self._out = -1
        if hasattr(os, "eventfd"):
            self._in = self._out = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        else:
            self._in, self._out = os.pipe()
            os.set_blocking(self._in, False)
            os.set_blocking(self._out, False)

    def fileno(self) -> int:
        """Return the file descriptor that is readable while it rings, -1 once closed."""
        return self._in

    def ring(self) -> None:
        """Ring. No lock is taken and nothing waits, so a signal handler may."""
        try:
            os.write(self._out, b"\1\0\0\0\0\0\0\0")
        except BlockingIOError:
            # It has been rung so often that no more fits: it rings.
            pass

    def clear(self) -> None:
        """Be silent until the next ring."""
        try:
            os.read(self._in, 4096)
        except BlockingIOError:
            # It was not ringing.
            pass

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until it rings; return whether it does."""
        poll = select.poll()
        poll.register(self._in, READABLE)
        deadline = Deadline(timeout_s)
        while not (rung := bool(poll.poll(milliseconds(deadline.left_s())))):
            if deadline.left_s() == 0:
                break
        return rung

    def close(self) -> None:
        """Give the file descriptors back. Only when nobody waits any more; a second call does nothing."""
        ends = {self._in, self._out} - {-1}
        self._in = self._out = -1
        for end in ends:
            os.close(end)

    def __del__(self) -> None:
        self.close()
