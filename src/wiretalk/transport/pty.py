"""pty: a program on a terminal of its own, which is all that some programs talk to.

A half-close is the terminal's end-of-file character (Ctrl-D), as somebody who sits there would type it. Unless it is
raw, a terminal takes lines of at most 4,095 bytes, echoes them, and writes every end of a line as CR LF.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import termios
import threading

from wiretalk.errors import LimitError, OpenError
from wiretalk.limits import CHILD_LOOK_S
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.child import Child, arguments_of, environment, find
from wiretalk.transport.descriptor import Descriptor
from wiretalk.transport.lone import LoneListener
from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

COLUMNS = 80
ROWS = 24

LOCAL_MODES = 3
CHARACTERS = 6
"""Indices in what `tcgetattr` returns."""

TAKE_TERMINAL = 'exec "$@" <>"$0" >&0 2>&0'
"""For a shell that leads its session: the terminal that it opens first is the one that controls it (Ctrl-C, /dev/tty).

No code of ours has to run between fork and exec, where in a process with threads hardly anything is safe.
"""


class Terminal(Descriptor):
    """The side of a pseudo-terminal that we have; closing it hangs up on the program."""

    child: Child | None = None
    _broken_off = False
    _within_line = False

    def end_reason(self) -> OSError | None:
        """See `Descriptor`."""
        return self.child.reason() if self.child is not None else None

    def loss_reason(self) -> OSError:
        """See `Descriptor`."""
        return (self.child.unheard() if self.child is not None else None) or super().loss_reason()

    def send(self, data: bytes | memoryview, _flags: int = 0) -> int:
        """Write as much as goes at once."""
        written = super().send(data)
        if written:
            self._within_line = data[written - 1] != ord("\n")
        return written

    def sendmsg(self, pieces: Any) -> int:
        """Write several pieces, as much as goes at once."""
        return self.send(b"".join(pieces))

    def shutdown(self, how: int) -> None:
        """Type the end-of-file character; twice within a line, which the first one ends."""
        if how == socket.SHUT_RD or self._over:
            return
        try:
            attributes: Any = termios.tcgetattr(self.fileno())
        except termios.error as error:
            raise OSError(*error.args) from None
        if not attributes[LOCAL_MODES] & termios.ICANON:
            return
        typed = attributes[CHARACTERS][termios.VEOF] * (2 if self._within_line else 1)
        try:
            os.write(self.fileno(), typed)
        except BlockingIOError:
            threading.Thread(target=self._type_later, args=(typed,), name="wiretalk-typist", daemon=True).start()

    def _type_later(self, typed: bytes) -> None:
        """The program has yet to read what fills the terminal; type it when there is room."""
        while (number := self.fileno()) >= 0:
            poll = select.poll()
            poll.register(number, select.POLLOUT)
            events = sum(seen for _, seen in poll.poll(int(CHILD_LOOK_S * 1000)))
            with self._closing:
                if self.fileno() < 0 or events & select.POLLHUP:
                    return
                try:
                    if events and os.write(number, typed):
                        return
                except BlockingIOError:
                    continue

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._closing = threading.Lock()

    def setsockopt(self, *arguments: Any) -> None:
        """To linger for no time is how a transport breaks off."""
        self._broken_off |= arguments[:2] == (socket.SOL_SOCKET, socket.SO_LINGER)

    def close(self) -> None:
        """Hang up, and see to it that the program ends."""
        child, self.child = self.child, None
        with self._closing:
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
    arguments = arguments_of(address)
    # The shell that opens the terminal would say so there; we say it in time.
    arguments[0] = find(arguments[0], address)
    try:
        ours, theirs = os.openpty()
    except OSError as error:
        told_error = explain(error, told(address), "open")
        if isinstance(told_error, LimitError):
            raise told_error from None
        raise OpenError(told(address), f"the system gives no terminal: {error.strerror}") from None
    made = Terminal(ours)
    try:
        _prepare(theirs, raw=bool(address.option("raw")))
        command = ["/bin/sh", "-c", TAKE_TERMINAL, os.ttyname(theirs), *arguments]
        # The program's side is ours too until it has been reaped, so that its status is known when its output ends.
        made.child = Child(
            told(address),
            command,
            lambda: os.close(theirs),
            directory=address.option("directory"),
            variables=environment(address),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
    except BaseException:
        made.close()
        os.close(theirs)
        raise
    return made


def _prepare(terminal: int, *, raw: bool) -> None:
    """Give a terminal the usual size; raw, it echoes and changes nothing."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    if raw:
        import tty

        tty.setraw(terminal)


def listen(address: Address) -> list[Listener]:
    """Start the program; return a listener whose one connection it is."""
    (candidate,) = candidates(address, passive=True)
    return [LoneListener(address, lambda: open_socket(candidate))]
