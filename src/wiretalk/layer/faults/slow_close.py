"""`slow_close`: the end arrives later than what was sent before it."""

from __future__ import annotations

from wiretalk.layer.faults.queued import Queued
from wiretalk.layer.faults.values import TIME, Parameter
from wiretalk.layer.faults.window import ON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.layer.faults.stage import End


class SlowClose(Queued):
    """Let each end arrive `delay` later."""

    main = "delay"
    own = (Parameter("delay", TIME, None, "how much later"),)

    __slots__ = ()

    def draw(self, data: bytes) -> None:
        """See PieceStage: nothing happens to pieces."""

    def hold_end(self, end: End) -> float | None:  # noqa: ARG002  # every end
        """See Queued."""
        if not self.chosen:
            return None
        if self.script is not None:
            if not self.script:
                return None
            decision: dict[str, Any] = self.script.popleft().decision
        elif self._window.look(self.lane.clock.now()) == ON and self._chance(self.fault.p):
            decision = {"delay": self.value("delay")}
        else:
            return None
        self.log(decision, 0)
        return self.lane.clock.now() + float(decision["delay"])

    def leaves_at(self, what: Any) -> float:
        """See Queued."""
        return float(what)
