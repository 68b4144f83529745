"""A fault from text: `[up:|down:]NAME[=VALUE][,KEY=VALUE…]`. A mistake is shown with a caret under it."""

from __future__ import annotations

from wiretalk.errors import UsageError
from wiretalk.layer.faults.fault import Fault, no_parameter, parameters_of, unknown
from wiretalk.layer.faults.table import FAULTS, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def parse(text: str) -> Fault:
    """Return the fault that a text names.

    Args:
        text: like "latency=50ms,jitter=10ms", "down:loss=0.1,after=5s" or "reset,after=1000B".

    Raises:
        UsageError: the text is wrong; the error shows where.

    >>> fault = parse("down:latency=50ms,jitter=10ms,after=5s")
    >>> fault.kind, fault.direction, fault.values["delay"], fault.values["jitter"], str(fault.after)
    ('latency', 'down', 0.05, 0.01, '5s')
    >>> str(fault)
    'down:latency=50ms,jitter=10ms,after=5s'
    """
    at = 0
    direction = "both"
    before, colon, _ = text.partition(",")[0].partition("=")[0].partition(":")
    if colon:
        if before not in {"up", "down"}:
            raise _no_direction(text, before)
        direction = before
        at = len(before) + 1
    words = _words(text, at)
    name, _, value, value_at = words[0]
    if name not in FAULTS:
        raise unknown(text, name, at)
    kind = load(name)
    known = parameters_of(kind)
    given: dict[str, Any] = {}
    if value is not None:
        if not kind.main:
            raise UsageError(
                text, value_at, f"{name} has no value of its own", f"it has {', '.join(known)}", len(value)
            )
        given[kind.main] = _read(text, known[kind.main], value, value_at)
    for key, key_at, one, one_at in words[1:]:
        if key not in known:
            raise no_parameter(name, key, text, key_at)
        if one is None:
            raise UsageError(text, one_at, f"{key} needs a value", f"write {key}={known[key].form}", 1)
        if key in given:
            raise UsageError(text, key_at, f"{key} is said twice", "say it once", len(key))
        given[key] = _read(text, known[key], one, one_at)
    for parameter in known.values():
        if parameter.default is None and not parameter.optional and parameter.name not in given:
            end = at + len(name)
            raise UsageError(text, end, f"{name} needs a value", f"write {text[:end]}={parameter.form}")
    return Fault(name, direction=direction, values=given)


def _no_direction(text: str, before: str) -> UsageError:
    from wiretalk.spelling import nearest

    meant = nearest(before, ("up", "down"))
    hint = f'did you mean "{meant}:"?' if meant else "write up: or down:, or neither for both"
    return UsageError(text, 0, f'there is no direction "{before}"', hint, max(1, len(before)))


def _words(text: str, at: int) -> list[tuple[str, int, str | None, int]]:
    """Return each word between commas: its name, where, its value or None, and where."""
    words = []
    for word in text[at:].split(","):
        name, equals, value = word.partition("=")
        words.append((name, at, value if equals else None, at + len(name) + len(equals)))
        at += len(word) + 1
    return words


def _read(text: str, parameter: Any, value: str, at: int) -> Any:
    try:
        return parameter.read(value)
    except ValueError as error:
        reason, _, hint = str(error).partition(": ")
        raise UsageError(text, at, reason, hint, max(1, len(value))) from None
