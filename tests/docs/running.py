"""A command in the background, and what it has told so far."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading

PATIENCE_S = 60
"""Past this, what was waited for does not come."""


class Running:
    """A command of bash's in the background.

    Args:
        command: the command.
        expected: what it must have told in the end; None: anything.
        settings: more for Popen.
    """

    def __init__(self, command, expected=None, **settings):
        self.command = command
        self.expected = expected
        self.told = ""
        self.ended = False
        self._process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **settings,
        )
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while data := self._process.stdout.read1():
            with self._changed:
                self.told += data.decode()
                self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait_for(self, condition):
        """Wait until what was told fulfils the condition, or nothing more can come; return whether it does."""
        with self._changed:
            self._changed.wait_for(lambda: condition(self.told) or self.ended, PATIENCE_S)
            return condition(self.told)

    def close_group(self):
        """End it at once, and all that it has started; only for what was started with `start_new_session`."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.close()

    def wait(self):
        """Wait until it has left by itself; return the exit status."""
        return self._process.wait(PATIENCE_S)

    def close(self):
        """Stop it as a service is stopped, unless it has left; return the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(PATIENCE_S)
            self._process.stdout.close()
