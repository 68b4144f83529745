"""`half_close`: one direction ends, as if its sender had nothing more to say, and the other goes on."""

from __future__ import annotations

from wiretalk.layer.faults.stage import End
from wiretalk.layer.faults.state import StateStage


class HalfClose(StateStage):
    """End this direction; what comes after that is dropped."""

    main = "after"
    without = ("for",)

    __slots__ = ()

    def begin(self) -> None:
        """See StateStage."""
        self.next.end(End("end"))

    def end_during(self, end: End) -> None:
        """See StateStage: the end has been told, but not that it is to be closed."""
        if end.kind != "end":
            self.next.end(end)
