"""`slice`: each write is cut into pieces of 1 to N bytes, with pauses between them."""

from __future__ import annotations

from random import Random

from wiretalk.layer.faults.queued import Queued
from wiretalk.layer.faults.values import TIME, N, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Slice(Queued):
    """Cut each piece into pieces of `min` to `size` bytes; on datagrams, each datagram into several."""

    main = "size"
    own = (
        Parameter("size", N, None, "the most bytes of a piece"),
        Parameter("min", N, 1, "the fewest bytes of a piece"),
        Parameter("pause", TIME, 0.0, "between two pieces"),
    )

    __slots__ = ("_next_at",)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._next_at = 0.0

    def draw(self, data: bytes) -> dict[str, Any] | None:
        """See PieceStage."""
        if len(data) <= self.value("min"):
            return None
        # A seed stands for the sizes in the log: there may be as many of them as bytes.
        drawn = self.random.getrandbits(32)
        return {"size": self.value("size"), "min": self.value("min"), "pause": self.value("pause"), "drawn": drawn}

    def hold(self, data: bytes, decision: dict[str, Any]) -> _Slicing:  # noqa: ARG002  # its size does not matter
        """See Queued."""
        return _Slicing(decision)

    def leaves_at(self, what: _Slicing) -> float:  # noqa: ARG002  # the pause before is what counts
        """See Queued."""
        return self._next_at

    def cut(self, data: bytes, last: bool, what: _Slicing | None) -> tuple[bytes, bytes | None, bool]:  # as in put
        """See Queued."""
        if what is None:
            return data, None, last
        size = what.random.randint(what.least, what.most)
        return (data, None, last) if size >= len(data) else (data[:size], data[size:], last)

    def left(self, what: _Slicing | None, size: int) -> None:  # noqa: ARG002  # however long the piece
        """See Queued."""
        if what is not None:
            self._next_at = self.lane.clock.now() + what.pause_s


class _Slicing:
    """How one piece is cut."""

    __slots__ = ("least", "most", "pause_s", "random")

    def __init__(self, decision: dict[str, Any]) -> None:
        self.random = Random(decision["drawn"])  # noqa: S311  # to be repeated, no secret
        self.most = int(decision["size"])
        self.least = min(int(decision["min"]), self.most)
        self.pause_s = float(decision["pause"])
