"""What a server listens with: its listening sockets, opened all or none, and closed together.

What comes in is handed on; how it is handled, and within which limits, is in `serving`.
"""

from __future__ import annotations

import asyncio

from wiretalk.runtime.accepting import Acceptor
from wiretalk.runtime.aside import aside
from wiretalk.runtime.carrying import shared_datagrams
from wiretalk.transport import listen, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, Protocol

    from wiretalk.conversing import Plan
    from wiretalk.runtime.peers import Peers
    from wiretalk.runtime.replying import ReplyDatagrams
    from wiretalk.transport import Listener
    from wiretalk.transport.datagram import DatagramSink, DatagramTransport
    from wiretalk.transport.tls import TlsContext

    class Keeper(Protocol):
        """Who takes what comes in."""

        def adopt(self, sock: socket.socket, sockaddr: Any, plan: Plan, secure: TlsContext | None) -> None:
            """A connection has been accepted."""

        def datagram_sink(self, plan: Plan, local: str) -> Peers | ReplyDatagrams:
            """Return who takes the datagrams of one socket."""
            ...

        def guarded(self, sink: DatagramSink) -> DatagramSink:
            """Return what takes the datagrams of those who may come, for the sink."""
            ...

        def full(self) -> bool:
            """Return whether no more connections are to be accepted; asked before each."""
            ...


FLUSH_LOOK_S = 0.01
"""Stopping with datagrams still held: how often to look whether they have gone."""


class Doors:
    """The listening sockets of one server.

    Attributes:
        addresses: what is listened on, with the ports the system gave and without options, as text.
        families: "IPv4", "IPv6", "IPv4 and IPv6", or "" where there are none, of each of the addresses.
        fingerprints: of the certificates made on the spot.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._acceptors: list[Acceptor] = []
        self._datagrams: list[tuple[DatagramTransport, Peers | ReplyDatagrams]] = []
        self._tls: list[TlsContext] = []
        self.addresses: list[str] = []
        self.families: list[str] = []

    async def open(self, plans: list[Plan]) -> None:
        """Open the sockets of every address, and begin to take from them once all are open.

        Raises: as `transport.listen`; what was opened before is still to be closed.
        """
        for plan in plans:
            secure = self._secure(plan) if plan.address.secure else None
            for listener in await aside(listen, plan.address):
                # First it is given to who will close it, whatever happens then.
                self._open_listener(listener, plan, secure)
                self.addresses.append(told(listener.address))
                self.families.append(listener.families)
        self.resume()
        for transport, _ in self._datagrams:
            transport.resume()

    def _secure(self, plan: Plan) -> TlsContext:
        from wiretalk.transport.tls import server_context

        context = server_context(plan.address)
        self._tls.append(context)
        return context

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 fingerprints of the certificates made on the spot, to be told to clients."""
        return [context.fingerprint for context in self._tls if context.self_signed]

    def __bool__(self) -> bool:
        """Whether anybody can still come."""
        return bool(self._acceptors or self._datagrams)

    def _open_listener(self, listener: Listener, plan: Plan, secure: TlsContext | None) -> None:
        if listener.kind == "datagram":
            self._open_datagrams(listener, plan)
            return

        def adopt(sock: Any, sockaddr: Any, acceptor: Acceptor) -> None:
            if not plan.address.listens and acceptor in self._acceptors:
                # A program, a file, a line: nobody else ever comes, so with its conversation all may be over.
                self._acceptors.remove(acceptor)
                acceptor.close()
            self._keeper.adopt(sock, sockaddr, plan, secure)

        self._acceptors.append(Acceptor(listener, adopt, self._keeper.full))

    def _open_datagrams(self, listener: Listener, plan: Plan) -> None:
        local = told(listener.address)
        sink = self._keeper.datagram_sink(plan, local)
        transport = shared_datagrams(listener.sock, self._keeper.guarded(sink), local, plan)
        transport.on_close = listener.close
        sink.transport = transport
        self._datagrams.append((transport, sink))

    # accepting

    def pause(self) -> None:
        """Accept no connections for now; datagrams go on."""
        for acceptor in self._acceptors:
            acceptor.pause()

    def resume(self) -> None:
        """Accept connections (again)."""
        for acceptor in self._acceptors:
            acceptor.resume()

    def pause_datagrams(self) -> None:
        """Take no more datagrams; answers may still be sent."""
        for transport, _ in self._datagrams:
            transport.pause()

    def peers(self) -> list[Peers]:
        """Return the tables of datagram peers that have a conversation each."""
        from wiretalk.runtime.peers import Peers

        return [sink for _, sink in self._datagrams if isinstance(sink, Peers)]

    def answering(self) -> list[ReplyDatagrams]:
        """Return the datagram sockets that a function answers, without a conversation a peer."""
        from wiretalk.runtime.replying import ReplyDatagrams

        return [sink for _, sink in self._datagrams if isinstance(sink, ReplyDatagrams)]

    # closing

    def close_acceptors(self) -> None:
        """Take no new connections from now on: who comes is refused."""
        acceptors, self._acceptors = self._acceptors, []
        for acceptor in acceptors:
            acceptor.close()

    def stop_datagrams(self) -> None:
        """Take no more datagrams for good; for their conversations, their peers have finished."""
        for transport, _ in self._datagrams:
            transport.stop()
        for peers in self.peers():
            peers.finish()

    async def close_datagrams(self, within_s: float) -> None:
        """Close the datagram sockets, after giving the kernel a moment to take the answers it had no room for.

        Args:
            within_s: how long that moment is at most; nothing tells all sockets' room at once, so it is looked for.
        """
        for _ in range(round(within_s / FLUSH_LOOK_S)):
            if not any(transport.backlog_bytes for transport, _ in self._datagrams):
                break
            await asyncio.sleep(FLUSH_LOOK_S)
        for transport, _ in self._datagrams:
            transport.close()
