"""A terminal at which a person types lines while others talk: what they say appears above the line being typed.

The main thread edits the line (`input`, with the standard module readline); other threads hand in text to be shown.
Only the main thread ever writes: whoever has text wakes it by a signal, and the signal's handler, which Python runs
between two keys, clears the line, writes the text and draws the line anew. So no line is ever torn, and a half-typed
one stays as it was.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque

from wiretalk.cli.editing import open_editor
from wiretalk.cli.output import write_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

PROMPT = "> "

SIGNAL = signal.SIGURG
"""Ignored by default, so that one that comes late, after we have given it back, does no harm."""

MAX_WAITING = 256
"""Texts waiting to be shown, above which whoever has more waits."""

AGAIN_S = 0.05
"""A signal that falls right between readline's look and its wait is heard late, so it is repeated this often."""

LEAVING_S = 5.0
"""On leaving: how long to wait for the last words to be shown."""


class Interrupted(BaseException):
    """Raised in the main thread out of `read_line`: there is nothing more to type for."""


class Terminal:
    """The terminal of this process. There is one; only the main thread may make it.

    Args:
        history: whether lines typed are remembered from one run to the next.
    """

    def __init__(self, *, history: bool = True) -> None:
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._main = threading.main_thread()
        self._reading = False
        self._over = False
        self._closed = False
        self._dumb = os.environ.get("TERM", "dumb") == "dumb"
        self._editor = open_editor(history=history)
        self._before = signal.signal(SIGNAL, self._on_signal)
        self._waker = threading.Thread(target=self._wake_main, name="wiretalk-terminal", daemon=True)
        self._waker.start()

    # any thread

    def show(self, text: str) -> None:
        """Have lines shown; wait while too many others wait already, unless it is the main thread that asks.

        Args:
            text: one or more lines, without a line feed at the end.
        """
        with self._changed:
            if threading.current_thread() is not self._main:
                self._changed.wait_for(lambda: len(self._waiting) < MAX_WAITING or self._closed)
            self._waiting.append(text)
            self._changed.notify_all()
        if threading.current_thread() is self._main:
            self._write_waiting()

    @property
    def full(self) -> bool:
        """Whether so much waits to be shown that nobody should add to it."""
        return len(self._waiting) >= MAX_WAITING

    def end(self) -> None:
        """Let `read_line` leave with Interrupted, now or when it is called."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    # the waker's thread

    def _wake_main(self) -> None:
        ident = self._main.ident
        assert ident is not None  # noqa: S101  # the main thread has started
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed or (self._over and self._reading))
                if self._closed:
                    return
            signal.pthread_kill(ident, SIGNAL)
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closed or not (self._waiting or (self._over and self._reading)), AGAIN_S
                )

    # the main thread

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # what a handler is called with
        self._write_waiting()
        if self._over and self._reading:
            _write(self._clearing(self._editor.typed()[0]))
            raise Interrupted

    def _write_waiting(self) -> None:
        texts = []
        while self._waiting:
            texts.append(self._waiting.popleft())
        if not texts:
            return
        text = "\n".join(texts) + "\n"
        if self._reading:
            before, after = self._editor.typed()
            _write(self._clearing(before) + text)
            if not self._editor.redraw():
                _write(PROMPT + before + after)
        else:
            _write(text)
        # Not with the lock held: a handler may run in the midst of `show`, which holds it.
        self._acknowledge()

    def _clearing(self, before_cursor: str) -> str:
        """Return what clears the line being typed, all of its rows, and leaves the cursor at its begin."""
        if self._dumb:
            return "\n"
        rows = _rows_above(PROMPT + before_cursor)
        return f"\r\x1b[{rows}A\x1b[J" if rows else "\r\x1b[J"

    def _acknowledge(self) -> None:
        if self._changed.acquire(blocking=False):
            try:
                self._changed.notify_all()
            finally:
                self._changed.release()

    def read_line(self) -> str | None:
        """Let the user type a line, and return it; None when he has finished (Ctrl-D).

        Raises:
            Interrupted: `end` was called.
            KeyboardInterrupt: Ctrl-C.
        """
        self._write_waiting()
        if self._over:
            raise Interrupted
        self._reading = True
        try:
            return input(PROMPT)
        except EOFError:
            _write("\n")
            return None
        except KeyboardInterrupt:
            # What was typed stays to be seen, as in a shell.
            _write("\n")
            raise
        finally:
            self._reading = False

    def close(self) -> None:
        """Show what still waits, keep the history, and give the signal back."""
        self._write_waiting()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._waker.join(LEAVING_S)
        signal.signal(SIGNAL, self._before)
        self._editor.keep()


def _rows_above(line: str) -> int:
    """Return how many rows of the terminal a line takes besides its last."""
    try:
        columns = os.get_terminal_size(1).columns
    except OSError:
        return 0
    return columns_of(line) // columns if columns else 0


def columns_of(text: str) -> int:
    """Return how many columns a text takes: two for what East Asia writes wide, none for what combines."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _write(text: str) -> None:
    # Never by way of sys.stdout: this may be a signal's handler, in the midst of a write to it.
    write_out(text.encode(errors="backslashreplace"))
