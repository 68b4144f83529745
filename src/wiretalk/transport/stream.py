"""A connected stream socket in an event loop: bytes in are pushed to the sink, bytes out are sent at once or held.

How the bytes cross is in `crossing`; everything that happens less often is here. What messages are, when to give up,
and what to answer is decided elsewhere.
"""

from __future__ import annotations

import os
import select
import socket
from collections import deque
from itertools import islice

from wiretalk.chooser import twin
from wiretalk.errors import ResetError, TimedOutError, WiretalkError
from wiretalk.limits import CLOSE_TIMEOUT_S, LINGER_S, READ_BYTES
from wiretalk.transport.filepart import FilePart
from wiretalk.transport.oserrors import explain
from wiretalk.transport.reasons import note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.crossing import Crossing
    from wiretalk.transport.loop import Loop, Sink, Timer
    from wiretalk.transport.tls import TlsFacts
else:
    Crossing = twin("wiretalk.transport.crossing", "Crossing")

PIECES_A_SEND = 64
"""Pieces handed to one sendmsg; well under every system's IOV_MAX."""


class StreamTransport(Crossing):
    """Carry the bytes of one connected stream socket.

    `write` never raises and never blocks: what the kernel does not take is held, in order, and `backlog_bytes` says
    how much; the caller stops writing when that is too much and goes on when the sink is told `drained`.

    Args:
        loop: the event loop, whose thread makes every call.
        sock: a connected, non-blocking stream socket; owned by the transport from now on.
        sink: who is told.
        peer: the peer's name, for errors.
    """

    __slots__ = (
        "_backlog",
        "_ended",
        "_files",
        "_finished",
        "_timer",
        "loop",
        "peer",
    )

    def __init__(self, loop: Loop, sock: socket.socket, sink: Sink, peer: str) -> None:
        super().__init__(sock, sink)
        self.loop = loop
        self.peer = peer
        self._backlog: deque[bytes | memoryview | FilePart] | None = None
        # Whether there may be parts of files in it.
        self._files = False
        self._ended = False
        self._finished = False
        self._timer: Timer | None = None

    @property
    def bytes_received(self) -> int:
        """Bytes the peer has sent us."""
        return self.wire_received

    @property
    def bytes_sent(self) -> int:
        """Bytes the system has taken from us."""
        return self.wire_sent

    @property
    def unacknowledged_bytes(self) -> int:
        """Bytes that the system has taken from us, and the peer's has not: a reset drops them. 0 where none tells."""
        if self.sink is None or self.sock.family not in {socket.AF_INET, socket.AF_INET6}:
            return 0
        from wiretalk.transport.socketoptions import unacknowledged_bytes

        return unacknowledged_bytes(self.sock)

    @property
    def tls(self) -> TlsFacts | None:
        """What TLS agreed on; None where there is none."""
        return None

    def start(self) -> None:
        """Begin: tell the sink, and read."""
        if self.sink is not None:
            self.sink.opened()
            self.resume()

    # reading

    def pause(self) -> None:
        """Stop reading: the kernel's buffer fills, and the peer's `send` blocks."""
        if self._reading:
            self._reading = False
            self.loop.remove_reader(self.sock.fileno())

    def resume(self) -> None:
        """Read again, unless there is nothing more to read."""
        if not self._reading and not self._ended and not self._closing and self.sink is not None:
            self._reading = True
            self.loop.add_reader(self.sock.fileno(), self._readable)

    def _unreadable(self, error: OSError) -> None:
        self._over(self.broken or explain(error, self.peer, "receive"))

    def _behind(self, code: int) -> None:
        # The watch is begun again, since the rest of what the peer sent before it broke off may still be read.
        if code and not getattr(self.sock, "unread_is_end", False):
            self._break(OSError(code, os.strerror(code)))
        self.pause()
        self.resume()

    def _received(self, data: bytes) -> None:
        answer = self.sink.data(data)  # type: ignore[union-attr]  # reading ends before the sink is let go
        if answer:
            self.write(answer)

    def _end_of_input(self) -> None:
        self.pause()
        self._ended = True
        if self.broken is not None:
            # A write failed before: what the peer had sent by then has been read, and now it is over.
            self._over(self.broken)
            return
        if self.sink is not None:
            self.sink.end()
        if self._finished:
            self._over(None)

    # writing

    def send_file(self, descriptor: int, offset: int, count: int) -> bool:
        """Send bytes of a file within the kernel, in their turn, as `write` does.

        Returns:
            False: that cannot be here, and nothing has been done.

        Raises:
            OSError: out of file descriptors.
        """
        if type(self) is not StreamTransport:
            # What lies on top would not see the bytes.
            return False
        if count and self.broken is None and not self._finishing and self.sink is not None:
            waits = self.backlog_bytes
            self._files = True
            self._hold(FilePart(descriptor, offset, count))
            if not waits:
                self._writable()
        return True

    def _hold(self, data: bytes | memoryview | FilePart) -> None:
        if self._backlog is None:
            self._backlog = deque()
        if not self._backlog:
            self.loop.add_writer(self.sock.fileno(), self._writable)
        self._backlog.append(data)
        self.backlog_bytes += len(data)
        self.sink.held()  # type: ignore[union-attr]  # nothing is held for a sink that is gone

    def _send_held(self, backlog: deque[bytes | memoryview | FilePart]) -> int:
        if self._files:
            first = backlog[0]
            return first.send_to(self.sock) if isinstance(first, FilePart) else self.sock.send(first)
        return self.sock.sendmsg(list(islice(backlog, PIECES_A_SEND)))  # type: ignore[arg-type]  # bytes, all of them

    def _writable(self) -> None:
        backlog = self._backlog
        if not backlog:
            return
        try:
            sent = self._send_held(backlog)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._break(error)
            return
        self.wire_sent += sent
        self.backlog_bytes -= sent
        while sent:
            first = backlog[0]
            length = len(first)
            if length > sent:
                backlog[0] = first.after(sent) if isinstance(first, FilePart) else memoryview(first)[sent:]
                break
            backlog.popleft()
            sent -= length
        if not backlog:
            self._files = False
            self.loop.remove_writer(self.sock.fileno())
            self._flushed()
        if self.sink is not None and not self._closing:
            self.sink.drained()

    def _flushed(self) -> None:
        if self._closing:
            self._linger()
        elif self._finishing:
            self._shut_down()

    def _break(self, error: OSError) -> None:
        """Writing failed. What the peer sent before it broke off can still be read, so read on to the end."""
        if self.broken is not None:
            return
        self.broken = explain(error, self.peer, "send")
        if isinstance(self.broken, ResetError):
            self.broken.ending.unsent_bytes = self.backlog_bytes
        if self._backlog:
            self._backlog.clear()
            self.loop.remove_writer(self.sock.fileno())
        if self._closing or self._ended:
            self._over(self.broken)
            return
        self.backlog_bytes = 0
        if self.sink is not None:
            self.sink.drained()

    # ending

    def half_close(self) -> None:
        """Send the end of our input after what is still held; reading goes on."""
        if self._finishing or self._closing or self.sink is None:
            return
        self._finishing = True
        if not self.backlog_bytes:
            self._shut_down()

    def _shut_down(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.broken = self.broken or explain(error, self.peer, "send")
        self._finished = True
        if self._ended:
            self._over(self.broken)

    def gone(self) -> tuple[bool, WiretalkError | None]:
        """Return whether the peer that has finished has gone altogether, and why if it was not in good order.

        The other side's end is all that reading tells; of a reset after it, or of a Unix socket that is closed whole,
        only the system's look at the socket does.
        """
        if self.sink is None or self._closing or not isinstance(self.sock, socket.socket):
            # A pipe or a file that has ended says so for ever, and takes what it is owed all the same.
            return False, None
        poller = select.poll()
        poller.register(self.sock.fileno(), 0)
        if not poller.poll(0):
            return False, None
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return True, explain(OSError(code, os.strerror(code)), self.peer, "receive") if code else None

    def close(self) -> None:
        """Send what is held, then end both directions in good order; the sink is told `lost` when it is done."""
        if self._closing or self.sink is None:
            return
        self.pause()
        self._closing = True
        if self.backlog_bytes:
            self._timer = self.loop.call_later(CLOSE_TIMEOUT_S, self._close_late)
        else:
            self._linger()

    def _close_late(self) -> None:
        self._timer = None
        self.abort(TimedOutError(self.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes))

    def _linger(self) -> None:
        """Close without a reset that could overtake our last bytes.

        A socket closed with input unread, or to come, answers with RST; the peer may then lose what it had not read
        yet, and is told of a reset where all was well. So the end is sent first, and a peer that has not finished is
        listened to for a moment.
        """
        try:
            if not self._finished:
                self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            # The peer is gone already: nothing can be lost to it any more.
            self._ended = True
        if self._ended:
            self._over(self.broken)
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(LINGER_S, self._lingered)
        self.loop.add_reader(self.sock.fileno(), self._discard)
        self._reading = True
        self._discard()

    def _discard(self) -> None:
        try:
            if self.sock.recv(READ_BYTES):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            # As in _linger: the peer is gone, and owed nothing.
            note(error)
        self._lingered()

    def _lingered(self) -> None:
        self._over(self.broken)

    def abort(self, error: WiretalkError | None = None) -> None:
        """End at once: what is held is dropped, and a TCP peer sees a reset."""
        if self.sink is None:
            return
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        except OSError:
            # Not a socket that lingers (a Unix one on some systems): closing it is abrupt enough.
            pass
        self._over(error)

    def _over(self, error: WiretalkError | None) -> None:
        sink, self.sink = self.sink, None
        if sink is None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.pause()
        if self._backlog:
            self._backlog.clear()
            self.loop.remove_writer(self.sock.fileno())
        self.sock.close()
        sink.lost(error)
