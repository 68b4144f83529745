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
from wiretalk.transport.lone import LoneListener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

EXIT_FLUSH_S = 5.0
"""How long the end of the process waits for the last bytes to reach standard output."""


class Pump:
    """Carry bytes between two file descriptors and one end of a socket pair; `sock` is the other end.

    The end of the input becomes a half-close, as the user of `sock` sees it. When nobody reads the output any more, he
    sees a reset. Bytes leave the socket pair only once they are written, so what is in it is what is unsent.

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
        self._lost = False
        # The thread that brings in holds it while it is within a system call on our end, and then it can be woken. So
        # nobody is within one when our end closes, and the system takes its closing for one at once.
        self._using = threading.Lock()
        self._wake, self._woken = socket.socketpair()
        self._running = 2
        self.threads = [
            threading.Thread(target=self._run, args=(carry,), name=f"wiretalk-stdio-{name}", daemon=True)
            for name, carry in (("in", self._carry_in), ("out", self._carry_out))
        ]
        for thread in self.threads:
            thread.start()

    def flushed(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was sent through the socket is written; return whether it is."""
        with self._written:
            return self._written.wait_for(self._is_empty, timeout_s) and not self._lost

    def _is_empty(self) -> bool:
        if self._over:
            return True
        try:
            return not self._end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except (BlockingIOError, ConnectionResetError):
            # A reset is told when nothing is left to be read: the program has closed its end with input unread.
            return True

    def _run(self, carry: Callable[[], None]) -> None:
        carry()
        with self._written:
            self._running -= 1
            if not self._running:
                for sock in (self._end, self._wake, self._woken):
                    sock.close()

    # input to socket

    def _carry_in(self) -> None:
        """Until the input ends, or nobody takes it."""
        while True:
            data = self._read()
            with self._using:
                if not data:
                    self._half_close()
                    return
                if not self._give(data):
                    return

    def _read(self) -> bytes:
        """Return what there is to read; b"" at the end, which a terminal that hung up is too."""
        while True:
            try:
                return os.read(self._source, READ_BYTES)
            except BlockingIOError:
                # Somebody else who has the same terminal or pipe has made it non-blocking.
                _wait((self._source, select.POLLIN))
            except OSError:
                return b""

    def _half_close(self) -> None:
        try:
            self._end.shutdown(socket.SHUT_WR)
        except OSError:
            # The user of the socket, or the reader of the output, was faster.
            pass

    def _give(self, data: bytes) -> bool:
        """Send all of it; False: nobody takes it any more."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._end.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                if self._woken.fileno() in _wait((self._woken, select.POLLIN), (self._end, select.POLLOUT)):
                    return False
            except OSError:
                return False
        return True

    # socket to output

    def _carry_out(self) -> None:
        """Until the user of the socket has finished, or nobody reads the output."""
        while True:
            data = self._sent()
            try:
                written = self._write(data) if data else 0
            except BlockingIOError:
                _wait((self._sink, select.POLLOUT))
                continue
            except OSError:
                self._reset()
                return
            with self._written:
                if written:
                    self._end.recv(written)
                self._over = not data
                self._written.notify_all()
            if not data:
                return

    def _write(self, data: bytes) -> int:
        return os.write(self._sink, data)

    def _sent(self) -> bytes:
        """Return what the user of the socket has sent, b"" when he has finished."""
        try:
            return self._end.recv(READ_BYTES, socket.MSG_PEEK)
        except ConnectionResetError:
            # He closed without having read all of the input; what he sent before has come out already.
            return b""

    def _reset(self) -> None:
        """Close our end with bytes in it, which its user sees as a reset."""
        self._wake.send(b".")
        with self._using, self._written:
            self._end.close()
            self._over = self._lost = True
            self._written.notify_all()


def _wait(*wanted: tuple[socket.socket | int, int]) -> list[int]:
    """Wait until one of these can be read or written; return the descriptors of those that can."""
    poll = select.poll()
    for file, events in wanted:
        poll.register(file, events)
    return [descriptor for descriptor, _ in poll.poll()]


_pump: Pump | None = None


def open_stdio() -> socket.socket:
    """Return standard input and output as one connected, non-blocking stream socket. Once per process.

    The end of input arrives as the peer's half-close; a reader of the output that closes it, as a reset. At the end of
    the process, what was sent is given 5 s to be written.

    Raises:
        OpenError: it is open already, or the process was started without one of them.
    """
    global _pump  # noqa: PLW0603 - a process has one standard input and output, so there is one of these
    if _pump is not None:
        raise OpenError("-", "standard input and output are in use already, by this very process")
    for descriptor, what in ((0, "input"), (1, "output")):
        try:
            os.fstat(descriptor)
        except OSError:
            raise OpenError("-", f"this process was started without standard {what}") from None
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
    return [LoneListener(address, open_stdio)]
