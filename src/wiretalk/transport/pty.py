"""pty: a program on a terminal of its own, which is all that some programs talk to.

A half-close is the terminal's end-of-file character (Ctrl-D), as somebody who sits there would type it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import termios

from wiretalk.errors import OpenError
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.child import Child
from wiretalk.transport.descriptor import Descriptor
from wiretalk.transport.lone import LoneListener
from wiretalk.transport.names import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

COLUMNS = 80
ROWS = 24

CANONICAL_MODE = 3
"""The index of the local modes in what `tcgetattr` returns; the control characters are at 6."""


class Terminal(Descriptor):
    """The side of a pseudo-terminal that we have; closing it hangs up on the program."""

    child: Child | None = None
    _broken_off = False

    def shutdown(self, how: int) -> None:
        """Type the end-of-file character, twice: the first ends a line that has been begun."""
        if how != socket.SHUT_RD:
            attributes: Any = termios.tcgetattr(self.fileno())
            if attributes[CANONICAL_MODE] & termios.ICANON:
                self.send(attributes[6][termios.VEOF] * 2)

    def setsockopt(self, *arguments: Any) -> None:
        """To linger for no time is how a transport breaks off."""
        self._broken_off |= arguments[:2] == (socket.SOL_SOCKET, socket.SO_LINGER)

    def close(self) -> None:
        """Hang up, and see to it that the program ends."""
        child, self.child = self.child, None
        super().close()
        if child is not None:
            child.leave(at_once=self._broken_off)


def candidates(address: Address, *, passive: bool) -> list[Candidate]:  # noqa: ARG001  # as every family's
    """Return the one way to try."""
    return [Candidate(socket.AF_UNIX, socket.SOCK_STREAM, 0, None, address)]


def open_socket(candidate: Candidate) -> Any:
    """Start the program on a new terminal; return our side.

    Raises: as `Child`.
    """
    address = candidate.address
    try:
        ours, theirs = os.openpty()
    except OSError as error:
        raise OpenError(told(address), f"the system gives no terminal: {error.strerror}") from None
    try:
        made = Terminal(ours)
        _prepare(theirs, raw=bool(address.option("raw")))
        try:
            made.child = Child(address, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=_take_terminal)
        except BaseException:
            made.close()
            raise
    finally:
        os.close(theirs)
    return made


def _prepare(terminal: int, *, raw: bool) -> None:
    """Give a terminal the usual size; raw, it echoes and changes nothing."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    if raw:
        import tty

        tty.setraw(terminal)


def _take_terminal() -> None:
    """In the child: make its standard input the terminal that controls it, so that Ctrl-C reaches it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def listen(address: Address) -> list[Listener]:
    """Start the program; return a listener whose one connection it is."""
    (candidate,) = candidates(address, passive=True)
    return [LoneListener(address, lambda: open_socket(candidate))]
