"""The datagram socket of a Unix server in an event loop: one that many peers share, each with a queue of its own.

Such a socket counts as writable although a peer's queue is full, and nothing tells when that has room again. So what a
peer has no room for is held for that peer alone, tried again by the clock, and after a while dropped and told: a peer
that does not read costs the others nothing.
"""

from __future__ import annotations

import time
from collections import deque

from wiretalk.errors import LimitError, TimedOutError
from wiretalk.limits import DATAGRAM_HELD_S, DATAGRAMS_HELD
from wiretalk.transport.datagram import DatagramTransport
from wiretalk.transport.names import name
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

    from wiretalk.errors import WiretalkError
    from wiretalk.transport.datagram import DatagramSink
    from wiretalk.transport.loop import Loop, Timer

TRY_AGAIN_S = 0.02
"""The pause before peers whose queues were full are tried again."""


class UnixDatagramTransport(DatagramTransport):
    """Carry the datagrams of one bound Unix socket to and from any number of peers."""

    __slots__ = ("_held", "_timer")

    def __init__(self, loop: Loop, sock: socket.socket, sink: DatagramSink, name: str, max_message_bytes: int) -> None:
        super().__init__(loop, sock, sink, name, max_message_bytes)
        self._held: dict[Any, deque[tuple[bytes, float]]] = {}
        self._timer: Timer | None = None

    def send_to(self, data: bytes, sockaddr: Any) -> None:
        """Send one datagram, after those held for the same peer. Raises as `DatagramTransport.send_to`."""
        if sockaddr in self._held:
            self._hold(data, sockaddr)
        else:
            super().send_to(data, sockaddr)

    def _hold(self, data: bytes, sockaddr: Any) -> None:
        queue = self._held.setdefault(sockaddr, deque())
        if len(queue) >= DATAGRAMS_HELD:
            reason = f"{name(sockaddr, 'unixgram')} does not read; a datagram to it was dropped"
            self._tell(LimitError("datagrams_held", DATAGRAMS_HELD, reason))
            return
        queue.append((data, time.monotonic()))
        self.backlog_bytes += len(data)
        if self._timer is None:
            self._timer = self.loop.call_later(TRY_AGAIN_S, self._try_again)

    def _try_again(self) -> None:
        self._timer = None
        for sockaddr in list(self._held):
            self._send_held(sockaddr)
        if self._held:
            self._timer = self.loop.call_later(TRY_AGAIN_S, self._try_again)
        elif self.sink is not None:
            self.sink.drained()

    def _send_held(self, sockaddr: Any) -> None:
        queue = self._held[sockaddr]
        while queue:
            data, since = queue[0]
            try:
                self.sock.sendto(data, sockaddr)
            except (BlockingIOError, InterruptedError):
                if time.monotonic() - since < DATAGRAM_HELD_S:
                    return
                lost = sum(len(held) for held, _ in queue)
                self._drop(sockaddr, TimedOutError(name(sockaddr, "unixgram"), "send", DATAGRAM_HELD_S, lost))
                return
            except OSError as error:
                self._drop(sockaddr, explain(error, name(sockaddr, "unixgram"), "send"))
                return
            queue.popleft()
            self.backlog_bytes -= len(data)
            self.bytes_sent += len(data)
        del self._held[sockaddr]

    def _drop(self, sockaddr: Any, error: WiretalkError) -> None:
        """Drop what is held for a peer that takes nothing, or is gone, and tell it once."""
        self.backlog_bytes -= sum(len(held) for held, _ in self._held.pop(sockaddr))
        self._tell(error)

    def close(self, error: WiretalkError | None = None) -> None:
        """Close the socket at once; datagrams still held are dropped."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._held.clear()
        super().close(error)
