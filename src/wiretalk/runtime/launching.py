"""A program of ours as a connection: what it says is received, what is sent is its input, and its end is told.

The program is started, reaped and ended by `transport`; whom it serves is decided above.
"""

from __future__ import annotations

import asyncio
import os
import shlex

from wiretalk.address import Address
from wiretalk.conversing import Plan
from wiretalk.limits import CHILD_GRACE_S, READ_BYTES, Limits
from wiretalk.runtime.carrying import carry
from wiretalk.runtime.connection import Connection
from wiretalk.transport.exec import start

LAST_LOOKS = 16
"""Reads that take what a program has complained of before its end: more than the system holds."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Complaints:
    """Push what a program says on its standard error.

    Args:
        loop: the event loop.
        descriptor: our end, which never blocks; closed at the end.
        tell: see `Program`.
    """

    __slots__ = ("_descriptor", "_loop", "_tell")

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, tell: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._tell = tell
        loop.add_reader(descriptor, self._take)

    def _take(self) -> bool:
        """Push a piece; return whether there was one."""
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return False
        if data:
            self._tell(data)
            return True
        self._close()
        return False

    def finish(self) -> None:
        """Push what is there still, and be done with it."""
        for _ in range(LAST_LOOKS):
            if self._descriptor < 0 or not self._take():
                break
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._loop.remove_reader(descriptor)
            os.close(descriptor)
            self._tell(b"")


class Program:
    """A program that runs, in a process group of its own, which ends with it.

    Args:
        arguments: its argument vector; no shell reads it.
        directory: where it runs; None: where we do.
        variables: its environment.
        reads: whether it is sent anything; otherwise it has no input.
        errors: what its standard error is: "ours", "output" (with the output), "none", or a function that is called
            with each piece of it, and with b"" at its end.
        reaped: called in the loop's thread when it has ended, before its output does.

    Attributes:
        name: its name in errors and in the log.
        connection: its input and output; aborting it ends the program at once.

    Raises:
        UnreachableError: there is no such program, or no such directory.
        NotPermittedError: it may not be run.
        LimitError: out of processes, memory or file descriptors.
        OpenError: it could not be started for another reason.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        directory: str | None,
        variables: Mapping[str, str],
        reads: bool,
        errors: str | Callable[[bytes], None],
        reaped: Callable[[], None],
    ) -> None:
        self.name = shlex.join(arguments)
        self._reaped = reaped
        self._loop = loop = asyncio.get_running_loop()
        self._late: asyncio.TimerHandle | None = None
        sock = start(
            self.name,
            list(arguments),
            directory=directory,
            variables=variables,
            reads=reads,
            errors=errors if isinstance(errors, str) else "told",
            reaped=self._tell,
        )
        assert sock.child is not None  # noqa: S101  # it has been started
        self._child = sock.child
        self._complaints = None
        if not isinstance(errors, str):
            self._complaints = Complaints(loop, sock.take_complaints(), errors)
        limits = Limits(idle_timeout_s=None)
        plan = Plan(Address("exec", "", None, self.name, {}, self.name), None, None, limits, dialled=True)
        self.connection = Connection(plan, self.name, "")
        carry(sock, self.connection, None, accepted=False).start()

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._child.status

    def end(self) -> None:
        """End it at once, with its group."""
        self.connection.abort()
        if self._late is not None:
            self._late.cancel()
        if self._complaints is not None:
            self._complaints.finish()

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._ended)
        except RuntimeError:
            # The loop has been closed: nobody is left to be told.
            pass

    def _ended(self) -> None:
        """It has ended; those of its group that live on have a moment, then they end too, so that the output does."""
        self._reaped()
        if self.connection.ending is None:
            self._late = self._loop.call_later(CHILD_GRACE_S, self._child.disband)
