"""Being told to stop: SIGTERM and SIGHUP are heard as Ctrl-C is, so that all leave in the same good order.

A signal that comes right before the main thread begins to wait does not wake it, and Python would act on it only when
something else does. So every signal also rings a bell, and whoever hears that wakes the main thread a little later.
"""

from __future__ import annotations

import os
import signal
import time
from _thread import get_ident, start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

WAKING = signal.SIGURG
"""What wakes the main thread: ignored by default, so that one that comes late does no harm."""

WAKE_AFTER_S = (0.05, 0.2, 1.0)
"""Pauses before it is woken. Once is enough, unless that too comes right before it begins to wait."""


def hear_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread, which calls this.

    Those that whoever started us had ignored stay so: nohup means it.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    signal.signal(WAKING, _woken)
    bell, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    start_new_thread(_wake, (bell, get_ident()))


def _woken(number: int, frame: FrameType | None) -> None:
    """Do nothing: to be called is what it is for."""


def _wake(bell: int, main: int) -> None:
    while came := os.read(bell, 100):
        if any(number != WAKING for number in came):
            for pause_s in WAKE_AFTER_S:
                time.sleep(pause_s)
                signal.pthread_kill(main, WAKING)
