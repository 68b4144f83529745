"""Being told to stop: SIGTERM and SIGHUP are heard as Ctrl-C is, so that all leave in the same good order."""

from __future__ import annotations

import signal


def hear_signals() -> None:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread, unless who started us had them ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
