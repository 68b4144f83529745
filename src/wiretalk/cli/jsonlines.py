"""Events on standard output, one JSON object a line, each with name and time. When output fails, work is stopped."""

from __future__ import annotations

from wiretalk.cli.output import write_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class JsonLines:
    """Write events.

    Args:
        stop: called when standard output fails: nobody listens any more.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._failure: OSError | None = None

    def write(self, event: str, **facts: Any) -> None:
        """Write one event; the keys `event` and `time` (Unix time in seconds) come first."""
        import json
        import time

        if self._failure is None:
            try:
                write_out(json.dumps({"event": event, "time": round(time.time(), 6), **facts}).encode() + b"\n")
            except OSError as error:
                self._failure = error
                self._stop()

    def close(self) -> None:
        """Say that this was all.

        Raises:
            OSError: standard output failed on the way.
        """
        if self._failure is not None:
            raise self._failure
