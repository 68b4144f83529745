"""A terminal with somebody who types at it, as far as the documentation's dialogues need one."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time

PROMPT = "> "
KEYS = {"(Ctrl-D)": b"\x04", "(Ctrl-C)": b"\x03"}
ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""What a process does to make its standard input its controlling terminal, so that Ctrl-C there reaches it."""

CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


def screen(data):
    """Return the lines that somebody sees: of what moves the cursor, only what the shell face uses is known here."""
    lines, row, column, at = [""], 0, 0, 0
    while at < len(data):
        control = CONTROL.match(data, at)
        if control:
            at = control.end()
            number, letter = control.groups()
            if letter == "J":
                lines[row] = lines[row][:column]
                del lines[row + 1 :]
            elif letter == "K":
                lines[row] = lines[row][:column]
            elif letter == "A":
                row = max(0, row - int(number or 1))
            else:
                assert letter in "mhl", f"this terminal does not know {control.group()!r}"
            continue
        character = data[at]
        at += 1
        if character == "\r":
            column = 0
        elif character == "\n":
            row += 1
            column = 0
            if row == len(lines):
                lines.append("")
        elif character == "\b":
            column = max(0, column - 1)
        elif character != "\x07":
            lines[row] = lines[row].ljust(column)[:column] + character + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


class Terminal:
    """A command on a terminal, and a dialogue that is typed and watched line by line.

    Args:
        command: for bash.
        matches: whether a line of the dialogue is that of the screen: matches(expected, line).
    """

    def __init__(self, command, matches, cwd, env):
        self._matches = matches
        self._seen = b""
        self._fd, theirs = os.openpty()
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        words = [sys.executable, "-ISc", ON_TERMINAL, "bash", "-c", f"exec {command}"]
        ends = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        self._process = subprocess.Popen(words, cwd=cwd, env=env, start_new_session=True, **ends)
        os.close(theirs)

    @property
    def told(self):
        """What the screen shows."""
        return "\n".join(screen(self._seen.decode(errors="replace"))).rstrip()

    def wait_for(self, condition, seconds=30):
        """Read until the condition of the screen's lines holds; return whether it does."""
        until = time.monotonic() + seconds
        while not condition(screen(self._seen.decode(errors="replace"))):
            if not select.select([self._fd], [], [], max(0, until - time.monotonic()))[0]:
                return False
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                # The other side of the terminal is closed: the command has left.
                data = b""
            if not data:
                return condition(screen(self._seen.decode(errors="replace")))
            self._seen += data
        return True

    def hold(self, dialogue):
        """Type what stands after a prompt when everything before it has been seen, to the end of the dialogue."""
        shown = []
        for line in dialogue:
            if line.startswith(PROMPT):
                assert self.wait_for(lambda lines: self._shows(lines, [*shown, PROMPT.rstrip()])), self._why(line)
                typed = line[len(PROMPT) :]
                os.write(self._fd, KEYS.get(typed) or typed.encode() + b"\r")
                shown.append(PROMPT.rstrip() if typed in KEYS else line)
            else:
                shown.append(line)
        assert self.wait_for(lambda lines: self._shows(lines, shown)), self._why("the end")

    def _shows(self, lines, shown):
        whole = len(lines) >= len(shown) and not any(lines[len(shown) :])
        return whole and all(self._matches(*pair) for pair in zip(shown, lines, strict=False))

    def _why(self, line):
        return f"before {line!r} the screen shows:\n{self.told}"

    def left(self):
        """Wait until the command has left by itself; return its exit status."""
        self.wait_for(lambda _: False)
        return self._process.wait(30)

    def close(self):
        """End it, if it has not left."""
        self._process.kill()
        self._process.wait()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
