"""A program that we start, as a connected stream socket: always reaped, its exit status told, ended with its group.

What it is started with (a socket, a terminal) is for `exec` and `pty`.
"""

from __future__ import annotations

import atexit
import errno
import logging
import os
import shlex
import signal
import subprocess
import threading

from wiretalk.errors import NotPermittedError, OpenError, UnreachableError
from wiretalk.limits import CHILD_GRACE_S
from wiretalk.transport.names import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address

log = logging.getLogger("wiretalk")

_alive: set[Child] = set()
"""Programs that have not been reaped yet, so that none outlives us."""

_alive_lock = threading.Lock()


class Child:
    """One program that runs, in a session and process group of its own.

    Args:
        address: whose path is the command; options `shell`, `directory`, `env`.
        settings: for `subprocess.Popen`, what is its input and output.

    Raises:
        UnreachableError: there is no such program, or no such directory.
        NotPermittedError: it may not be run.
        OpenError: it could not be started for another reason.
    """

    def __init__(self, address: Address, **settings: Any) -> None:
        self.name = told(address)
        self._wanted = False
        directory = address.option("directory")
        try:
            self.process = subprocess.Popen(  # noqa: S603  # to run what the user names is what it is for
                command_of(address),
                cwd=directory,
                env=os.environ | variables(address),
                start_new_session=True,
                **settings,
            )
        except OSError as error:
            raise _refused(error, self.name, directory) from None
        with _alive_lock:
            _alive.add(self)
        self._reaper = threading.Thread(target=self._reap, name="wiretalk-child", daemon=True)
        self._reaper.start()

    def _reap(self) -> None:
        status = self.process.wait()
        with _alive_lock:
            _alive.discard(self)
        if status and not self._wanted:
            log.warning("%s: %s", self.name, in_words(status))
        else:
            log.info("%s: %s", self.name, in_words(status))

    def leave(self, *, at_once: bool) -> None:
        """End it, its group with it: by itself if it does so in time, else by SIGTERM, and at last by SIGKILL.

        Args:
            at_once: whether it is not to be given the time to end by itself.
        """
        if self.process.returncode is None:
            threading.Thread(target=self._end, args=(at_once,), name="wiretalk-child-end", daemon=True).start()

    def _end(self, at_once: bool) -> None:
        if not at_once:
            self._reaper.join(CHILD_GRACE_S)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self._reaper.is_alive():
                return
            self._wanted = True
            self.kill(number)
            self._reaper.join(CHILD_GRACE_S)

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to its whole group."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            # It was faster.
            pass


@atexit.register
def _leave_nobody() -> None:
    """End what still runs when we leave."""
    with _alive_lock:
        children = list(_alive)
    for child in children:
        child._wanted = True  # a friend
        child.kill(signal.SIGTERM)
    for child in children:
        child._reaper.join(CHILD_GRACE_S)
        if child._reaper.is_alive():
            child.kill(signal.SIGKILL)


def command_of(address: Address) -> list[str]:
    """Return the argument vector of an address: its words as a shell would read them, or a shell and its text.

    Raises:
        AddressError: a quotation mark is never closed.
    """
    if address.option("shell"):
        return ["/bin/sh", "-c", address.path]
    try:
        return shlex.split(address.path)
    except ValueError as error:
        from wiretalk.errors import AddressError

        at = address.text.find(":") + 1
        raise AddressError(address.text, at, f"the command cannot be read: {error}", length=len(address.path)) from None


def variables(address: Address) -> dict[str, str]:
    """Return what the option `env` adds to the environment: NAME=VALUE, with commas between."""
    pairs = (pair.partition("=") for pair in str(address.option("env", "")).split(",") if pair)
    return {name: value for name, _, value in pairs}


def in_words(status: int) -> str:
    """Return what became of a program, in words."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"


def _refused(error: OSError, name: str, directory: str | None) -> OpenError:
    if directory and error.filename == directory:
        return UnreachableError(name, f"there is no directory {directory}")
    if error.errno == errno.ENOENT:
        return UnreachableError(name, "there is no such program: is it installed, and in the PATH?")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return NotPermittedError(name, "this user may not run that program: is it executable?")
    return OpenError(name, f"it could not be started: {error.strerror}")
