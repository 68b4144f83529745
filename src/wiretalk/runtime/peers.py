"""The peers of one datagram socket that have a session each: found by their address, bounded, forgotten when silent."""

from __future__ import annotations

import logging
import time

from wiretalk.layer.base import stack
from wiretalk.transport import name
from wiretalk.transport.datagram import DatagramEnd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.errors import WiretalkError
    from wiretalk.runtime.conversation import Conversation
    from wiretalk.transport.datagram import DatagramTransport
    from wiretalk.transport.loop import Sink

log = logging.getLogger("wiretalk")


class Peers:
    """Hand each datagram to its peer's connection, and make one for a new peer.

    Args:
        plan: codec and limits.
        local: our own address, as text.
        make: makes the conversation with one peer, of plan, peer's name, own name and keeper.
        keeper: told of each connection when it opens and when it is over.
        exhausted: whether the server takes no more conversations; new peers are not heard then.
    """

    __slots__ = (
        "_by_address",
        "_exhausted",
        "_full_told",
        "_keeper",
        "_local",
        "_make",
        "_plan",
        "dropped",
        "transport",
    )

    def __init__(
        self,
        plan: Plan,
        local: str,
        make: Callable[[Plan, str, str, Callable[[Any], None]], Conversation],
        keeper: Callable[[Any], None],
        exhausted: Callable[[], bool],
    ) -> None:
        self.transport: DatagramTransport = None  # type: ignore[assignment]  # given right after
        self.dropped = 0
        self._plan = plan
        self._local = local
        self._make = make
        self._keeper = keeper
        self._exhausted = exhausted
        self._by_address: dict[Any, tuple[DatagramEnd, Conversation]] = {}
        self._full_told = False

    def __len__(self) -> int:
        return len(self._by_address)

    def datagram(self, data: bytes, sockaddr: Any) -> None:
        """See `transport.datagram.DatagramSink`."""
        known = self._by_address.get(sockaddr)
        if known is None:
            known = self._new(sockaddr)
            if known is None:
                self.dropped += 1
                return
        known[0].datagram(data, sockaddr)

    def _new(self, sockaddr: Any) -> tuple[DatagramEnd, Conversation] | None:
        maximum = self._plan.limits.max_udp_peers
        if self._exhausted():
            return None
        if len(self._by_address) >= maximum:
            if not self._full_told:
                self._full_told = True
                log.warning(
                    "%s: %d peers at once, the limit max_udp_peers; datagrams of new ones are dropped",
                    self._local,
                    maximum,
                )
            return None
        peer = name(sockaddr, self._plan.address.scheme)
        connection = self._make(self._plan, peer, self._local, self._keeper)

        def transport(sink: Sink) -> DatagramEnd:
            return DatagramEnd(self.transport, sink, sockaddr, owns=False, on_over=self._forget)

        end = stack(connection, self._plan.layers, transport)
        self._by_address[sockaddr] = end, connection
        end.start()
        return end, connection

    def _forget(self, end: DatagramEnd) -> None:
        known = self._by_address.get(end.sockaddr)
        if known is None or known[0] is not end:
            # Forgotten before; the address may have a newer conversation by now.
            return
        del self._by_address[end.sockaddr]
        if len(self._by_address) < self._plan.limits.max_udp_peers * 9 // 10:
            self._full_told = False

    def sweep(self) -> None:
        """Forget the peers that have been silent too long: for their sessions, the peer has finished."""
        now = time.monotonic()
        silent = self._plan.limits.udp_peer_idle_s
        for end, connection in list(self._by_address.values()):
            if connection.idle_since(now) >= silent:
                end.finished()
                self._forget(end)

    def finish(self) -> None:
        """Tell every session that its peer has finished: nothing more will be taken."""
        for _, connection in list(self._by_address.values()):
            connection.finish_input()

    def drained(self) -> None:
        """See `transport.datagram.DatagramSink`."""
        for end, _ in list(self._by_address.values()):
            end.drained()

    def trouble(self, error: WiretalkError) -> None:
        """See `transport.datagram.DatagramSink`."""
        log.warning("%s", error)

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.datagram.DatagramSink`."""
        for end, _ in list(self._by_address.values()):
            end.lost(error)
