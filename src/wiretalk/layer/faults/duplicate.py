"""`duplicate`: pieces arrive more than once."""

from __future__ import annotations

from wiretalk.layer.faults.stage import PieceStage
from wiretalk.layer.faults.values import N, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Duplicate(PieceStage):
    """Deliver a piece `copies` times more, right behind itself, with the probability `p`."""

    main = "p"
    own = (Parameter("copies", N, 1, "how many times more"),)

    __slots__ = ()

    def draw(self, data: bytes) -> dict[str, Any]:  # noqa: ARG002  # whatever it says
        """See PieceStage."""
        return {"copies": self.value("copies")}

    def apply(self, data: bytes, last: bool, decision: dict[str, Any]) -> None:
        """See PieceStage."""
        for _ in range(1 + int(decision["copies"])):
            self.next.put(data, last)
