"""`loss`: pieces are lost, datagrams and messages whole; on a bare byte stream, bytes are missing."""

from __future__ import annotations

from wiretalk.layer.faults.stage import PieceStage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Loss(PieceStage):
    """Lose a piece with the probability `p`."""

    main = "p"

    __slots__ = ()

    def draw(self, data: bytes) -> dict[str, Any]:  # noqa: ARG002  # whatever it says
        """See PieceStage."""
        return {}

    def apply(self, data: bytes, last: bool, decision: dict[str, Any]) -> None:
        """See PieceStage: nothing is passed on."""
