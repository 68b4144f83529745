"""A listener of something that is there from the beginning, and once: a program, a terminal, a file, a serial line.

So that who serves it need not know that nobody comes to it.
"""

from __future__ import annotations

import socket

from wiretalk.transport.listener import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.address import Address
    from wiretalk.transport.candidate import SockAddr


class LoneListener(Listener):
    """A listener whose one connection is ready from the beginning.

    Args:
        address: what it is.
        sock: the connection, opened; it is the listener's until it is accepted.
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
        try:
            self.sock.recv(1)
        except BlockingIOError:
            return None
        waiting, self._waiting = self._waiting, None
        assert waiting is not None  # noqa: S101  # there was one byte to read, once
        return waiting, None

    def close(self) -> None:
        """Close; a connection that has been accepted stays."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.close()
        self._other.close()
        super().close()
