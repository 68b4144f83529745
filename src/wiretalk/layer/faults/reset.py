"""`reset`: the connection breaks off. A TCP peer sees RST, and so does the one behind a relay."""

from __future__ import annotations

from wiretalk.layer.faults.stage import End
from wiretalk.layer.faults.state import StateStage


class Reset(StateStage):
    """Break the connection off, both ways; what came before arrives first."""

    main = "after"
    without = ("for",)

    __slots__ = ()

    def begin(self) -> None:
        """See StateStage."""
        self.next.end(End("reset"))
