"""A listener of something that is there from the beginning, and once: a program, a terminal, a file, a serial line.

So that who serves it need not know that nobody comes to it.
"""

from __future__ import annotations

import socket

from wiretalk.transport.listener import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretalk.address import Address
    from wiretalk.transport.candidate import SockAddr


class SpeakingSocket(socket.socket):
    """One end of a socket pair that knows more of the other end than the system does: why it is over.

    A reset says only that the other end closed with input unread; what that means is for `end_reason` to say.
    """

    unread_is_end = True
    """Whether the other end's closing with input unread is, to who reads, an end like any other."""

    def end_reason(self) -> OSError | None:
        """Return what to raise where the output has ended; None: it has ended in good order."""
        return None

    def loss_reason(self) -> OSError | None:
        """Return what to raise where no more is taken; None: what the system says."""
        return None

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As any socket's; at the end, the reason where there is one."""
        try:
            data = super().recv(size, flags)
        except ConnectionResetError:
            data = b""
        if not data and size:
            reason = self.end_reason()
            if reason is not None:
                raise reason
        return data

    def send(self, data: bytes | memoryview, flags: int = 0) -> int:  # type: ignore[override]  # what transports give
        """As any socket's; where no more is taken, the reason."""
        try:
            return super().send(data, flags)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self.loss_reason() or error from None

    def sendmsg(self, pieces: Sequence[bytes | memoryview]) -> int:  # type: ignore[override]  # what transports give
        """As `send`, with several pieces."""
        try:
            return super().sendmsg(pieces)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self.loss_reason() or error from None


class LoneListener(Listener):
    """A listener whose one connection is ready from the beginning.

    Args:
        address: what it is.
        open_it: opens the connection, which is the listener's until it is accepted.
    """

    __slots__ = ("_other", "_waiting")

    def __init__(self, address: Address, open_it: Callable[[], socket.socket]) -> None:
        sock, self._other = socket.socketpair()
        sock.settimeout(0)
        try:
            self._waiting: socket.socket | None = open_it()
        except BaseException:
            sock.close()
            self._other.close()
            raise
        # Something to read makes it ready, as a connection in the backlog would.
        self._other.send(b".")
        super().__init__(sock, address)

    def accept(self) -> tuple[socket.socket, SockAddr] | None:
        """Take the one connection; None from then on."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return None
        # Nothing more to read: nobody else comes.
        self.sock.recv(1)
        return waiting, None

    def close(self) -> None:
        """Close; a connection that has been accepted stays."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.close()
        self._other.close()
        super().close()
