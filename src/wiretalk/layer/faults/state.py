"""The faults that happen to a connection, and not to its pieces: what they have in common."""

from __future__ import annotations

from wiretalk.layer.faults.stage import Stage
from wiretalk.layer.faults.window import ON, OVER, Window, measure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from random import Random
    from typing import Any

    from wiretalk.layer.faults.fault import Fault
    from wiretalk.layer.faults.lane import Lane
    from wiretalk.layer.faults.log import Event
    from wiretalk.layer.faults.stage import End


class StateStage(Stage):
    """A fault that happens to a connection: it begins once, may last, and may be over again."""

    once = True

    replayed_by_time = True
    """Whether a replay has it last as long as it did then, rather than up to the same byte."""

    __slots__ = ("_on", "_timer")

    def __init__(self, fault: Fault, lane: Lane, random: Random, script: deque[Event] | None = None) -> None:
        super().__init__(fault, lane, random, script)
        self.chosen = self.chosen and (script is not None or self._chance(fault.p))
        self._on = False
        self._timer: Any = None

    def start(self) -> None:
        """See Stage."""
        if self.chosen:
            self._look()

    def _look(self) -> None:
        """Begin, or end, where it is time to."""
        if self.script is not None:
            self._look_into_script()
        else:
            self._follow()

    def _follow(self) -> None:
        now = self.lane.clock.now()
        state = self._window.look(now)
        if state == ON and not self._on:
            self._begin(self.describe())
        elif state == OVER and self._on:
            self._cease()
        left_s = self._window.left_s(self.lane.clock.now())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if left_s is not None and self._window.state != OVER:
            self._timer = self.lane.clock.call_later(left_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._look()

    def _look_into_script(self) -> None:
        script = self.script
        while script and (script[0].message <= self.number if self.lane.whole else script[0].offset <= self.offset):
            event = script.popleft()
            if event.decision.get("over"):
                if self._on and not self.replayed_by_time:
                    self._cease()
                continue
            lasts = event.decision.get("for") if self.replayed_by_time else None
            self._window = Window(None, measure(lasts) if lasts else None, self.lane.clock.now())
            self._on = False
            self._window.look(self.lane.clock.now())
            self._begin(event.decision)
        if self._on:
            self._follow()

    def _span(self, size: int) -> int:
        if self.script is not None:
            size = super()._span(size)
        if self.script is None or self._on:
            self._window.look(self.lane.clock.now())
            size = self._window.span(size)
        return size

    def _begin(self, decision: dict[str, Any]) -> None:
        self._on = True
        self.log(decision, 0)
        self.begin()

    def _cease(self) -> None:
        self._on = False
        self.log({"over": True}, 0)
        self.finish()

    def _part(self, data: bytes, last: bool) -> None:
        self._look()
        on = self._on
        self._count(len(data), last)
        self._window.passed(len(data), last)
        if on:
            self.during(data, last)
        else:
            self.skip(data, last)
        self._look()

    def end(self, end: End) -> None:
        """See Stage."""
        if self._on and end.kind != "lost":
            self.end_during(end)
        else:
            self.next.end(end)

    def drop(self) -> None:
        """See Stage."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def release(self) -> None:
        """See Stage."""
        self.drop()
        self._on = False

    def changed(self) -> None:
        """See Stage."""
        before = self._window
        super().changed()
        if self._on and self._window is not before:
            self._on = False
            self.finish()
        if self.chosen and self.script is None:
            self._look()

    def describe(self) -> dict[str, Any]:
        """Return what the log tells of its beginning."""
        lasts = self.fault.lasts
        return {} if lasts is None else {"for": str(lasts)}

    def begin(self) -> None:
        """It begins."""

    def during(self, data: bytes, last: bool) -> None:  # as in put; dropped unless overridden
        """Take a piece while it is on; by itself it is dropped."""

    def end_during(self, end: End) -> None:
        """Take an end while it is on; by itself it is dropped, unless it is told that all is over."""

    def finish(self) -> None:
        """Its time is over."""

    def skip(self, data: bytes, last: bool) -> None:  # as in put
        """Pass a piece on while it is not on."""
        self.next.put(data, last)
