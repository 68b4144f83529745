"""A histogram of times in bars, on standard error: redrawn in place on a terminal, below the lines that scroll."""

from __future__ import annotations

import os
import time

from wiretalk.cli.output import write_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.ping import Ledger

MOST_ROWS = 12
REDRAW_S = 0.1
"""Between two drawings; what there is to print meanwhile waits for the next."""

PARTS = " ▏▎▍▌▋▊▉"
"""A character's eighths, from the left."""

NARROWEST = 20
"""Columns, below which nothing useful is drawn."""


class Picture:
    """The histogram of what a ledger counts.

    Args:
        ledger: what is drawn.
        live: whether it is redrawn in place; otherwise it is drawn once, at the end.
    """

    def __init__(self, ledger: Ledger, *, live: bool) -> None:
        self._ledger = ledger
        self._live = live
        self._drawn: list[str] = []
        self._drawn_for = (0, 0, 0)
        self._held = ""
        self._next_s = 0.0

    def print(self, text: str) -> None:
        """Print a line above the picture, "" for none, and draw it anew where something has changed."""
        if not self._live:
            write_out(text.encode())
            return
        self._held += text
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        size = terminal_size()
        state = (*size, self._ledger.transmitted * 3 + self._ledger.times.count)
        if self._held or state != self._drawn_for:
            self._next_s = now_s + REDRAW_S
            self._drawn_for = state
            self._redraw(*size)

    def finish(self) -> None:
        """Print what is held, and draw it a last time."""
        self._redraw(*(terminal_size() if self._live else (80, 24)))

    def _redraw(self, columns: int, rows: int) -> None:
        erased = self._erasing(columns)
        if erased:
            _write_err(erased)
        if self._held:
            write_out(self._held.encode())
            self._held = ""
        self._drawn = lines(self._ledger, columns, max(1, min(MOST_ROWS, rows - 4)))
        _write_err("".join(f"{line}\n" for line in self._drawn))

    def _erasing(self, columns: int) -> str:
        """Return what takes the picture off: a terminal that has become narrower has broken its lines anew."""
        height = sum(max(1, -(-len(line) // columns)) for line in self._drawn)
        return f"\r\x1b[{height}A\x1b[J" if height else ""


def terminal_size() -> tuple[int, int]:
    """Return the columns and rows of the terminal on standard error."""
    try:
        columns, rows = os.get_terminal_size(2)
    except OSError:
        return 80, 24
    # A terminal that has not been told its size says 0.
    return columns or 80, rows or 24


def _write_err(text: str) -> None:
    data = memoryview(text.encode())
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        # Standard error is closed or full: nobody can see it.
        return


def lines(ledger: Ledger, columns: int, most_rows: int) -> list[str]:
    """Return the lines of the picture, none longer than there are columns."""
    from wiretalk.cli.pinging import milliseconds, percentile

    rows = ledger.histogram.rows(most_rows)
    labels = [(milliseconds(low), milliseconds(high)) for low, high, _ in rows]
    wide = max((len(high) for _, high in labels), default=0)
    most = max((count for _, _, count in rows), default=0)
    room = max(1, columns - 2 * wide - len(str(most)) - 10)
    drawn = [
        f"{low:>{wide}} – {high:>{wide}} ms {bar(count * room / most)}{' ' if count else ''}{count}"
        for (low, high), (_, _, count) in zip(labels, rows, strict=True)
    ]
    said = f"{ledger.transmitted} sent, {ledger.received} received, {ledger.lost_percent:.3g}% lost"
    if rows:
        said += ", " + ", ".join(f"p{one} {milliseconds(percentile(ledger, one))} ms" for one in (50, 90, 99))
    return [line[: max(NARROWEST, columns) - 1] for line in [*drawn, said]]


def bar(width: float) -> str:
    """Return a bar of so many characters, to an eighth; the least of what is not nothing shows."""
    eighths = max(1, round(width * 8)) if width > 0 else 0
    return "█" * (eighths // 8) + PARTS[eighths % 8].strip()
