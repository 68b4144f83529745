"""The faults that hold pieces until each may leave: what they have in common, a queue."""

from __future__ import annotations

from collections import deque

from wiretalk.layer.faults.stage import End, PieceStage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random
    from typing import Any

    from wiretalk.layer.faults.fault import Fault
    from wiretalk.layer.faults.lane import Lane
    from wiretalk.layer.faults.log import Event

EARLY_S = 0.0005
"""Loops count time in milliseconds: who comes half of one too early comes in time, rather than once more."""


class Queued(PieceStage):
    """A stage that holds what passes it in one queue, in order, until each may leave."""

    __slots__ = ("_queue", "_running", "_timer")

    def __init__(self, fault: Fault, lane: Lane, random: Random, script: deque[Event] | None = None) -> None:
        super().__init__(fault, lane, random, script)
        # Piece or end, whether a message ends with it, and what `apply` was given (None: nothing happens to it).
        self._queue: deque[tuple[bytes | End, bool, Any]] = deque()
        self._timer: Any = None
        self._running = False

    def apply(self, data: bytes, last: bool, decision: dict[str, Any]) -> None:
        """See PieceStage."""
        self._push(data, last, self.hold(data, decision))

    def skip(self, data: bytes, last: bool) -> None:
        """See PieceStage: in its turn."""
        if self._queue or self._running:
            self._push(data, last, None)
        else:
            self.next.put(data, last)

    def _push(self, data: bytes, last: bool, what: Any) -> None:  # as in put
        self.held_bytes += len(data)
        self._queue.append((data, last, what))
        if len(self._queue) == 1:
            self._run()

    def end(self, end: End) -> None:
        """See Stage."""
        what = self.hold_end(end)
        if self._queue or self._running or what is not None:
            self._queue.append((end, False, what))
            if len(self._queue) == 1:
                self._run()
        else:
            self.next.end(end)

    def _run(self) -> None:
        """Let go what may leave, and come again when the next may."""
        if self._running:
            return
        self._running = True
        queue = self._queue
        released = False
        try:
            while queue:
                item, last, what = queue[0]
                if what is not None:
                    left_s = self.leaves_at(what) - self.lane.clock.now()
                    if left_s > EARLY_S:
                        self._wait(left_s)
                        break
                if isinstance(item, End):
                    queue.popleft()
                    self.next.end(item)
                    continue
                released = True
                self._let_go(item, last, what)
        finally:
            self._running = False
        if released:
            self.lane.freed()

    def _let_go(self, item: bytes, last: bool, what: Any) -> None:  # as in put
        part, rest, rest_last = self.cut(item, last, what)
        if rest is None:
            self._queue.popleft()
        else:
            self._queue[0] = (rest, rest_last, what)
        self.held_bytes -= len(part)
        self.left(what, len(part))
        self.next.put(part, last and rest is None)

    def _wait(self, left_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.lane.clock.call_later(left_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self._run()

    def release(self) -> None:
        """See Stage."""
        queue, self._queue = self._queue, deque()
        self.drop()
        for item, last, _ in queue:
            if isinstance(item, End):
                self.next.end(item)
            else:
                self.next.put(item, last)
        self.lane.freed()

    def drop(self) -> None:
        """See Stage."""
        self._queue.clear()
        self.held_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def changed(self) -> None:
        """See Stage."""
        super().changed()
        self._run()

    @property
    def moving(self) -> bool:
        """See Stage."""
        return self._timer is not None

    # to be overridden

    def hold(self, data: bytes, decision: dict[str, Any]) -> Any:
        """Return what is to be known of a piece when its turn comes."""
        raise NotImplementedError

    def hold_end(self, end: End) -> Any:  # noqa: ARG002  # for who delays ends
        """Return the same of an end; None: it leaves in its turn."""
        return None

    def leaves_at(self, what: Any) -> float:
        """Return when the first in the queue may leave."""
        raise NotImplementedError

    def cut(self, data: bytes, last: bool, what: Any) -> tuple[bytes, bytes | None, bool]:  # noqa: ARG002
        """Return what of the first leaves now, what is left (None: nothing), and whether a message ends with that."""
        return data, None, last

    def left(self, what: Any, size: int) -> None:
        """So much of the first has left."""
