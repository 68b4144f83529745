"""The log of faults applied, a JSON object a line; and reading it again, as a plan.

Each line has: `time` (Unix time in seconds), `connection` (its number), `peer`, `direction` ("up", "down"), `offset`
(bytes that had come to the fault in this direction), `message` (messages likewise), `length` (bytes of the piece, 0
where it happens to the connection), `fault`, `name` and `place` (which one of the set), and `parameters` (what exactly
was done).
"""

from __future__ import annotations

from collections import deque

from wiretalk.errors import UsageError
from wiretalk.layer.faults.table import FAULTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO

FIELDS = ("connection", "direction", "offset", "message", "length", "fault", "name", "place", "parameters")
"""What a replay needs of a line."""


class Event:
    """One fault applied.

    Args:
        offset: at which byte of its direction.
        message: at which message.
        length: to how many bytes.
        decision: what was done.
    """

    __slots__ = ("decision", "length", "message", "offset")

    def __init__(self, offset: int, message: int, length: int, decision: dict[str, Any]) -> None:
        self.offset = offset
        self.message = message
        self.length = length
        self.decision = decision


class Script:
    """A log as a plan: what to do to which connection, where.

    Attributes:
        faults: name, type and direction of each fault, in their order.
    """

    def __init__(self) -> None:
        self.faults: list[tuple[str, str, str]] = []
        self._events: dict[tuple[int, str, str], deque[Event]] = {}

    def add(self, record: dict[str, Any]) -> None:
        """Take a line of the log."""
        key = (record["connection"], record["direction"], record["name"])
        event = Event(record["offset"], record["message"], record["length"], record["parameters"])
        self._events.setdefault(key, deque()).append(event)

    def events(self, connection: int, direction: str, name: str) -> deque[Event]:
        """Return what one fault is to do to one direction of one connection, in order; it is taken out there."""
        return self._events.pop((connection, direction, name), deque())


def read_log(lines: Iterable[str | bytes], source: str = "") -> Script:
    """Return a log as a plan.

    Args:
        lines: of the log.
        source: where they are from, for errors.

    Raises:
        UsageError: a line is none of such a log; or it is of several relays (`proxy`), whose connections are numbered
            each for themselves.
    """
    import json

    script = Script()
    seen: dict[str, tuple[int, str, set[str]]] = {}
    relays: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            missing = [field for field in FIELDS if field not in record]
        except (ValueError, TypeError):
            missing = ["JSON"]
            record = {}
        if missing or record["fault"] not in FAULTS or record["direction"] not in {"up", "down"}:
            where = f"{source}: line {number}" if source else f"line {number}"
            raise UsageError("", reason=f"{where} is no record of a fault", hint="name a file that --fault-log wrote")
        relays[str(record.get("proxy", ""))] = None
        if len(relays) > 1:
            names = " and ".join(f'"{name}"' for name in relays)
            raise UsageError("", reason=f"{source or 'the log'} is of several relays, {names}", hint="take one's lines")
        script.add(record)
        seen.setdefault(record["name"], (record["place"], record["fault"], set()))[2].add(record["direction"])
    for name, (_, fault, directions) in sorted(seen.items(), key=lambda item: item[1][0]):
        script.faults.append((name, fault, "both" if len(directions) == 2 else directions.pop()))
    return script


class FaultLog:
    """Write the log to a file.

    Args:
        file: opened for writing bytes, without a buffer of its own or flushed by its owner.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __call__(self, record: dict[str, Any]) -> None:
        """Write one record. Raises OSError: the file takes no more."""
        import json

        self._file.write(json.dumps(record).encode() + b"\n")
