"""Where the bytes of a stream socket cross between the kernel and us: one `recv` a wake-up, one `send` a write.

Every read and every write of every connection comes this way, so what it calls is written out, and its twin in C
(src/speedups/crossing.c) serves where the accelerator does. Whatever happens less often is written on top, in `stream`.
"""

from __future__ import annotations

from socket import SO_ERROR, SOL_SOCKET

from wiretalk.limits import READ_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.errors import WiretalkError
    from wiretalk.transport.loop import Sink


class Crossing:
    """A connected stream socket, its sink, and what has passed between them.

    Args:
        sock: a connected, non-blocking stream socket.
        sink: who is told.

    Attributes:
        backlog_bytes: bytes to be sent that are held until the system has room.
        broken: why nothing can be sent any more, while there may still be something to read.
        sink: who is told; None once it is over, and the socket closed. Its `data` is to stay the same.
        wire_received: bytes read so far.
        wire_sent: bytes that the system has taken so far.
    """

    __slots__ = (
        "_closing",
        "_finishing",
        "_reading",
        "backlog_bytes",
        "broken",
        "sink",
        "sock",
        "wire_received",
        "wire_sent",
    )

    def __init__(self, sock: socket.socket, sink: Sink) -> None:
        self.sock = sock
        self.sink: Sink | None = sink
        self.wire_received = 0
        self.wire_sent = 0
        self.backlog_bytes = 0
        self.broken: WiretalkError | None = None
        # Whether the loop watches for something to read; whether nothing more is to be written, since our half is
        # closed or will be; whether both are.
        self._reading = False
        self._finishing = False
        self._closing = False

    def _readable(self) -> None:
        """Read once, push what came to the sink, send what it answers."""
        if self.sink is None:
            return
        try:
            data = self.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._unreadable(error)
            return
        if data:
            self.wire_received += len(data)
            sent = self.wire_sent
            answer = self.sink.data(data)
            if answer:
                self.write(answer)
            if self.wire_sent == sent:
                self._look_behind()
        else:
            self._end_of_input()

    def _look_behind(self) -> None:
        """See whether an error waits behind what has just been read, where no write has shown that there is none.

        uvloop tells of a socket's error once, by the same call as of data, and of nothing on that socket ever after
        (libuv ends a watch at EPOLLERR). So the error is asked for.
        """
        if self.sink is None or not self._reading or self._closing:
            return
        code = 0
        if self.broken is None:
            code = self.sock.getsockopt(SOL_SOCKET, SO_ERROR)
            if not code:
                return
        self._behind(code)

    def write(self, data: bytes) -> None:
        """Send all of `data`, now as far as the kernel takes it, the rest when it can."""
        if self.broken is not None or self._finishing or self.sink is None:
            return
        if self.backlog_bytes:
            self._hold(data)
            return
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._break(error)
            return
        self.wire_sent += sent
        if sent < len(data):
            self._hold(memoryview(data)[sent:])

    # what is written on top

    def _unreadable(self, error: OSError) -> None:
        """Reading has failed."""
        raise NotImplementedError

    def _end_of_input(self) -> None:
        """The peer has finished sending."""
        raise NotImplementedError

    def _behind(self, code: int) -> None:
        """What was read had an error behind it, or may have one; 0 where that is known from before."""
        raise NotImplementedError

    def _hold(self, data: bytes | memoryview) -> None:
        """The system has no room for this now."""
        raise NotImplementedError

    def _break(self, error: OSError) -> None:
        """Writing has failed."""
        raise NotImplementedError
