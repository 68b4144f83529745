"""`Fault`: one fault as it was told, for all connections of a set. What it does to one of them is in its stage."""

from __future__ import annotations

from wiretalk.errors import UsageError
from wiretalk.layer.faults.table import FAULTS, load
from wiretalk.layer.faults.values import P, Parameter
from wiretalk.layer.faults.window import MEASURE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.layer.faults.stage import Stage
    from wiretalk.layer.faults.window import Measure

DIRECTIONS = ("up", "down")

COMMON = {
    "p": Parameter("p", P, 1.0, "how probable it is: for each piece, or for each connection"),
    "toxicity": Parameter("toxicity", P, 1.0, "how probable it is that a connection has it at all"),
    "after": Parameter("after", MEASURE, None, "it begins after so many seconds, bytes or messages", optional=True),
    "for": Parameter("for", MEASURE, None, "it lasts for so many seconds, bytes or messages", optional=True),
}
"""The parameters of every fault."""


class Fault:
    """One fault. Its values may change while connections run; they look at them here.

    Args:
        kind: a name of FAULTS.
        name: what it is called in its set; "": the set finds a name.
        direction: "up", "down" or "both".
        values: of its own parameters and the common ones, as text or numbers.

    Attributes:
        values: every parameter that has a value, by name, the common ones too (p, toxicity, after, for).
        stage: the class of its stages.

    Raises:
        UsageError: there is no such fault, or a value is wrong.
    """

    __slots__ = ("direction", "kind", "name", "stage", "values")

    def __init__(
        self, kind: str, *, name: str = "", direction: str = "both", values: dict[str, Any] | None = None
    ) -> None:
        if kind not in FAULTS:
            raise unknown(kind, kind, 0)
        if direction not in {*DIRECTIONS, "both"}:
            raise UsageError("", reason=f'a direction is up, down or both, not "{direction}"')
        self.kind = kind
        self.name = name
        self.direction = direction
        self.stage: type[Stage] = load(kind)
        self.values: dict[str, Any] = {}
        self.change(values or {})
        for parameter in self.parameters.values():
            if parameter.name not in self.values:
                if parameter.default is None and not parameter.optional:
                    raise UsageError(kind, len(kind), f"{kind} needs a value", f"write {kind}={parameter.form}")
                if parameter.default is not None:
                    self.values[parameter.name] = parameter.default

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What it can be told, by name."""
        return parameters_of(self.stage)

    @property
    def p(self) -> float:
        """How probable it is, for each piece or each connection."""
        return self.values["p"]  # type: ignore[no-any-return]  # read as a probability

    @property
    def toxicity(self) -> float:
        """How probable it is that a connection has it."""
        return self.values["toxicity"]  # type: ignore[no-any-return]  # read as a probability

    @property
    def after(self) -> Measure | None:
        """When it begins."""
        return self.values.get("after")

    @property
    def lasts(self) -> Measure | None:
        """How long it lasts."""
        return self.values.get("for")

    @property
    def stream(self) -> str:
        """The direction in toxiproxy's words: "upstream", "downstream", or "both"."""
        return self.direction if self.direction == "both" else f"{self.direction}stream"

    def goes(self, direction: str) -> bool:
        """Return whether it is on in this direction."""
        return self.direction in {direction, "both"}

    def change(self, values: dict[str, Any]) -> None:
        """Change values: all of them, or none where one is wrong.

        Raises:
            UsageError: it has no such parameter, or a value is wrong.
        """
        known = self.parameters
        read = {}
        for name, value in values.items():
            if name not in known:
                raise no_parameter(self.kind, name, name, 0)
            try:
                read[name] = known[name].read(value)
            except ValueError as error:
                raise UsageError("", reason=f"{self.kind}: {name}: {error}") from None
        self.values.update(read)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON: numbers for times (seconds), sizes (bytes) and rates (bytes a second)."""
        values = {name: str(value) if name in {"after", "for"} else value for name, value in self.values.items()}
        return {"name": self.name, "type": self.kind, "direction": self.direction, "parameters": values}

    def __str__(self) -> str:
        main = self.stage.main
        texts = {
            name: parameter.write(self.values[name])
            for name, parameter in self.parameters.items()
            if self.values.get(name) != parameter.default
        }
        before = "" if self.direction == "both" else f"{self.direction}:"
        first = f"={texts.pop(main)}" if main in texts else ""
        return f"{before}{self.kind}{first}" + "".join(f",{name}={text}" for name, text in texts.items())

    def __repr__(self) -> str:
        return f"<Fault {self.name or '(unnamed)'}: {self}>"


def parameters_of(stage: type[Stage]) -> dict[str, Parameter]:
    """Return the parameters of a fault: its own first, then the common ones it has."""
    own = {parameter.name: parameter for parameter in stage.own}
    return own | {name: one for name, one in COMMON.items() if name not in stage.without}


def unknown(text: str, name: str, at: int) -> UsageError:
    """Return the error for a name that is no fault."""
    from wiretalk.spelling import did_you_mean

    if not name:
        return UsageError(text, at, "the name of a fault is missing", f"there are {', '.join(FAULTS)}")
    hint = did_you_mean(name, FAULTS) or f"there are {', '.join(FAULTS)}"
    return UsageError(text, at, f'there is no fault "{name}"', hint, len(name))


def no_parameter(kind: str, name: str, text: str, at: int) -> UsageError:
    """Return the error for a parameter that a fault does not have."""
    from wiretalk.spelling import did_you_mean

    known = parameters_of(load(kind))
    hint = did_you_mean(name, known) or f"it has {', '.join(known)}"
    return UsageError(text, at, f'{kind} has no "{name}"', hint, max(1, len(name)))
