"""The peers of one datagram socket that have a session each: found by their address, bounded, forgotten when silent."""

from __future__ import annotations

import threading
import time
from collections import deque

from wiretalk.blocking.connection import Connection
from wiretalk.blocking.datagram import UNIX_ROOM_LOOK_S, DatagramChannel, read_bytes
from wiretalk.blocking.logs import log
from wiretalk.blocking.waiting import NEVER, Bell, Deadline
from wiretalk.errors import LimitError, TimedOutError
from wiretalk.limits import DATAGRAMS_A_WAKE, QUEUE_BYTES
from wiretalk.transport import explain, name, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.errors import WiretalkError
    from wiretalk.transport import Gate, Listener


class PeerChannel(DatagramChannel):
    """One peer of a datagram socket that others share: what comes from it is delivered by the thread that reads.

    Args:
        peers: whose peer it is.
        sockaddr: its address.
        bell: one that is nobody else's.
    """

    __slots__ = (
        "_arrived",
        "_finished_by_peer",
        "_most",
        "_peers",
        "_queue",
        "_queued_bytes",
        "_room_look_s",
        "sockaddr",
    )

    def __init__(self, peers: Peers, sockaddr: Any, bell: Bell) -> None:
        limits = peers.plan.limits
        super().__init__(
            peers.listener.sock,
            name(sockaddr, peers.plan.address.scheme),
            limits.max_message_bytes,
            sockaddr,
            bell,
        )
        self.sockaddr = sockaddr
        self._room_look_s = UNIX_ROOM_LOOK_S if peers.plan.address.scheme == "unixgram" else None
        self._peers = peers
        self._most = limits.queue_messages
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._finished_by_peer = False
        self._arrived = threading.Condition()

    def deliver(self, data: bytes) -> bool:
        """Take one datagram from the peer; False: the session is slower than its peer, and it is dropped."""
        with self._arrived:
            if self.over or len(self._queue) >= self._most or self._queued_bytes > QUEUE_BYTES:
                return False
            self._queue.append(data)
            self._queued_bytes += len(data)
            self.bytes_received += len(data)
            self._arrived.notify()
        return True

    def finish(self) -> None:
        """Nothing more will come from the peer."""
        with self._arrived:
            self._finished_by_peer = True
            self._arrived.notify_all()

    def receive(self, deadline: Deadline = NEVER) -> bytes | None:
        """See `Channel.receive`."""
        with self._arrived:
            while not self._queue:
                if self._off is not None:
                    raise self.why()
                if self._finished_by_peer:
                    return None
                if not self._arrived.wait(deadline.left_s()) and not self._queue:
                    raise TimedOutError(self.peer, "receive", deadline.seconds)
            data = self._queue.popleft()
            self._queued_bytes -= len(data)
            return data

    def call_off(self, error: WiretalkError) -> None:
        """See `Channel.call_off`."""
        super().call_off(error)
        with self._arrived:
            self._arrived.notify_all()

    def abort(self, error: WiretalkError | None = None) -> None:
        """End at once."""
        self._end(error)

    def _end(self, error: WiretalkError | None) -> None:
        super()._end(error)
        with self._arrived:
            self._arrived.notify_all()
        self._peers.forget(self)

    def _release(self) -> None:
        # The socket is everybody's.
        self._bell.close()
        self._peers.released()


class Peers:
    """Hand each datagram to its peer's connection, and make one for a new peer. One thread reads.

    Args:
        listener: the socket; owned from now on.
        plan: codec and limits.
        begin: called with the connection of a new peer.
        full: whether there is no room for another conversation.
        gate: who may come; None: everybody.

    Attributes:
        dropped: datagrams that nobody was there to take.
    """

    def __init__(
        self,
        listener: Listener,
        plan: Plan,
        begin: Callable[[Connection, PeerChannel], None],
        full: Callable[[], bool],
        gate: Gate | None = None,
    ) -> None:
        self.listener = listener
        self.plan = plan
        self.local = told(listener.address)
        self.dropped = 0
        self._begin = begin
        self._full = full
        self._gate = gate
        self._by_address: dict[Any, tuple[PeerChannel, Connection]] = {}
        self._lock = threading.Lock()
        # Channels that may still send through the socket.
        self._using = 0
        self._closing = False
        self._full_told = False
        self._read_bytes = read_bytes(listener.sock, plan.limits.max_message_bytes)

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self.listener.fileno()

    def __len__(self) -> int:
        return len(self._by_address)

    def readable(self) -> None:
        """Take what has come; not for ever, so that others get their turn."""
        for _ in range(DATAGRAMS_A_WAKE):
            try:
                data, sockaddr = self.listener.sock.recvfrom(self._read_bytes)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                # The network's answer to something sent before; no telling to which peer.
                log().warning("%s", explain(error, self.local, "receive"))
                return
            if len(data) > self.plan.limits.max_message_bytes:
                maximum = self.plan.limits.max_message_bytes
                reason = "a datagram longer than the limit was dropped"
                log().warning("%s: %s", self.local, LimitError("max_message_bytes", maximum, reason))
                continue
            if self._gate is None or not self._gate.refuses_datagram(sockaddr):
                self._datagram(data, sockaddr)

    def _datagram(self, data: bytes, sockaddr: Any) -> None:
        known = self._by_address.get(sockaddr)
        if known is not None and known[0].deliver(data):
            return
        if known is None:
            channel = self._new(sockaddr, data)
            if channel is not None:
                return
        self.dropped += 1

    def _new(self, sockaddr: Any, data: bytes) -> PeerChannel | None:
        maximum = self.plan.limits.max_udp_peers
        if len(self._by_address) >= maximum:
            self._tell_full(f"{maximum} peers at once, the limit max_udp_peers")
            return None
        if self._full():
            self._tell_full("there is no room for another conversation")
            return None
        try:
            channel = PeerChannel(self, sockaddr, Bell())
        except OSError as error:
            self._tell_full(str(explain(error, self.local, "accept")))
            return None
        connection = Connection(self.plan, channel.peer, self.local, channel)
        with self._lock:
            self._using += 1
            self._by_address[sockaddr] = channel, connection
        channel.deliver(data)
        try:
            self._begin(connection, channel)
        except LimitError as error:
            self._tell_full(str(error))
            return None
        return channel

    def _tell_full(self, why: str) -> None:
        if not self._full_told:
            self._full_told = True
            log().warning("%s: %s; datagrams of new peers are dropped", self.local, why)

    def forget(self, channel: PeerChannel) -> None:
        """A peer's conversation is over; its address may begin another."""
        with self._lock:
            known = self._by_address.get(channel.sockaddr)
            if known is not None and known[0] is channel:
                del self._by_address[channel.sockaddr]

    def sweep(self) -> None:
        """Forget the peers that have been silent too long: for their sessions, the peer has finished."""
        now = time.monotonic()
        silent_s = self.plan.limits.udp_peer_idle_s
        for channel, connection in list(self._by_address.values()):
            if connection.idle_since(now) >= silent_s:
                channel.finish()
                self.forget(channel)

    def finish(self) -> None:
        """Tell every session that its peer has finished: nothing more will be taken."""
        with self._lock:
            known = list(self._by_address.values())
        for channel, _ in known:
            channel.finish()

    def released(self) -> None:
        """A channel uses the socket no more."""
        with self._lock:
            self._using -= 1
            last = self._closing and not self._using
        if last:
            self.listener.close()

    def close(self) -> None:
        """Close the socket, as soon as no session sends through it any more."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            unused = not self._using
        if unused:
            self.listener.close()
