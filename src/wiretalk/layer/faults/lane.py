"""`Lane`: one direction of one connection, a row of stages and an outlet. Sans-IO: the clock is handed in."""

from __future__ import annotations

from collections import deque

from wiretalk.layer.faults.stage import End
from wiretalk.limits import FAULT_FLIGHT_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from wiretalk.layer.faults.cutting import Cutter
    from wiretalk.layer.faults.stage import Next, Stage

    class Clock(Protocol):
        """The time in seconds, and calls to come."""

        def now(self) -> float: ...
        def call_later(self, delay_s: float, call: Callable[[], None], /) -> Any: ...


class Outlet:
    """What stands behind the last stage: gives all to the receiver, or holds it while the receiver takes no more.

    Args:
        deliver: called with each piece.
        finish: called with each end.
        freed: called when it holds less.
    """

    __slots__ = (
        "_deliver",
        "_finish",
        "_freed",
        "_queue",
        "_running",
        "held_bytes",
        "number",
        "offset",
        "open",
        "over",
    )

    def __init__(
        self, deliver: Callable[[bytes], None], finish: Callable[[End], None], freed: Callable[[], None]
    ) -> None:
        self._deliver = deliver
        self._finish = finish
        self._freed = freed
        self._queue: deque[bytes | End] = deque()
        self._running = False
        self.held_bytes = 0
        self.offset = 0
        self.number = 0
        self.open = True
        self.over = False

    def put(self, data: bytes, last: bool) -> None:  # as a stage's
        """Take a piece."""
        if self.over:
            return
        self.offset += len(data)
        self.number += last
        if self.open and not self._queue:
            self._deliver(data)
        else:
            self._queue.append(data)
            self.held_bytes += len(data)

    def end(self, end: End) -> None:
        """Take an end."""
        if self.over:
            return
        if self.open and not self._queue:
            self._finish(end)
        else:
            self._queue.append(end)

    def resume(self) -> None:
        """The receiver takes again."""
        self.open = True
        if self._running:
            return
        self._running = True
        queue = self._queue
        try:
            while queue and self.open:
                item = queue.popleft()
                if isinstance(item, End):
                    self._finish(item)
                else:
                    self.held_bytes -= len(item)
                    self._deliver(item)
        finally:
            self._running = False
        self._freed()

    def drop(self) -> None:
        """Hold nothing any more, and take nothing."""
        self.over = True
        self._queue.clear()
        self.held_bytes = 0


class Lane:
    """One direction of one connection.

    Args:
        direction: "up" or "down".
        clock: the time.
        deliver: called with each piece that arrives.
        finish: called with each end that arrives.
        freed: called when less is held than before.
        log: called with a stage, its decision and the number of bytes, when a fault is applied.
        whole: whether each piece is a whole message, never to be split.
        cutter: cuts what comes into messages; None: pieces are passed as they come.

    Attributes:
        stages: the faults, in their order.
        outlet: what stands behind them.
    """

    __slots__ = ("_cutter", "_freed", "_log", "clock", "direction", "offset", "outlet", "over", "stages", "whole")

    def __init__(
        self,
        direction: str,
        clock: Clock,
        deliver: Callable[[bytes], None],
        finish: Callable[[End], None],
        *,
        freed: Callable[[], None],
        log: Callable[[Stage, dict[str, Any], int], None],
        whole: bool = False,
        cutter: Cutter | None = None,
    ) -> None:
        self.direction = direction
        self.clock = clock
        self.whole = whole
        self.offset = 0
        self.stages: list[Stage] = []
        self.over = False
        self._cutter = cutter
        self._freed = freed
        self._log = log
        self.outlet = Outlet(deliver, finish, self.freed)

    @property
    def first(self) -> Next:
        """Who takes what comes."""
        return self.stages[0] if self.stages else self.outlet

    def put(self, data: bytes) -> None:
        """Take a piece from the sender."""
        self.offset += len(data)
        pieces = ((data, True),) if self._cutter is None else self._cutter.feed(data)
        for piece, last in pieces:
            if self.over:
                return
            self.first.put(piece, last)

    def end(self, end: End) -> None:
        """Take an end from the sender."""
        if self.over:
            return
        if self._cutter is not None:
            rest = self._cutter.finish()
            if rest:
                self.first.put(rest, True)  # noqa: FBT003  # as a stage's
        if not self.over:
            self.first.end(end)

    def log(self, stage: Stage, decision: dict[str, Any], length: int) -> None:
        """Tell that a fault is applied."""
        self._log(stage, decision, length)

    # what is held

    @property
    def waiting_bytes(self) -> int:
        """Bytes that wait: in front of something slow, or for the receiver; and what is more on its way than may be.

        A slow link at one end of a long way is to be kept busy, so what fits on the way does not count; and what has
        arrived in front of the link was on its way as long as the sender knew.
        """
        waiting = self.outlet.held_bytes + (self._cutter.held_bytes if self._cutter is not None else 0)
        flight = 0
        delay_s = 0.0
        rate = 0.0
        for stage in self.stages:
            if stage.in_flight:
                flight += stage.held_bytes
                delay_s += stage.delay_s
            else:
                waiting += stage.held_bytes
                if stage.rate:
                    rate = min(rate or stage.rate, stage.rate)
        if rate:
            return max(0, waiting + flight - min(int(rate * delay_s), FAULT_FLIGHT_BYTES))
        return waiting + max(0, flight - FAULT_FLIGHT_BYTES)

    @property
    def held_bytes(self) -> int:
        """All bytes held."""
        rest = self._cutter.held_bytes if self._cutter is not None else 0
        return rest + self.outlet.held_bytes + sum(stage.held_bytes for stage in self.stages)

    @property
    def moving(self) -> bool:
        """Whether something is held that will pass by itself."""
        return any(stage.moving for stage in self.stages)

    def freed(self) -> None:
        """Less is held than before."""
        if not self.over:
            self._freed()

    # stages

    def insert(self, index: int, stage: Stage) -> None:
        """Put a stage before the one that stands at an index now."""
        self.stages.insert(index, stage)
        after: Next = self.stages[index + 1] if index + 1 < len(self.stages) else self.outlet
        stage.next = after
        # What it counts began with the connection.
        stage.offset, stage.number = after.offset, after.number
        if index:
            self.stages[index - 1].next = stage

    def remove(self, stage: Stage) -> None:
        """Take a stage out; what it holds passes at once."""
        index = self.stages.index(stage)
        if index:
            self.stages[index - 1].next = stage.next
        del self.stages[index]
        stage.release()

    def drop(self) -> None:
        """It is over: nothing is taken, held or passed on any more."""
        self.over = True
        self.outlet.drop()
        for stage in self.stages:
            stage.drop()
