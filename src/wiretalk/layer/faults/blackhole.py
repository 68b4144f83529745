"""`blackhole`: all that is sent is lost; nothing is closed, and nobody is told.

Ends are not told either, as long as it lasts: a system tells its end again and again, so it arrives when it is over.
"""

from __future__ import annotations

from wiretalk.layer.faults.stage import End
from wiretalk.layer.faults.state import StateStage
from wiretalk.layer.faults.values import TIME, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Blackhole(StateStage):
    """Lose all that comes, for as long as it is on, and hold the ends back."""

    main = "after"
    own = (Parameter("close", TIME, None, "close the connection when it has lasted so long", optional=True),)

    replayed_by_time = False

    __slots__ = ("_closer", "_ends")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._closer: Any = None
        self._ends: list[End] = []

    def begin(self) -> None:
        """See StateStage."""
        close_s = self.fault.values.get("close")
        if close_s is not None:
            self._closer = self.lane.clock.call_later(close_s, self._close)

    def changed(self) -> None:
        """See Stage: the time until it closes begins anew."""
        super().changed()
        if self._on:
            self._cancel()
            self.begin()

    def _close(self) -> None:
        self._closer = None
        self.next.end(End("close"))

    def end(self, end: End) -> None:
        """See Stage."""
        if self._on:
            self._ends.append(end)
        else:
            self.next.end(end)

    def finish(self) -> None:
        """See StateStage."""
        self._cancel()
        ends, self._ends = self._ends, []
        for end in ends:
            self.next.end(end)

    def release(self) -> None:
        """See Stage."""
        super().release()
        self.finish()

    def drop(self) -> None:
        """See Stage."""
        super().drop()
        self._cancel()

    def _cancel(self) -> None:
        if self._closer is not None:
            self._closer.cancel()
            self._closer = None
