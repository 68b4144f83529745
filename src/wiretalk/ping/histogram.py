"""How long answers took, counted in fine steps, each a few percent above the last: small, however many there are."""

from __future__ import annotations

from math import ceil, exp2, log2

STEPS = 32
"""Steps to a doubling: 2.2 % each."""

LEAST_S = 1e-6
MOST_S = 1e5
"""What is shorter or longer is counted with these."""


class Histogram:
    """Counts of durations.

    Attributes:
        total: how many there are.
    """

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.total = 0

    def add(self, seconds: float) -> None:
        """Count one."""
        step = int(STEPS * log2(min(max(seconds, LEAST_S), MOST_S) / LEAST_S))
        self._counts[step] = self._counts.get(step, 0) + 1
        self.total += 1

    def percentile(self, percent: float) -> float:
        """Return the seconds within which so many percent were, to a step; 0 where there are none."""
        wanted = ceil(self.total * percent / 100)
        seen = 0
        for step in sorted(self._counts):
            seen += self._counts[step]
            if seen >= wanted:
                return _seconds(step + 1)
        return 0.0

    def rows(self, most: int) -> list[tuple[float, float, int]]:
        """Return the counts in rows of equal ratio: from, to (seconds), and how many; from the shortest to the longest.

        Args:
            most: how many rows at most, 1 or more.
        """
        if not self._counts:
            return []
        low, high = min(self._counts), max(self._counts) + 1
        width = ceil((high - low) / most)
        counts = [0] * ceil((high - low) / width)
        for step, count in self._counts.items():
            counts[(step - low) // width] += count
        return [
            (_seconds(low + row * width), _seconds(low + (row + 1) * width), count) for row, count in enumerate(counts)
        ]


def _seconds(step: int) -> float:
    return LEAST_S * exp2(step / STEPS)
