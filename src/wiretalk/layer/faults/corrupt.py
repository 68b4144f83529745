"""`corrupt`: bits are flipped, or bytes replaced by others."""

from __future__ import annotations

from wiretalk.layer.faults.stage import PieceStage
from wiretalk.layer.faults.values import N, Parameter, one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Corrupt(PieceStage):
    """Change `count` bits or bytes of a piece, each at a place drawn by chance; its length stays."""

    main = "count"
    own = (
        Parameter("count", N, 1, "how many of a piece"),
        Parameter("unit", one_of("bits", "bytes"), "bits", "what is changed"),
    )

    __slots__ = ()

    def draw(self, data: bytes) -> dict[str, Any] | None:
        """See PieceStage."""
        if not data:
            return None
        each = 8 if self.value("unit") == "bits" else 1
        places = self.random.sample(range(len(data) * each), min(self.value("count"), len(data) * each))
        if each == 8:
            return {"bits": sorted(places)}
        # What a byte is changed by is never 0, so that it does change.
        return {"bytes": [[place, self.random.randint(1, 255)] for place in sorted(places)]}

    def apply(self, data: bytes, last: bool, decision: dict[str, Any]) -> None:
        """See PieceStage."""
        changed = bytearray(data)
        for place in decision.get("bits", ()):
            if place // 8 < len(changed):
                changed[place // 8] ^= 0x80 >> place % 8
        for place, by in decision.get("bytes", ()):
            if place < len(changed):
                changed[place] ^= by
        self.next.put(bytes(changed), last)
