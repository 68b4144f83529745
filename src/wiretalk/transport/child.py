"""A program that we start, as one end of a stream: what it is started with, and what became of it.

Its output ends for us only once it has been reaped, so at the end of the output its exit status is known: our process
keeps the program's own end open until then. Waiting for it and ending it is in `reaper`.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess

from wiretalk.address.commands import variables, words
from wiretalk.errors import NotPermittedError, OpenError, UnreachableError
from wiretalk.transport import reaper
from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain
from wiretalk.transport.reasons import ReasonError, UnreadError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from wiretalk.address import Address

log = logging.getLogger("wiretalk")

OUR_LEAVING = (-signal.SIGPIPE, -signal.SIGHUP)
"""How a program may end because we have left: nobody reads it any more, its terminal has hung up."""

NO_PROGRAM = "there is no such program: is it installed, and in the PATH?"
NOT_A_PROGRAM = "this user may not run that program: is it executable?"


class Child:
    """One program that runs, in a session and process group of its own.

    Args:
        name: what it is called in errors and in the log.
        arguments: its argument vector.
        release: called when it has been reaped, in the reaper's thread; it closes the program's end.
        directory: where it runs; None: where we do.
        variables: its environment.
        settings: for `subprocess.Popen`: what is its input and output.

    Raises:
        UnreachableError: there is no such program, or no such directory.
        NotPermittedError: it may not be run.
        LimitError: out of processes, memory or file descriptors.
        OpenError: it could not be started for another reason.
    """

    def __init__(
        self,
        name: str,
        arguments: list[str],
        release: Callable[[], None],
        *,
        directory: str | None,
        variables: Mapping[str, str],
        **settings: Any,
    ) -> None:
        self.name = name
        self._release = release
        self._told = False
        self._left = False
        try:
            # Popen closes every descriptor of ours in the child, and has SIGPIPE, which Python ignores, as usual again.
            process = subprocess.Popen(  # noqa: S603  # to run what the user names is what it is for
                arguments,
                cwd=directory,
                env=variables,
                start_new_session=True,
                **settings,
            )
        except OSError as error:
            raise _refused(error, self.name, directory) from None
        try:
            self._ward = reaper.watch(process, self._reaped)
        except OSError as error:
            process.kill()
            process.wait()
            raise _refused(error, self.name, directory) from None

    @property
    def pid(self) -> int:
        """Its number, which is its group's and its session's too."""
        return self._ward.process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._ward.status

    def _reaped(self, status: int) -> None:
        self._release()
        if self._left:
            self._tell(status)

    def _tell(self, status: int) -> None:
        """Log what became of it, unless the conversation's end has told it. Told to end, it may do so in any way."""
        ours = self._ward.signalled or (self._left and status in OUR_LEAVING)
        if status and not (self._told or ours):
            self._told = True
            log.warning("%s: %s", self.name, in_words(status))

    def reason(self) -> OSError | None:
        """Return how its output has ended, as an error; None: in good order, or it still runs."""
        status = self.status
        if not status:
            return None
        self._told = True
        return ReasonError(self.name, in_words(status), orderly=True)

    def unheard(self) -> OSError | None:
        """Return why it takes no more input, as an error; None: it still runs."""
        if self.status is None:
            return None
        return self.reason() or UnreadError(self.name, "it ended without reading all")

    def leave(self, *, at_once: bool) -> None:
        """End it, its group with it; see `reaper.Ward.leave`."""
        self._left = True
        if self.status is not None:
            self._tell(self.status)
        self._ward.leave(at_once=at_once)

    def disband(self) -> None:
        """End its group; it has ended itself, and what it has said may still be read."""
        self._ward.leave(at_once=True)


def arguments_of(address: Address) -> list[str]:
    """Return the argument vector of an address: its words, or a shell and its text."""
    return ["/bin/sh", "-c", address.path] if address.option("shell") else words(address.path)


def environment(address: Address) -> dict[str, str]:
    """Return the environment: ours, and what the option `env` adds."""
    return os.environ | dict(pair.split("=", 1) for pair in variables(address))


def find(program: str, address: Address) -> str:
    """Return the path of a program, as the system would find it.

    Raises:
        UnreachableError: there is none.
        NotPermittedError: it may not be run.
    """
    name, directory = told(address), address.option("directory") or ""
    if directory and not os.path.isdir(directory):
        raise UnreachableError(name, f"there is no directory {directory}")
    places = [""] if "/" in program else environment(address).get("PATH", os.defpath).split(os.pathsep)
    there = False
    for place in places:
        path = os.path.join(place, program)
        if os.path.isfile(seen := os.path.join(directory, path)):
            there = True
            if os.access(seen, os.X_OK):
                return path
    raise NotPermittedError(name, NOT_A_PROGRAM) if there else UnreachableError(name, NO_PROGRAM)


def in_words(status: int) -> str:
    """Return what became of a program, in words."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"


def _refused(error: OSError, name: str, directory: str | None) -> Exception:
    if directory and error.filename == directory:
        return UnreachableError(name, f"there is no directory {directory}")
    if error.errno == errno.ENOENT:
        return UnreachableError(name, NO_PROGRAM)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return NotPermittedError(name, NOT_A_PROGRAM)
    if error.errno == errno.EAGAIN:
        return OpenError(name, "the system starts no more processes for this user (ulimit -u)")
    if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM}:
        return explain(error, name, "open")
    return OpenError(name, f"it could not be started: {error.strerror}")
