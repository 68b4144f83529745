"""Our own standard input and output as a connected stream socket, so that they are treated like any other.

Files, terminals and pipes cannot all be waited for in a loop; a socket can. Two threads carry the bytes between.
"""

from __future__ import annotations

import os
import select
import socket
import threading

from wiretalk.errors import OpenError
from wiretalk.limits import READ_BYTES
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.listener import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.candidate import SockAddr

EXIT_FLUSH_S = 5.0
"""How long the end of the process waits for the last bytes to reach standard output."""


class Pump:
    """Carry bytes between two file descriptors and one end of a socket pair; `sock` is the other end.

    The end of the input becomes a half-close of `sock`'s peer. When the output is closed by who reads it, the user of
    `sock` sees a reset. Bytes leave the socket pair only once they are written, so what is in it is what is unsent.

    Args:
        source: the descriptor to read.
        sink: the descriptor to write.
    """

    def __init__(self, source: int, sink: int) -> None:
        self.sock, self._end = socket.socketpair()
        self.sock.settimeout(0)
        self._source = source
        self._sink = sink
        self._written = threading.Condition()
        self._over = False
        # Holding it, a thread may use our end; the end is closed only by who holds it. So no thread is within a system
        # call on it when it closes, and closing takes effect at once.
        self._using = threading.Lock()
        self._wake, self._woken = socket.socketpair()
        for work in (self._carry_in, self._carry_out):
            threading.Thread(target=work, name=f"wiretalk-stdio{work.__name__}", daemon=True).start()

    def flushed(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was sent through the socket is written; return whether it is."""
        with self._written:
            return self._written.wait_for(self._is_empty, timeout_s)

    def _is_empty(self) -> bool:
        if self._over:
            return True
        try:
            return not self._end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return True

    def _carry_in(self) -> None:
        """Input to socket, until the input ends or the socket is gone."""
        while True:
            try:
                data = os.read(self._source, READ_BYTES)
            except OSError:
                # A terminal that hung up, or a descriptor that is closed: there will be no more.
                data = b""
            with self._using:
                if not data:
                    self._half_close()
                    return
                if not self._give(data):
                    return

    def _half_close(self) -> None:
        try:
            self._end.shutdown(socket.SHUT_WR)
        except OSError:
            # The user was faster.
            pass

    def _give(self, data: bytes) -> bool:
        """Send all of it; False: nobody takes it any more."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._end.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                ready, _, _ = select.select([self._woken], [self._end], [])
                if ready:
                    return False
            except OSError:
                return False
        return True

    def _carry_out(self) -> None:
        """Socket to output, until the socket's user has finished or the output is closed."""
        while True:
            data = self._end.recv(READ_BYTES, socket.MSG_PEEK)
            try:
                written = os.write(self._sink, data) if data else 0
            except OSError:
                self._reset()
                return
            with self._written:
                if data:
                    self._end.recv(written)
                else:
                    self._over = True
                self._written.notify_all()
                if self._over:
                    return

    def _reset(self) -> None:
        """Close our end with data in it, which its user sees as a reset."""
        self._wake.send(b".")
        with self._using, self._written:
            self._end.close()
            self._over = True
            self._written.notify_all()


_pump: Pump | None = None


def open_stdio() -> socket.socket:
    """Return standard input and output as one connected, non-blocking stream socket. Once per process.

    The end of input arrives as the peer's half-close; a reader of the output that closes it, as a reset. At the end of
    the process, what was sent is given 5 s to be written.

    Raises:
        OpenError: it is open already.
    """
    global _pump  # noqa: PLW0603 - a process has one standard input and output, so there is one of these
    if _pump is not None:
        raise OpenError("-", "standard input and output are in use already, by this very process")
    import atexit

    _pump = Pump(0, 1)
    atexit.register(flushed, EXIT_FLUSH_S)
    return _pump.sock


def flushed(timeout_s: float | None = None) -> bool:
    """Wait until all that was sent to standard output is written there; return whether it is.

    Args:
        timeout_s: seconds to wait; None: for ever.
    """
    return _pump is None or _pump.flushed(timeout_s)


def candidates(address: Address, *, passive: bool) -> list[Candidate]:  # noqa: ARG001 - as every family's
    """Return the one endpoint."""
    return [Candidate(socket.AF_UNIX, socket.SOCK_STREAM, 0, None, address)]


def open_socket(candidate: Candidate) -> socket.socket:  # noqa: ARG001 - as every family's
    """Return standard input and output."""
    return open_stdio()


def listen(address: Address) -> list[Listener]:
    """Return a listener that has one connection, standard input and output, and never another."""
    return [StdioListener(address)]


class StdioListener(Listener):
    """A listener whose one connection is ready from the beginning."""

    __slots__ = ("_other",)

    def __init__(self, address: Address) -> None:
        sock, self._other = socket.socketpair()
        sock.settimeout(0)
        # Something to read makes it ready, as a connection in the backlog would.
        self._other.send(b".")
        super().__init__(sock, address)

    def accept(self) -> tuple[socket.socket, SockAddr] | None:
        """Take the one connection; None from then on."""
        try:
            self.sock.recv(1)
        except BlockingIOError:
            return None
        return open_stdio(), None

    def close(self) -> None:
        """Close; the connection stays."""
        self._other.close()
        super().close()
