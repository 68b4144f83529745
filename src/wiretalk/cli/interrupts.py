"""Being told to stop: SIGTERM is heard as Ctrl-C is, so that both leave in the same good order."""

from __future__ import annotations

import signal


def stop_on_sigterm() -> None:
    """Let SIGTERM raise KeyboardInterrupt in the main thread, unless whoever started us had it ignored."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
