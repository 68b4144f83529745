"""exec: a program's standard input and output. They are one end of a Unix socket pair; ours is the other.

Standard error is left as it is: what the program complains of is for whoever started us.
"""

from __future__ import annotations

import socket

from wiretalk.transport.candidate import Candidate
from wiretalk.transport.child import Child, arguments_of
from wiretalk.transport.lone import LoneListener, SpeakingSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener


class ChildSocket(SpeakingSocket):
    """Our end of a program's input and output; closing it ends the program."""

    child: Child | None = None
    _broken_off = False

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

    def close(self) -> None:
        """Close, and see to it that the program ends."""
        child, self.child = self.child, None
        super().close()
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
    ours, theirs = socket.socketpair()
    made = ChildSocket(fileno=ours.detach())
    try:
        made.settimeout(0)
        # The program's end is ours too until it has been reaped, so that its status is known when its output ends.
        made.child = Child(address, arguments_of(address), theirs.close, stdin=theirs, stdout=theirs)
    except BaseException:
        made.close()
        theirs.close()
        raise
    return made


def listen(address: Address) -> list[Listener]:
    """Start the program; return a listener whose one connection it is."""
    (candidate,) = candidates(address, passive=True)
    return [LoneListener(address, lambda: open_socket(candidate))]
