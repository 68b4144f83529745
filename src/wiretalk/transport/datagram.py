"""A datagram socket in an event loop: whole datagrams in, whole datagrams out, none ever cut.

Who the peers are, and how many of them are remembered, is decided elsewhere.
"""

from __future__ import annotations

import socket
from collections import deque

from wiretalk.errors import LimitError, OpenError, WiretalkError
from wiretalk.limits import DATAGRAMS_A_WAKE, KIB
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from wiretalk.transport.loop import Loop, Sink

    class DatagramSink(Protocol):
        """Where a datagram socket pushes what comes."""

        def datagram(self, data: bytes, sockaddr: Any, /) -> None:
            """One whole datagram from one peer."""

        def drained(self) -> None:
            """What was held back has been taken by the system."""

        def trouble(self, error: WiretalkError, /) -> None:
            """A datagram that could not be sent, or one that came and was too long: the socket goes on."""

        def lost(self, error: WiretalkError | None, /) -> None:
            """The socket is closed; the last call."""


UDP_READ_BYTES = 64 * KIB
"""More than the longest UDP datagram (65,527 bytes over IPv6, RFC 768 and RFC 8200), so none is ever cut."""


class DatagramTransport:
    """Carry the datagrams of one socket, connected to a peer or not.

    Args:
        loop: the event loop, whose thread makes every call.
        sock: a bound or connected, non-blocking datagram socket; owned by the transport from now on.
        sink: who is told.
        name: what errors call it.
        max_message_bytes: a longer datagram is told as trouble, never as its first part.
    """

    __slots__ = (
        "_backlog",
        "_read_bytes",
        "_reading",
        "_stopped",
        "backlog_bytes",
        "bytes_received",
        "bytes_sent",
        "loop",
        "max_message_bytes",
        "name",
        "on_close",
        "sink",
        "sock",
    )

    def __init__(self, loop: Loop, sock: socket.socket, sink: DatagramSink, name: str, max_message_bytes: int) -> None:
        self.loop = loop
        self.sock = sock
        self.sink: DatagramSink | None = sink
        self.name = name
        self.max_message_bytes = max_message_bytes
        # One byte over the limit is asked for, so that a datagram over it shows.
        self._read_bytes = max_message_bytes + 1
        if sock.family != getattr(socket, "AF_UNIX", None):
            self._read_bytes = min(self._read_bytes, UDP_READ_BYTES)
        self.bytes_received = 0
        self.bytes_sent = 0
        self.backlog_bytes = 0
        self._backlog: deque[tuple[bytes, Any]] = deque()
        self._reading = False
        self._stopped = False
        # What closes the socket and takes its file away, where it has one.
        self.on_close: Callable[[], None] = sock.close

    def resume(self) -> None:
        """Read."""
        if not self._reading and not self._stopped and self.sink is not None:
            self._reading = True
            self.loop.add_reader(self.sock.fileno(), self._readable)

    def stop(self) -> None:
        """Stop reading for good; sending goes on until `close`."""
        self.pause()
        self._stopped = True

    def pause(self) -> None:
        """Stop reading: the kernel keeps what its buffer holds and drops the rest."""
        if self._reading:
            self._reading = False
            self.loop.remove_reader(self.sock.fileno())

    def _readable(self) -> None:
        for turn in range(DATAGRAMS_A_WAKE):
            try:
                data, sockaddr = self.sock.recvfrom(self._read_bytes)
            except (BlockingIOError, InterruptedError):
                if not turn:
                    # There was an error, and a send has had it told.
                    self._watch_again()
                return
            except OSError as error:
                # An ICMP answer to something sent before: it belongs to the peer, not to the socket.
                self._watch_again()
                self._tell(explain(error, self.name, "receive"))
                return
            if len(data) > self.max_message_bytes:
                reason = "a datagram longer than the limit was dropped"
                self._tell(LimitError("max_message_bytes", self.max_message_bytes, reason))
                continue
            self.bytes_received += len(data)
            self.sink.datagram(data, sockaddr)  # type: ignore[union-attr]  # checked at the end of each turn
            if not self._reading:
                return

    def _watch_again(self) -> None:
        """Begin the watch again: uvloop ends it when it tells of an error (libuv does, at EPOLLERR)."""
        self.pause()
        self.resume()

    def _tell(self, error: WiretalkError) -> None:
        if self.sink is not None:
            self.sink.trouble(error)

    def send_to(self, data: bytes, sockaddr: Any) -> None:
        """Send one datagram, to `sockaddr` or, where that is None, to the connected peer.

        Raises:
            LimitError: it is longer than the path carries.
            OpenError: the system refuses it (unreachable, not permitted, nobody listens there).
        """
        if self._backlog:
            self._hold(data, sockaddr)
            return
        try:
            if sockaddr is None:
                self.sock.send(data)
            else:
                self.sock.sendto(data, sockaddr)
        except (BlockingIOError, InterruptedError):
            self._hold(data, sockaddr)
            return
        except OSError as error:
            raise explain(error, self.name, "send") from None
        self.bytes_sent += len(data)

    def _hold(self, data: bytes, sockaddr: Any) -> None:
        if not self._backlog:
            self.loop.add_writer(self.sock.fileno(), self._writable)
        self._backlog.append((data, sockaddr))
        self.backlog_bytes += len(data)

    def _writable(self) -> None:
        held = self._backlog
        self._backlog = deque()
        self.backlog_bytes = 0
        self.loop.remove_writer(self.sock.fileno())
        while held:
            try:
                self.send_to(*held.popleft())
            except (LimitError, OpenError) as error:
                self._tell(error)
            if self._backlog:
                # Still no room: the rest follows what was held again just now.
                self._backlog.extend(held)
                self.backlog_bytes += sum(len(data) for data, _ in held)
                return
        if self.sink is not None:
            self.sink.drained()

    def close(self, error: WiretalkError | None = None) -> None:
        """Close the socket at once; datagrams still held are dropped."""
        sink, self.sink = self.sink, None
        if sink is None:
            return
        self.pause()
        if self._backlog:
            self._backlog.clear()
            self.loop.remove_writer(self.sock.fileno())
        self.on_close()
        sink.lost(error)


class DatagramEnd:
    """One peer of a datagram socket, in the shape of a stream transport, so that a connection can sit on it.

    Args:
        socket_transport: the socket, shared or not.
        sink: the conversation.
        sockaddr: whom to send to; None: the connected peer.
        owns: whether closing this closes the socket.
        on_over: called once when this end is over, for who keeps the list of peers.
    """

    __slots__ = (
        "_on_over",
        "_owns",
        "_paused",
        "broken",
        "bytes_received",
        "bytes_sent",
        "dropped",
        "sink",
        "sockaddr",
        "socket_transport",
    )

    def __init__(
        self, socket_transport: DatagramTransport, sink: Sink, sockaddr: Any, *, owns: bool, on_over: Any = None
    ) -> None:
        self.socket_transport = socket_transport
        self.sink: Sink | None = sink
        self.sockaddr = sockaddr
        self.bytes_received = 0
        self.bytes_sent = 0
        self.dropped = 0
        self.broken: WiretalkError | None = None
        self._owns = owns
        self._paused = False
        self._on_over = on_over

    @property
    def tls(self) -> None:
        """There is no TLS on datagrams here."""
        return

    @property
    def backlog_bytes(self) -> int:
        """Bytes held back for want of room in the kernel, for all peers of the socket."""
        return self.socket_transport.backlog_bytes

    def start(self) -> None:
        """Begin."""
        if self.sink is not None:
            self.sink.opened()
            self.resume()

    def pause(self) -> None:
        """Take no more; on a socket of several peers their datagrams for this one are dropped meanwhile."""
        self._paused = True
        if self._owns:
            self.socket_transport.pause()

    def resume(self) -> None:
        """Take again."""
        self._paused = False
        if self._owns:
            self.socket_transport.resume()

    def datagram(self, data: bytes, sockaddr: Any) -> None:  # noqa: ARG002  # the sink's signature
        """One datagram from this peer."""
        if self.sink is None:
            return
        if self._paused and not self._owns:
            # The session is slower than its peer, and others share the socket: what UDP does when a queue is full.
            self.dropped += 1
            return
        self.bytes_received += len(data)
        self.sink.data(data)

    @property
    def loop(self) -> Loop:
        """The event loop."""
        return self.socket_transport.loop

    def finished(self) -> None:
        """Take the peer's silence for its end."""
        if self.sink is not None:
            self.sink.end()

    def drained(self) -> None:
        """Room again."""
        if self.sink is not None:
            self.sink.drained()

    def trouble(self, error: WiretalkError) -> None:
        """Pass on."""
        if self.sink is not None:
            self.sink.trouble(error)

    def lost(self, error: WiretalkError | None) -> None:
        """The socket is closed, so this end is over."""
        self._over(error)

    def write(self, data: bytes) -> None:
        """Send one datagram; what the system refuses is raised (see DatagramTransport.send_to)."""
        if self.sink is not None:
            self.socket_transport.send_to(data, self.sockaddr)
            self.bytes_sent += len(data)

    def half_close(self) -> None:
        """Do nothing: datagrams have no end of input."""

    def close(self) -> None:
        """End the conversation; the socket too where it is ours alone."""
        self.abort(None)

    def abort(self, error: WiretalkError | None = None) -> None:
        """As close: there is nothing to reset."""
        if self._owns:
            self.socket_transport.close(error)
        else:
            self._over(error)

    def _over(self, error: WiretalkError | None) -> None:
        sink, self.sink = self.sink, None
        if sink is not None:
            if self._on_over is not None:
                self._on_over(self)
            sink.lost(error)
