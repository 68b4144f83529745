"""When a fault is on: from `after` on, and no longer than `for`, in seconds, bytes or messages."""

from __future__ import annotations

from wiretalk.units import format_duration, format_size, parse_duration, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WAITING, ON, OVER = 0, 1, 2


class Measure:
    """So many seconds, bytes or messages.

    Args:
        amount: how many.
        unit: "s", "B" or "msg".
    """

    __slots__ = ("amount", "unit")

    def __init__(self, amount: float, unit: str) -> None:
        self.amount = amount
        self.unit = unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measure) and (self.amount, self.unit) == (other.amount, other.unit)

    def __hash__(self) -> int:
        return hash((self.amount, self.unit))

    def __str__(self) -> str:
        if self.unit == "s":
            return format_duration(self.amount)
        text = format_size(int(self.amount)) if self.unit == "B" else str(int(self.amount))
        return text if text.endswith("B") else text + self.unit

    def __repr__(self) -> str:
        return f"Measure({self.amount!r}, {self.unit!r})"


def measure(value: Any) -> Measure:
    """Read a measure: 5s, 1000B, 64KiB, 10msg; a number alone is seconds.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, Measure):
        return value
    text = str(value)
    try:
        if text.lower().endswith("msg"):
            digits = text[:-3].rstrip()
            if not (digits.isascii() and digits.isdigit()):
                raise ValueError(text)
            return Measure(int(digits), "msg")
        if text.lower().endswith("b"):
            return Measure(parse_size(text), "B")
        return Measure(parse_duration(text), "s")
    except ValueError:
        raise ValueError(f'"{text}" is neither a time, nor bytes, nor messages: write 5s, 1000B or 10msg') from None


MEASURE = ("WHEN", measure, str)


class Window:
    """Whether a fault is on now, in one direction of one connection.

    Args:
        after: what must have passed before it is on; None: nothing.
        lasts: how long it is on then; None: for ever.
        now: the time.
    """

    __slots__ = ("_after", "_bytes", "_lasts", "_messages", "_since", "state")

    def __init__(self, after: Measure | None, lasts: Measure | None, now: float) -> None:
        self._after = after
        self._lasts = lasts
        self.state = WAITING
        self._enter(WAITING, now)

    def _enter(self, state: int, now: float) -> None:
        self.state = state
        self._since = now
        self._bytes = 0
        self._messages = 0

    def _until(self) -> Measure | None:
        return (self._after, self._lasts, None)[self.state]

    def of(self, after: Measure | None, lasts: Measure | None) -> bool:
        """Return whether it was made of these."""
        return self._after == after and self._lasts == lasts

    def look(self, now: float) -> int:
        """Return the state, after going on to it."""
        while self.state != OVER:
            until = self._until()
            if until is None:
                if self.state == ON:
                    break
                self._enter(ON, now)
                continue
            if until.unit == "s":
                # As in left_s, so that who waits for what is left never comes a rounding too early.
                if now < self._since + until.amount:
                    break
            elif (self._bytes if until.unit == "B" else self._messages) < until.amount:
                break
            # Seconds count from when it was due, not from when somebody looked.
            self._enter(self.state + 1, self._since + until.amount if until.unit == "s" else now)
        return self.state

    def span(self, size: int) -> int:
        """Return of how many of the bytes that come the state is the same."""
        until = self._until()
        if until is None or until.unit != "B":
            return size
        return min(size, max(1, int(until.amount) - self._bytes))

    def passed(self, size: int, messages: int) -> None:
        """Count what has come."""
        self._bytes += size
        self._messages += messages

    def left_s(self, now: float) -> float | None:
        """Return the seconds until the state changes by itself; None: it does not."""
        until = self._until()
        if until is None or until.unit != "s":
            return None
        return max(0.0, self._since + until.amount - now)
