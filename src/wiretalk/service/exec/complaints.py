"""What a program says on its standard error, line by line in our log: bounded, and with nothing in it that acts."""

from __future__ import annotations

import logging

from wiretalk.limits import EXEC_COMPLAINT_BYTES, EXEC_COMPLAINTS

log = logging.getLogger("wiretalk")


class Complaints:
    """Logs lines.

    Args:
        name: whose they are.
    """

    __slots__ = ("_count", "_held", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._held = b""
        self._count = 0

    def take(self, data: bytes) -> None:
        """Take a piece; b"" is the end."""
        *lines, held = (self._held + data).split(b"\n")
        if not data:
            lines, held = [held] if held else [], b""
        # One byte more than is shown, so that it is seen that the line is longer.
        self._held = held[: EXEC_COMPLAINT_BYTES + 1]
        for line in lines:
            self._count += 1
            if self._count <= EXEC_COMPLAINTS:
                log.warning("%s: %s", self._name, shown(line))
            elif self._count == EXEC_COMPLAINTS + 1:
                log.warning("%s: it goes on complaining, and is not heard any more", self._name)


def shown(line: bytes) -> str:
    """Return a line as it may stand in a log: of a bounded length, and without characters that a terminal obeys."""
    text = line[:EXEC_COMPLAINT_BYTES].decode("utf-8", "replace").rstrip("\r")
    if len(line) > EXEC_COMPLAINT_BYTES:
        text += "…"
    return "".join(one if one.isprintable() else "\ufffd" for one in text.replace("\t", " "))
