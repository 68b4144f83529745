"""`close`: the connection is closed in good order, both ways, although nobody asked for it."""

from __future__ import annotations

from wiretalk.layer.faults.stage import End
from wiretalk.layer.faults.state import StateStage


class Close(StateStage):
    """Close the connection; what came before arrives first."""

    main = "after"
    without = ("for",)

    __slots__ = ()

    def begin(self) -> None:
        """See StateStage."""
        self.next.end(End("close"))
