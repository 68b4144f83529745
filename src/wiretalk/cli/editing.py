"""The line being typed, as readline edits it, and the lines typed before, remembered from one run to the next.

The file is `wiretalk/history` in $XDG_STATE_HOME (~/.local/state), readable by its owner alone. Without the module
readline there is no history and no editing, and everything else works.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MAX_LINES = 1000
"""Lines kept."""


class Editor:
    """The line being typed, seen from outside. This one is for a terminal without editing: nobody knows the line.

    Attributes:
        edits: whether the line is edited by us, and not by the terminal.
    """

    edits = False

    def typed(self) -> tuple[str, str]:
        """Return what is typed so far: what is before the cursor, and what is after it."""
        return "", ""

    def redraw(self) -> bool:
        """Draw prompt and line where the cursor is, at the begin of an empty row; return whether it could be done."""
        return False

    def keep(self) -> None:
        """Keep what was typed, for the next run."""


class Readline(Editor):
    """The line as the standard module readline edits it.

    Python's module does not tell where the cursor is, and cannot draw the line; the library beneath it can, where
    ctypes finds it. Where it does not, the cursor is taken to be at the end. All calls are the main thread's.

    Args:
        history: whether lines typed are kept from one run to the next.
    """

    edits = True

    def __init__(self, *, history: bool) -> None:
        import readline

        self._readline = readline
        self._library = None if "libedit" in (readline.__doc__ or "") else _library(readline)
        # A tab is part of what is typed: there are no files to complete here.
        readline.parse_and_bind("tab: self-insert" if self._library else "bind ^I ed-insert")
        self._path = history_path() if history else ""
        if history:
            try:
                readline.read_history_file(self._path)
            except OSError:
                # None yet, or not ours to read: it begins empty.
                pass
        self._kept = readline.get_current_history_length()

    def typed(self) -> tuple[str, str]:
        line = self._readline.get_line_buffer()
        if self._library is None:
            return line, ""
        encoded = os.fsencode(line)
        point = self._library.point()
        return os.fsdecode(encoded[:point]), os.fsdecode(encoded[point:])

    def redraw(self) -> bool:
        if self._library is None:
            return False
        self._library.redraw()
        return True

    def keep(self) -> None:
        typed = self._readline.get_current_history_length() - self._kept
        if self._path and typed > 0:
            _append(self._path, typed)


class Library:
    """What of GNU readline the standard module does not pass on."""

    def __init__(self, found: Any) -> None:
        from ctypes import c_int

        self._point = c_int.in_dll(found, "rl_point")
        self.redraw: Callable[[], object] = found.rl_forced_update_display

    def point(self) -> int:
        """Return where the cursor is, in bytes from the begin of the line."""
        return self._point.value


def _library(module: Any) -> Library | None:
    try:
        from ctypes import PyDLL

        return Library(PyDLL(getattr(module, "__file__", None)))
    except (ImportError, OSError, ValueError, AttributeError):
        # No ctypes, or a library that keeps its names to itself.
        return None


def open_editor(*, history: bool) -> Editor:
    """Return the editor of this process."""
    try:
        return Readline(history=history)
    except ImportError:
        return Editor()


def history_path() -> str:
    """Return where the history is kept."""
    home = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "wiretalk", "history")


def _append(path: str, typed: int) -> None:
    """Add the last lines to the file, so that two runs at a time do not lose each other's, and keep it short."""
    import readline

    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        readline.set_history_length(MAX_LINES)
        if hasattr(readline, "append_history_file"):
            readline.append_history_file(typed, path)
        else:
            readline.write_history_file(path)
    except OSError:
        # A read-only home: the lines are forgotten, which is better than an error on leaving.
        pass
