"""A terminal at which a person types lines while others talk: what they say appears above the line being typed.

The main thread edits the line (`input`, with the standard module readline); other threads hand in text to be shown.
Only the main thread ever writes: whoever has text wakes it by a signal, and the signal's handler, which Python runs
between two keys, clears the line, writes the text and draws the line anew. So no line is ever torn, and a half-typed
one stays as it was.

That handler is also the only one that may raise while a line is typed. Python's `input` looks for signals once more
when a handler has raised, with that exception still set, and any handler that runs then is a SystemError. So Ctrl-C and
the like are only noted there; our own signal follows, and when its handler raises, it has seen to it that no other is
on its way.
"""

from __future__ import annotations

import os
import signal
import termios
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
        # Whether a signal has come that the main thread may have missed; whether it was Ctrl-C or the like.
        self._urgent = False
        self._interrupted = False
        # Set while `read_line` is being left by an exception: no signal may come then.
        self._leaving = False
        # Above 0 while the main thread may hold the lock, which an exception of a signal's handler would not give back.
        self._busy = 0
        self._editor = open_editor(history=history)
        self._settings = termios.tcgetattr(0)
        if self._editor.edits:
            self._set_unbuffered()
        handlers = {SIGNAL: self._on_signal} | {
            number: self._on_interrupt
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        self._before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        self._bell, self._ring = os.pipe()
        os.set_blocking(self._ring, False)
        signal.set_wakeup_fd(self._ring, warn_on_full_buffer=False)
        self._threads = [
            threading.Thread(target=work, name=f"wiretalk-terminal{work.__name__}", daemon=True)
            for work in (self._wake_main, self._hear_signals)
        ]
        for thread in self._threads:
            thread.start()

    def _set_unbuffered(self) -> None:
        """Leave what is typed between two lines to readline, Ctrl-D too, which the system would take for its own."""
        settings = list(self._settings)
        settings[3] &= ~termios.ICANON
        termios.tcsetattr(0, termios.TCSADRAIN, settings)

    # any thread

    def show(self, text: str) -> None:
        """Have lines shown; wait while too many others wait already, unless it is the main thread that asks.

        Args:
            text: one or more lines, without a line feed at the end.
        """
        if threading.current_thread() is self._main:
            self._waiting.append(text)
            self._write_waiting()
            return
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < MAX_WAITING or self._closed)
            self._waiting.append(text)
            self._changed.notify_all()

    @property
    def full(self) -> bool:
        """Whether so much waits to be shown that nobody should add to it."""
        return len(self._waiting) >= MAX_WAITING

    def end(self) -> None:
        """Let `read_line` leave with Interrupted, now or when it is called."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    # threads of our own

    def _wake_main(self) -> None:
        ident = self._main.ident
        assert ident is not None  # noqa: S101  # the main thread has started
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._wanted)
                if self._closed:
                    return
                # With the lock held: see _leave_line.
                signal.pthread_kill(ident, SIGNAL)
                self._changed.wait_for(lambda: self._closed or not self._wanted, AGAIN_S)

    @property
    def _wanted(self) -> bool:
        """Whether the main thread has something to do that it may not know of."""
        return not self._leaving and (bool(self._waiting) or self._urgent or (self._reading and self._over))

    def _hear_signals(self) -> None:
        """See that Ctrl-C and the like are heard: the main thread may begin to wait with one of them pending."""
        while came := os.read(self._bell, 100):
            if any(number != SIGNAL for number in came):
                with self._changed:
                    self._urgent = True
                    self._changed.notify_all()

    # the main thread

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # what a handler is called with
        self._write_waiting()
        self._urgent = False
        if self._reading and (self._over or self._interrupted):
            self._leave_line()

    def _leave_line(self) -> None:
        """Leave `read_line` from within its wait.

        Raises:
            KeyboardInterrupt: because of Ctrl-C or the like.
            Interrupted: because of `end`.
        """
        # What was typed stays to be seen after Ctrl-C, as in a shell.
        _write("\n" if self._interrupted else self._clearing(self._editor.typed()[0]))
        # The waker signals with the lock held: when we have it, a signal of his has come or will not. The main thread
        # waits in `input` and does not hold the lock itself; the time is for the unforeseen.
        held = self._changed.acquire(timeout=AGAIN_S)
        self._reading = False
        self._leaving = True
        if held:
            self._changed.release()
        # One that has come is handled in here, at a call of a function, and finds nothing to do.
        self._write_waiting()
        self._raise_interrupt()
        raise Interrupted

    def _raise_interrupt(self) -> None:
        if self._interrupted:
            self._interrupted = False
            raise KeyboardInterrupt

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # as above
        self._interrupted = True
        if not self._reading and not self._busy:
            self._raise_interrupt()

    def _write_waiting(self) -> None:
        self._busy += 1
        try:
            texts = []
            while self._waiting:
                texts.append(self._waiting.popleft())
            if texts:
                self._write("\n".join(texts) + "\n")
                self._acknowledge()
        finally:
            self._busy -= 1
        if not self._busy and not self._reading:
            self._raise_interrupt()

    def _write(self, text: str) -> None:
        """Write lines; while a line is typed, above it."""
        if not self._reading:
            _write(text)
            return
        before, after = self._editor.typed()
        _write(self._clearing(before) + text)
        if not self._editor.redraw():
            _write(PROMPT + before + after)

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
        line = None
        try:
            self._reading = True
            line = input(PROMPT)
        except EOFError:
            _write("\n")
        finally:
            self._reading = self._leaving = False
        # One that came as the line was ended.
        self._raise_interrupt()
        return line

    def close(self) -> None:
        """Show what still waits, keep the history, and give the signals back."""
        self._busy += 1
        self._write_waiting()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        signal.set_wakeup_fd(-1)
        os.close(self._ring)
        for thread in self._threads:
            thread.join(LEAVING_S)
        os.close(self._bell)
        termios.tcsetattr(0, termios.TCSADRAIN, self._settings)
        for number, handler in self._before.items():
            signal.signal(number, handler)
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
