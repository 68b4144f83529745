"""`reorder`: pieces arrive after those that were sent behind them."""

from __future__ import annotations

from wiretalk.layer.faults.stage import PieceStage
from wiretalk.layer.faults.values import TIME, N, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.layer.faults.stage import End


class Reorder(PieceStage):
    """Hold a piece back, with the probability `p`, until `gap` others have passed it, or for `wait`, or to the end."""

    main = "p"
    own = (
        Parameter("gap", N, 1, "how many pieces pass it"),
        Parameter("wait", TIME, 0.1, "how long it waits for them at most"),
    )
    in_flight = True

    __slots__ = ("_late",)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._late: list[_Late] = []

    def draw(self, data: bytes) -> dict[str, Any]:  # noqa: ARG002  # whatever it says
        """See PieceStage."""
        return {"gap": self.value("gap"), "wait": self.value("wait")}

    def apply(self, data: bytes, last: bool, decision: dict[str, Any]) -> None:
        """See PieceStage."""
        late = _Late(data, last, int(decision["gap"]))
        self._late.append(late)
        self.held_bytes += len(data)
        late.timer = self.lane.clock.call_later(float(decision["wait"]), lambda: self._let_go(late))

    def skip(self, data: bytes, last: bool) -> None:
        """See PieceStage: it passes those that are held back."""
        self.next.put(data, last)
        for late in list(self._late):
            late.left -= 1
            if late.left <= 0:
                self._let_go(late)

    def _let_go(self, late: _Late) -> None:
        if late in self._late:
            self._late.remove(late)
            late.timer.cancel()
            self.held_bytes -= len(late.data)
            self.next.put(late.data, late.last)
            self.lane.freed()

    def end(self, end: End) -> None:
        """See Stage: nothing arrives after the end."""
        self.release()
        self.next.end(end)

    def release(self) -> None:
        """See Stage."""
        for late in list(self._late):
            self._let_go(late)

    def drop(self) -> None:
        """See Stage."""
        for late in self._late:
            late.timer.cancel()
        self._late.clear()
        self.held_bytes = 0

    @property
    def moving(self) -> bool:
        """See Stage."""
        return bool(self._late)


class _Late:
    """A piece held back.

    Args:
        data: the piece.
        last: whether a message ends with it.
        left: how many are still to pass it.
    """

    __slots__ = ("data", "last", "left", "timer")

    def __init__(self, data: bytes, last: bool, left: int) -> None:  # as in put
        self.data = data
        self.last = last
        self.left = left
        self.timer: Any = None
