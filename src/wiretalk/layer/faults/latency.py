"""`latency`: each piece arrives later. A queue in time, not a wait a read: the rate stays what it is."""

from __future__ import annotations

from wiretalk.layer.faults.queued import Queued
from wiretalk.layer.faults.values import TIME, Parameter, one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random
    from typing import Any

    from wiretalk.layer.faults.stage import End

PARETO_SHAPE = 3.0
"""How heavy the tail is: with 3 the mean of the delay is `delay` + `jitter` / 2, and the variance is finite."""


def drawn(distribution: str, delay_s: float, jitter_s: float, random: Random) -> float:
    """Return one delay: never below 0."""
    if not jitter_s:
        return delay_s
    if distribution == "normal":
        extra = random.gauss(0.0, jitter_s)
    elif distribution == "exponential":
        extra = random.expovariate(1 / jitter_s)
    elif distribution == "pareto":
        extra = jitter_s * (random.paretovariate(PARETO_SHAPE) - 1)
    else:
        extra = random.uniform(-jitter_s, jitter_s)
    return max(0.0, delay_s + extra)


class Latency(Queued):
    """Let each piece, and each end, arrive `delay` later, give or take `jitter`; none overtakes another."""

    main = "delay"
    own = (
        Parameter("delay", TIME, None, "how much later"),
        Parameter("jitter", TIME, 0.0, "how much that varies"),
        Parameter(
            "distribution",
            one_of("uniform", "normal", "exponential", "pareto"),
            "uniform",
            "delay ± jitter; or jitter is the standard deviation; or the mean, or the scale, of what is added",
        ),
    )
    in_flight = True

    __slots__ = ()

    @property
    def delay_s(self) -> float:
        """See Stage."""
        return float(self.value("delay"))

    def draw(self, data: bytes) -> dict[str, Any]:  # noqa: ARG002  # a piece's size does not matter
        """See PieceStage."""
        delay_s = drawn(self.value("distribution"), self.value("delay"), self.value("jitter"), self.random)
        return {"delay": round(delay_s, 9)}

    def hold(self, data: bytes, decision: dict[str, Any]) -> float:  # noqa: ARG002  # likewise
        """See Queued."""
        return self.lane.clock.now() + float(decision["delay"])

    def hold_end(self, end: End) -> float | None:  # noqa: ARG002  # every end travels
        """See Queued."""
        if not self.chosen or self.script is not None:
            return None
        return self.lane.clock.now() + float(self.value("delay"))

    def leaves_at(self, what: Any) -> float:
        """See Queued."""
        return float(what)
