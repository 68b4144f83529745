"""What a benchmark found, and how it is printed."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Target:
    """One sentence of the promise: a measured value beside its bound.

    Args:
        what: what is compared with what.
        values: one a round (or a process); the median is judged.
        bound: the target.
        at_least: whether the value must be at least the bound, or at most.
        unit: "×" for a ratio, "B" for bytes.
        note: the same seen another way, for the reader.
    """

    what: str
    values: list
    bound: float
    at_least: bool = False
    unit: str = "×"
    note: str = ""

    @property
    def value(self):
        return statistics.median(self.values)

    @property
    def reached(self):
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def cells(self):
        digits = 0 if self.unit == "B" else 2
        spread = ""
        if len(self.values) > 1:
            low, _, high = statistics.quantiles(self.values, n=4)
            spread = f"{low:.{digits}f}…{high:.{digits}f}"
        bound = f"{'≥' if self.at_least else '≤'} {self.bound:g} {self.unit}"
        verdict = "reached" if self.reached else f"missed by {abs(self.value / self.bound - 1):.0%}"
        return [self.what, f"{self.value:.{digits}f} {self.unit}", spread, bound, verdict, self.note]

    def as_dict(self):
        return {
            "what": self.what, "value": self.value, "values": self.values, "bound": self.bound,
            "at_least": self.at_least, "unit": self.unit, "reached": self.reached, "note": self.note,
        }  # fmt: skip


TARGET_HEAD = ["target", "measured", "middle half", "bound", "", "note"]


@dataclass
class Outcome:
    """The measurements of one benchmark and the targets judged by them."""

    head: list
    rows: list
    targets: list
    remarks: list = field(default_factory=list)
    raw: dict = field(default_factory=dict)

    def as_dict(self):
        return {
            "rows": [dict(zip(self.head, row, strict=True)) for row in self.rows],
            "targets": [target.as_dict() for target in self.targets],
            "remarks": self.remarks,
            "measurements": self.raw,
        }


def table(head, rows):
    """Print columns as wide as they need: the first to the left, numbers to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, ["─" * width for width in widths], *rows]:
        cells = [
            cell.rjust(width) if column > 0 and head[column] not in {"", "note"} else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())
    print(flush=True)
