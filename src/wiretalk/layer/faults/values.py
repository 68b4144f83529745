"""The values of a fault's parameters: from text, as in the grammar, or from numbers, as in Python and JSON."""

from __future__ import annotations

from wiretalk.units import format_duration, format_size, parse_duration, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BITS = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9}
"""Units of rates in bits, as networks count them."""


class Parameter:
    """One parameter of a fault.

    Args:
        name: as it is written.
        read: makes the value of text or a number; raises ValueError with a sentence.
        write: makes text of the value.
        default: its value where it is not given; None: there is none, and it must be given, unless `optional`.
        form: its value in help ("TIME").
        summary: one line of help.
        optional: whether it may be left out although it has no default.
    """

    __slots__ = ("default", "form", "name", "optional", "read", "summary", "write")

    def __init__(
        self,
        name: str,
        kind: tuple[str, Callable[[Any], Any], Callable[[Any], str]],
        default: Any,
        summary: str,
        *,
        optional: bool = False,
    ) -> None:
        self.name = name
        self.form, self.read, self.write = kind
        self.default = default
        self.summary = summary
        self.optional = optional


def duration(value: Any) -> float:
    """Read a time in seconds, 0 or more."""
    return parse_duration(value) if isinstance(value, str) else number(value, "a time in seconds", 0)


def size(value: Any) -> int:
    """Read a size in bytes, 1 or more."""
    found = parse_size(value) if isinstance(value, str) else whole(value, "a size in bytes")
    if found < 1:
        raise ValueError(f'"{value}" is too small: say 1 or more bytes')
    return found


def rate(value: Any) -> float:
    """Read a rate in bytes a second, above 0: "100kB", "1MiB/s", "10Mbit"."""
    if not isinstance(value, str):
        found = number(value, "a rate in bytes a second", 0)
    else:
        text = value.lower().removesuffix("/s").removesuffix("ps")
        for unit in sorted(BITS, key=len, reverse=True):
            if text.endswith(unit):
                found = decimal(text.removesuffix(unit), value) * BITS[unit] / 8
                break
        else:
            try:
                found = float(parse_size(text))
            except ValueError:
                raise ValueError(f'"{value}" is not a rate: write 100kB (a second), 1MiB or 10Mbit') from None
    if found <= 0:
        raise ValueError(f'"{value}" is too slow: say more than 0')
    return found


def decimal(text: str, value: str) -> float:
    """Read digits with or without a point."""
    if not text.replace(".", "", 1).isdecimal() or not text.isascii():
        raise ValueError(f'"{value}" is not a rate: write 100kB (a second), 1MiB or 10Mbit')
    return float(text)


def probability(value: Any) -> float:
    """Read a probability, 0 to 1, or in percent."""
    if isinstance(value, str):
        digits = value.removesuffix("%")
        if not digits.isascii() or not digits.replace(".", "", 1).isdecimal():
            raise ValueError(f'"{value}" is not a probability: write 0 to 1, or 0% to 100%')
        found = float(digits) / (100 if value.endswith("%") else 1)
    else:
        found = number(value, "a probability", 0)
    if found > 1:
        raise ValueError(f'"{value}" is not a probability: write 0 to 1, or 0% to 100%')
    return found


def count(value: Any) -> int:
    """Read a whole number, 1 or more."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and int(value)):
            raise ValueError(f'"{value}" is not a number of 1 or more')
        return int(value)
    found = whole(value, "a number")
    if found < 1:
        raise ValueError(f'"{value}" is not a number of 1 or more')
    return found


def number(value: Any, what: str, least: float) -> float:
    """Check a number that is no text."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
        raise ValueError(f"{value!r} is not {what}, {least:g} or more")
    return float(value)


def whole(value: Any, what: str) -> int:
    """Check a whole number that is no text."""
    found = number(value, what, 0)
    if found != int(found):
        raise ValueError(f"{value!r} is not {what}: it is not whole")
    return int(found)


def one_of(*words: str) -> tuple[str, Callable[[Any], str], Callable[[Any], str]]:
    """Return the kind of a parameter that is one of some words."""

    def read(value: Any) -> str:
        if value not in words:
            from wiretalk.spelling import did_you_mean

            meant = did_you_mean(str(value), words)
            raise ValueError(f'"{value}" is none of {", ".join(words)}' + (f"; {meant}" if meant else ""))
        return str(value)

    return "|".join(words), read, str


def write_rate(value: float) -> str:
    """Return a text for a rate."""
    return format_size(int(value)) if value == int(value) else f"{value * 8:g}bit"


def write_number(value: float) -> str:
    """Return the shortest text for a number."""
    return repr(value).removesuffix(".0")


TIME = ("TIME", duration, format_duration)
SIZE = ("SIZE", size, format_size)
RATE = ("RATE", rate, write_rate)
P = ("P", probability, write_number)
N = ("N", count, str)
