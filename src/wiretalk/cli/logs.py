"""The "wiretalk" logger on standard error: one plain line a record."""

from __future__ import annotations

import logging
import traceback

from wiretalk.cli.output import complain


class _Lines(logging.Handler):
    """Tell each record as errors are told; of an exception its last line, or all of it."""

    def __init__(self, whole: bool) -> None:
        super().__init__(logging.WARNING)
        self._whole = whole

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            told = traceback.format_exception(record.exc_info[1])
            line += f": {told[-1].rstrip()}"
            if self._whole:
                line += "\n" + "".join(told).rstrip()
        complain(line)


def log_to_stderr(whole: bool = False) -> None:
    """Send warnings and errors of the "wiretalk" logger to standard error, and nowhere else.

    Args:
        whole: whether tracebacks are shown.
    """
    log = logging.getLogger("wiretalk")
    log.handlers[:] = [_Lines(whole)]
    log.propagate = False
