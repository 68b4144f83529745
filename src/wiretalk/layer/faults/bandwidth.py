"""`bandwidth`: no more than so many bytes a second, as through a narrow link: what is too much waits in front of it."""

from __future__ import annotations

from wiretalk.layer.faults.queued import Queued
from wiretalk.layer.faults.values import RATE, Parameter
from wiretalk.layer.faults.window import ON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GRAIN_S = 0.01
"""On a byte stream, bytes arrive in pieces of so much time: a large piece does not arrive all at once."""


class Bandwidth(Queued):
    """Let bytes through at `rate`. A message arrives when its last byte does."""

    main = "rate"
    own = (Parameter("rate", RATE, None, "bytes a second: 100kB, 1MiB, 10Mbit"),)

    __slots__ = ("_free_at",)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # When the link has let through what came before.
        self._free_at = 0.0

    @property
    def rate(self) -> float | None:
        """See Stage."""
        on = self.chosen and self.script is None and self._window.look(self.lane.clock.now()) == ON
        return float(self.value("rate")) if on else None

    def draw(self, data: bytes) -> dict[str, Any]:  # noqa: ARG002  # a piece's size does not matter
        """See PieceStage."""
        return {"rate": self.value("rate")}

    def hold(self, data: bytes, decision: dict[str, Any]) -> _Passing:
        """See Queued."""
        now = self.lane.clock.now()
        if not self._queue:
            self._free_at = max(self._free_at, now)
        return _Passing(self._rate(decision), len(data))

    def _rate(self, decision: dict[str, Any]) -> float | None:
        """Return the rate of a piece; None: the one there is when its turn comes."""
        return float(decision["rate"]) if self.script is not None else None

    def leaves_at(self, what: _Passing) -> float:
        """See Queued."""
        rate = what.rate or self.value("rate")
        return float(self._free_at + self._grain(what, rate) / rate)

    def _grain(self, what: _Passing, rate: float) -> int:
        return what.left if self.lane.whole else min(what.left, max(1, int(rate * GRAIN_S)))

    def cut(self, data: bytes, last: bool, what: _Passing | None) -> tuple[bytes, bytes | None, bool]:  # as in put
        """See Queued."""
        if what is None:
            return data, None, last
        grain = self._grain(what, what.rate or self.value("rate"))
        return (data, None, last) if grain >= len(data) else (data[:grain], data[grain:], last)

    def left(self, what: _Passing | None, size: int) -> None:
        """See Queued."""
        if what is not None:
            self._free_at += size / (what.rate or self.value("rate"))
            what.left -= size


class _Passing:
    """A piece in front of the link.

    Args:
        rate: at which it passes; None: what the fault says then.
        left: bytes that have not passed.
    """

    __slots__ = ("left", "rate")

    def __init__(self, rate: float | None, left: int) -> None:
        self.rate = rate
        self.left = left
