"""Faults in toxiproxy's words: toxics. Its own types with their attributes, and a type for each fault besides.

- A number is in toxiproxy's units: milliseconds (a slicer's delay: microseconds), KB a second, bytes. What is text says
  its unit, as in `--fault`: "50ms", "10Mbit", "64KiB".
- A type of toxiproxy's is shown as one, whatever fault does it here.
"""

from __future__ import annotations

from wiretalk.control.messages import Refusal, bad_body
from wiretalk.errors import UsageError
from wiretalk.layer.faults import FAULTS, Fault
from wiretalk.layer.faults.fault import COMMON, parameters_of
from wiretalk.layer.faults.table import load
from wiretalk.layer.faults.values import RATE, Parameter
from wiretalk.limits import CONTROL_NAME_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NO_RATE = 1e-9
"""Bytes a second that stand for none at all: toxiproxy's bandwidth of 0, by which its users let a connection hang."""

STREAMS = {"upstream": "up", "downstream": "down", "both": "both"}
"""toxiproxy's words for a direction; `both` is ours."""


class ToxicType:
    """One type of toxics: what it is called there, and what it is here.

    Args:
        name: its type in the API.
        kind: the fault that does it.
        own: attribute to parameter, where toxiproxy has other names than the fault; all are 0 unless given.
        nothing: the attributes for which 0 means that the fault is told nothing.
        closing: whether taking it away closes the connections that it was on.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        own: dict[str, str] | None = None,
        *,
        nothing: tuple[str, ...] = (),
        closing: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.closing = closing
        self._own = own or {}
        self._nothing = nothing

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters that an attribute can be, by the attribute's name; the fault's own names do as well."""
        known = parameters_of(load(self.kind))
        known.pop("toxicity")
        return known | {name: known[parameter] for name, parameter in self._own.items()}

    def defaults(self) -> dict[str, Any]:
        """Return the attributes of a new one where none are given."""
        return dict.fromkeys(self._own, 0)

    def read(self, attributes: dict[str, Any], fault: Fault | None) -> tuple[dict[str, Any], list[str]]:  # noqa: ARG002
        """Return the values of the fault that attributes say, and the parameters that are to have none.

        Args:
            fault: what is to be changed; None: it is new.

        Raises:
            UsageError: there is no such attribute, or it cannot be that.
        """
        known = self.parameters
        values: dict[str, Any] = {}
        without = []
        for name, value in attributes.items():
            if name not in known:
                raise _no_attribute(self, name, known)
            parameter = known[name]
            if value == 0 and name in self._nothing:
                without.append(parameter.name)
            else:
                values[parameter.name] = inward(parameter, value)
        return values, without

    def show(self, fault: Fault) -> dict[str, Any]:
        """Return the attributes of a fault."""
        known = parameters_of(fault.stage)
        shown: dict[str, Any] = {}
        for name, parameter in self._own.items():
            shown[name] = outward(known[parameter], fault.values.get(parameter, 0))
        if not self._own:
            shown = {
                one.name: outward(one, fault.values[one.name]) for one in fault.stage.own if one.name in fault.values
            }
        told = {*self._own.values(), *shown, "toxicity"}
        for name, one in known.items():
            value = fault.values.get(name)
            if name not in told and value is not None and value != one.default:
                shown[name] = outward(one, value)
        return shown


class Slicer(ToxicType):
    """toxiproxy's `slicer`: an average and a variation are our least and most."""

    def __init__(self) -> None:
        super().__init__("slicer", "slice")

    @property
    def parameters(self) -> dict[str, Parameter]:
        """See ToxicType; p and the like."""
        known = parameters_of(load(self.kind))
        return {name: one for name, one in known.items() if name in COMMON and name != "toxicity"}

    def defaults(self) -> dict[str, Any]:
        """See ToxicType."""
        return {"average_size": 0, "size_variation": 0, "delay": 0}

    def read(self, attributes: dict[str, Any], fault: Fault | None) -> tuple[dict[str, Any], list[str]]:
        """See ToxicType."""
        now = self.defaults() if fault is None else self.show(fault)
        numbers = {name: attributes.get(name, now[name]) for name in self.defaults()}
        for name, value in numbers.items():
            if isinstance(value, str) and value.isascii() and value.isdigit():
                numbers[name] = int(value)
            elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise UsageError("", reason=f"{name} of a slicer is a number of 0 or more")
        rest = {name: value for name, value in attributes.items() if name not in numbers}
        values, without = super().read(rest, fault)
        average, variation = int(numbers["average_size"]), int(numbers["size_variation"])
        if average < 1 or variation >= average:
            reason = "average_size of a slicer is 1 or more, and size_variation less than it"
            raise UsageError("", reason=reason)
        values |= {"size": average + variation, "min": average - variation, "pause": numbers["delay"] / 1e6}
        return values, without

    def show(self, fault: Fault) -> dict[str, Any]:
        """See ToxicType."""
        least, most = fault.values["min"], fault.values["size"]
        shown = {
            "average_size": (least + most) // 2,
            "size_variation": (most - least) // 2,
            "delay": plain(fault.values["pause"] * 1e6),
        }
        for name, one in self.parameters.items():
            value = fault.values.get(name)
            if value is not None and value != one.default:
                shown[name] = outward(one, value)
        return shown


TOXICS: dict[str, ToxicType] = {
    one.name: one
    for one in (
        ToxicType("latency", "latency", {"latency": "delay", "jitter": "jitter"}),
        ToxicType("bandwidth", "bandwidth", {"rate": "rate"}),
        ToxicType("slow_close", "slow_close", {"delay": "delay"}),
        ToxicType("timeout", "blackhole", {"timeout": "close"}, nothing=("timeout",), closing=True),
        ToxicType("reset_peer", "reset", {"timeout": "after"}, nothing=("timeout",)),
        Slicer(),
        ToxicType("limit_data", "limit", {"bytes": "bytes"}),
    )
}
"""toxiproxy's types."""

TYPES: dict[str, ToxicType] = {name: ToxicType(name, name) for name in FAULTS} | TOXICS
"""All types: toxiproxy's, and a type for each fault besides."""


def inward(parameter: Parameter, value: Any) -> Any:
    """Return what a parameter is told by an attribute."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if parameter.form == "TIME":
        return value / 1000
    if parameter.form == "WHEN":
        return str(value / 1000)
    if parameter.form == "RATE":
        return value * 1000 or NO_RATE
    return value


def outward(parameter: Parameter, value: Any) -> Any:
    """Return how an attribute shows what a parameter is."""
    if parameter.form == "WHEN":
        return str(value) if getattr(value, "unit", "s") != "s" else plain(getattr(value, "amount", 0) * 1000)
    if parameter.form == "TIME":
        return plain(value * 1000)
    if parameter.form == "RATE":
        return 0 if value == NO_RATE else plain(value / 1000)
    return value


def plain(number: float) -> float:
    """Return a number without what its last digits are off by; whole numbers as such."""
    rounded = round(number, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def as_text(fault: Fault) -> str:
    """Return a fault as `--fault` has it."""
    text = str(fault)
    return text.replace(RATE[2](NO_RATE), "0") if fault.values.get("rate") == NO_RATE else text


def _no_attribute(kind: ToxicType, name: str, known: dict[str, Parameter]) -> UsageError:
    from wiretalk.spelling import did_you_mean

    names = [*kind.defaults(), *(one for one in known if one not in kind.defaults())]
    hint = did_you_mean(name, names) or f"it has {', '.join(names)}"
    return UsageError("", reason=f'{kind.name} has no attribute "{name}"', hint=hint)


def type_named(name: Any) -> ToxicType:
    """Return a type.

    Raises:
        Refusal: there is none of that name.
    """
    if not isinstance(name, str) or name not in TYPES:
        from wiretalk.spelling import did_you_mean

        hint = did_you_mean(name, TYPES) if isinstance(name, str) else ""
        raise Refusal(400, f"invalid toxic type{f': {hint}' if hint else ''}")
    return TYPES[name]


def checked_name(name: Any, what: str) -> str:
    """Return the name of a relay or a toxic.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(name, str) or not name.isprintable():
        raise bad_body(f"the {what} is to be printable text")
    if len(name.encode(errors="replace")) > CONTROL_NAME_BYTES:
        raise bad_body(f"the {what} is over the limit of {CONTROL_NAME_BYTES} bytes")
    return name


def as_attributes(value: Any) -> dict[str, Any]:
    """Return attributes; none where there are none.

    Raises:
        Refusal: they are not an object.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_body("attributes are to be a JSON object")
    return value


def new_fault(fields: dict[str, Any]) -> tuple[Fault, ToxicType]:
    """Return the fault that a new toxic is, with its name, and the toxic's type.

    Raises:
        Refusal: there is no such type or stream, or an attribute is wrong.
    """
    try:
        if fields.get("fault") is not None:
            fault, kind = _from_text(fields["fault"])
        else:
            fault, kind = _from_attributes(fields)
        if fields.get("toxicity") is not None:
            fault.change({"toxicity": fields["toxicity"]})
    except UsageError as error:
        raise bad_body(str(error)) from None
    stream = next(one for one, direction in STREAMS.items() if direction == fault.direction)
    fault.name = checked_name(fields.get("name") or f"{kind.name}_{stream}", "name")
    return fault, kind


def _from_text(text: Any) -> tuple[Fault, ToxicType]:
    from wiretalk.layer.faults import parse

    if not isinstance(text, str):
        raise bad_body("fault is to be text, like latency=50ms")
    fault = parse(text)
    return fault, TYPES[fault.kind]


def _from_attributes(fields: dict[str, Any]) -> tuple[Fault, ToxicType]:
    stream = fields.get("stream") or "downstream"
    if not isinstance(stream, str) or stream.lower() not in STREAMS:
        raise Refusal(400, "stream was invalid, can be either upstream or downstream, or both")
    kind = type_named(fields.get("type"))
    values, _ = kind.read(_with_defaults(kind, as_attributes(fields.get("attributes"))), None)
    return Fault(kind.kind, direction=STREAMS[stream.lower()], values=values), kind


def _with_defaults(kind: ToxicType, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with those that are 0 unless given; the fault's own name for one gives it as well."""
    known = kind.parameters
    given = {known[name].name for name in attributes if name in known}
    unsaid = {
        name: value for name, value in kind.defaults().items() if name not in known or known[name].name not in given
    }
    return unsaid | attributes
