"""`limit`: the connection is closed after so many bytes of a direction."""

from __future__ import annotations

from wiretalk.layer.faults.stage import End
from wiretalk.layer.faults.state import StateStage
from wiretalk.layer.faults.values import SIZE, Parameter
from wiretalk.layer.faults.window import Measure, Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Limit(StateStage):
    """Close the connection when `bytes` have passed, exactly."""

    main = "bytes"
    own = (Parameter("bytes", SIZE, None, "how many"),)
    without = ("after", "for")

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._window = self._bounded()

    def _bounded(self) -> Window:
        return Window(Measure(self.value("bytes"), "B"), None, self.lane.clock.now())

    def describe(self) -> dict[str, Any]:
        """See StateStage."""
        return {"bytes": self.value("bytes")}

    def begin(self) -> None:
        """See StateStage."""
        self.next.end(End("close"))

    def changed(self) -> None:
        """See Stage: what has passed counts."""
        if not self._on:
            passed = self.offset
            self._window = self._bounded()
            self._window.passed(passed, 0)
            self.start()
