"""exec: a program's standard input and output. They are one end of a Unix socket pair; ours is the other.

Standard error is left as it is: what the program complains of is for whoever started us.
"""

from __future__ import annotations

import os
import socket
import subprocess

from wiretalk.transport.candidate import Candidate
from wiretalk.transport.child import Child, arguments_of, environment
from wiretalk.transport.lone import LoneListener, SpeakingSocket
from wiretalk.transport.names import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener


class ChildSocket(SpeakingSocket):
    """Our end of a program's input and output; closing it ends the program."""

    child: Child | None = None
    _broken_off = False
    _complaints = -1

    def end_reason(self) -> OSError | None:
        """See `SpeakingSocket`."""
        return self.child.reason() if self.child is not None else None

    def loss_reason(self) -> OSError | None:
        """See `SpeakingSocket`."""
        return self.child.unheard() if self.child is not None else None

    def setsockopt(self, *arguments: Any) -> None:
        """As any socket's; to linger for no time is how a transport breaks off."""
        if arguments[:2] == (socket.SOL_SOCKET, socket.SO_LINGER):
            self._broken_off = True
            return
        super().setsockopt(*arguments)

    def open_complaints(self) -> int:
        """Return what is to be the program's standard error; our end of it is kept.

        It is a pipe and no socket, since programs open /dev/stderr anew, which they cannot where it is a socket.
        """
        self._complaints, theirs = os.pipe()
        os.set_blocking(self._complaints, False)
        return theirs

    def take_complaints(self) -> int:
        """Return our end of its standard error, which never blocks, and is the caller's from now on."""
        taken, self._complaints = self._complaints, -1
        return taken

    def close(self) -> None:
        """Close, and see to it that the program ends."""
        child, self.child = self.child, None
        super().close()
        if (complaints := self.take_complaints()) >= 0:
            os.close(complaints)
        if child is not None:
            child.leave(at_once=self._broken_off)


def candidates(address: Address, *, passive: bool) -> list[Candidate]:  # noqa: ARG001  # as every family's
    """Return the one way to try."""
    return [Candidate(socket.AF_UNIX, socket.SOCK_STREAM, 0, None, address)]


def open_socket(candidate: Candidate) -> socket.socket:
    """Start the program; return our end.

    Raises: as `Child`.
    """
    address = candidate.address
    return start(
        told(address),
        arguments_of(address),
        directory=address.option("directory"),
        variables=environment(address),
    )


def start(
    name: str,
    arguments: list[str],
    *,
    directory: str | None,
    variables: Mapping[str, str],
    reads: bool = True,
    errors: str = "ours",
    reaped: Callable[[], None] | None = None,
) -> ChildSocket:
    """Start a program; return our end of its input and output.

    Args:
        name: what it is called in errors and in the log.
        arguments: its argument vector.
        directory: where it runs; None: where we do.
        variables: its environment.
        reads: whether what is written to our end is its input; otherwise it has none.
        errors: what its standard error is: "ours", "output" (with it), "none", or "told" (`take_complaints`).
        reaped: called when it has been reaped, before its output ends for us, in the reaper's thread.

    Raises: as `Child`.
    """
    ours, theirs = socket.socketpair()
    made = ChildSocket(fileno=ours.detach())
    complains = -1

    def release() -> None:
        if reaped is not None:
            reaped()
        theirs.close()

    try:
        made.settimeout(0)
        if errors == "told":
            complains = made.open_complaints()
        # The program's end is ours too until it has been reaped, so that its status is known when its output ends.
        made.child = Child(
            name,
            arguments,
            release,
            directory=directory,
            variables=variables,
            stdin=theirs if reads else subprocess.DEVNULL,
            stdout=theirs,
            stderr={"ours": None, "output": theirs, "none": subprocess.DEVNULL, "told": complains}[errors],
        )
    except BaseException:
        made.close()
        theirs.close()
        raise
    finally:
        if complains >= 0:
            os.close(complains)
    return made


def listen(address: Address) -> list[Listener]:
    """Start the program; return a listener whose one connection it is."""
    (candidate,) = candidates(address, passive=True)
    return [LoneListener(address, lambda: open_socket(candidate))]
