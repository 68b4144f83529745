"""Serving: conversations within limits, from several addresses, whatever handles them; and stopping in good order.

What is listened with is in `doors`; what happens in a conversation is decided by a `handling.Handling`.
"""

from __future__ import annotations

import asyncio
import logging
import time

from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, TimedOutError
from wiretalk.limits import SWEEP_MOST_S
from wiretalk.runtime.aside import in_thread
from wiretalk.runtime.carrying import carry
from wiretalk.runtime.doors import Doors
from wiretalk.runtime.peers import Peers
from wiretalk.transport import Gate, accepted_name, local_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Self

    from wiretalk.address.access import Access
    from wiretalk.conversing import Plan
    from wiretalk.limits import Limits
    from wiretalk.runtime.arriving import Arrivals
    from wiretalk.runtime.conversation import Conversation
    from wiretalk.runtime.handling import Handling
    from wiretalk.runtime.replying import ReplyDatagrams
    from wiretalk.transport.datagram import DatagramSink
    from wiretalk.transport.tls import TlsContext

    Observer = Callable[[Conversation], None]

log = logging.getLogger("wiretalk")

CLOSE_GRACE_S = 1.0
"""After the drain: how long cancelled sessions have to close before what is left is cut off."""

SUMMED = ("bytes_received", "bytes_sent", "messages_received", "messages_sent")
"""What `Serving.totals` sums up."""


class Serving:
    """Serve conversations at several addresses, with one set of limits.

    Args:
        plans: address, framing, codec and limits of each.
        handling: what happens in a conversation.
        limits: of the whole.
        access: who may come; None: everybody.
        max_accepted: stop after so many conversations; None: never.
        on_open: called with each conversation when it opens.
        on_close: called with each conversation when it is over; its `ending` tells how.

    Attributes:
        accepted: how many conversations there have been.
    """

    def __init__(
        self,
        plans: list[Plan],
        handling: Handling,
        limits: Limits,
        *,
        access: Access | None = None,
        max_accepted: int | None = None,
        on_open: Observer | None = None,
        on_close: Observer | None = None,
    ) -> None:
        self._plans = plans
        self._handling = handling
        self._limits = limits
        self._max_accepted = max_accepted
        self._on_open = on_open
        self._on_close = on_close
        self._gate = Gate(access) if access else None
        self._doors = Doors(self)
        self._stopped: asyncio.Event = asyncio.Event()
        self._empty: asyncio.Event = asyncio.Event()
        self._full_told = False
        self._closing = False
        self._sweeper: asyncio.TimerHandle | None = None
        # Accepted, and not yet known by name; None: no address has had any.
        self._arrivals: Arrivals | None = None
        self._past = dict.fromkeys(SUMMED, 0)
        self._open: set[Conversation] = set()
        # Accepted, and not yet opened: TLS or WebSocket comes first.
        self._shaking_hands: set[Conversation] = set()
        self.accepted = 0

    @property
    def connections(self) -> set[Conversation]:
        """The conversations open now."""
        return self._open

    @property
    def addresses(self) -> list[str]:
        """The addresses served, with the ports the system gave and without options, as text."""
        return list(self._doors.addresses)

    @property
    def families(self) -> list[str]:
        """What each of the addresses is of: "IPv4", "IPv6", "IPv4 and IPv6", or "" where there are no families."""
        return list(self._doors.families)

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 fingerprints of the certificates made on the spot, to be told to clients."""
        return self._doors.fingerprints

    # starting

    async def start(self) -> Self:
        """Open every address; all or none.

        Raises:
            AddressError: an address cannot be listened on.
            InUseError: somebody else has an address.
            NotPermittedError: the system does not permit it.
            OpenError: anything else the system says.
        """
        try:
            if self._gate is not None and self._gate.has_names:
                await in_thread(self._gate.look_up)
            await self._doors.open(self._plans)
        except BaseException:
            await self.close(drain_s=0)
            raise
        self._sweep()
        return self

    # what comes in (see doors.Keeper)

    def adopt(self, sock: socket.socket, sockaddr: Any, plan: Plan, secure: TlsContext | None) -> None:
        """Hold a conversation on a socket that has been accepted."""
        if not plan.address.option("proxy_protocol"):
            peer = accepted_name(sockaddr, plan.address)
            self._welcome(sock, sockaddr, peer, local_name(sock, plan.address), plan, secure)
            return
        if self._arrivals is None:
            from wiretalk.runtime.arriving import Arrivals

            self._arrivals = Arrivals(self._welcome, self._one_less)
        self._arrivals.take(sock, sockaddr, plan, secure)

    def _welcome(
        self, sock: socket.socket, sockaddr: Any, peer: str, local: str, plan: Plan, secure: TlsContext | None
    ) -> None:
        """Hold a conversation with a peer that is known by name."""
        if self._gate is not None and self._gate.refuses(sock, sockaddr, peer):
            self._one_less()
            return
        conversation = self._handling.conversation(plan, peer, local, self._keep)
        transport = carry(sock, conversation, secure, accepted=True)
        self._open.add(conversation)
        self._shaking_hands.add(conversation)
        self.accepted += 1
        transport.start()

    def datagram_sink(self, plan: Plan, local: str) -> Peers | ReplyDatagrams:
        """Return who takes the datagrams of one socket."""
        counted = self._count_datagram if self._max_accepted is not None else None
        return self._handling.datagrams(plan, counted) or Peers(
            plan, local, self._handling.conversation, self._keep, self._exhausted
        )

    def guarded(self, sink: DatagramSink) -> DatagramSink:
        """Return what takes the datagrams of those who may come, for the sink."""
        return sink if self._gate is None else self._gate.guard(sink)

    def full(self) -> bool:
        """Return whether no more connections are to be accepted, and stop accepting then."""
        arriving = len(self._arrivals or ())
        if self._exhausted(arriving):
            self._doors.pause()
            return True
        if len(self._open) + arriving < self._limits.max_connections:
            return False
        if not self._full_told:
            self._full_told = True
            now = len(self._open) + arriving
            log.warning("as many connections as max_connections allows (%d): no more are accepted", now)
        self._doors.pause()
        return True

    def _count_datagram(self) -> None:
        """Count a datagram that is answered without a conversation towards `max_accepted`, as one conversation."""
        self.accepted += 1
        if self._exhausted():
            self.stop()
            self._doors.pause_datagrams()

    def _exhausted(self, arriving: int = 0) -> bool:
        return self._max_accepted is not None and self.accepted + arriving >= self._max_accepted

    # conversations

    def totals(self) -> dict[str, int]:
        """Return the sums over all conversations so far: bytes and messages each way."""
        sums = dict(self._past)
        for one in (*self._open, *self._doors.answering()):
            for what in SUMMED:
                sums[what] += getattr(one, what)
        return sums

    def _keep(self, conversation: Conversation) -> None:
        """A conversation has opened, or is over."""
        if conversation.ending is None:
            self._begun(conversation)
        else:
            self._ended(conversation, conversation.ending)

    def _begun(self, conversation: Conversation) -> None:
        if conversation.address.kind == "datagram":
            self.accepted += 1
        self._shaking_hands.discard(conversation)
        self._open.add(conversation)
        if self._on_open is not None:
            self._on_open(conversation)
        self._handling.begun(conversation)

    def _ended(self, conversation: Conversation, ending: Ending) -> None:
        self._open.discard(conversation)
        for what in SUMMED:
            self._past[what] += getattr(conversation, what)
        if conversation in self._shaking_hands:
            # No handshake, so no conversation: one that was never held must not end a server of one.
            self._shaking_hands.remove(conversation)
            self.accepted -= 1
        if ending.how != "finished":
            log.info("%s: %s", conversation.peer, ending)
        if self._on_close is not None:
            self._on_close(conversation)
        self._one_less()

    def _one_less(self) -> None:
        """Accept again if there is room for it now; stop after the last one."""
        arriving = len(self._arrivals or ())
        room = len(self._open) + arriving < self._limits.max_connections
        if room and not self._closing and not self._exhausted(arriving):
            self._doors.resume()
        if not self._open and not arriving:
            self._empty.set()
            if self._exhausted() or not self._doors:
                self.stop()

    def _sweep(self) -> None:
        """Look for idle connections, now and then: no timer a connection, no clock a message."""
        now = time.monotonic()
        idle = self._limits.idle_timeout_s
        if idle is not None:
            for conversation in list(self._open):
                if conversation.address.kind != "datagram" and conversation.idle_since(now) >= idle:
                    conversation.abort(TimedOutError(conversation.peer, "idle", idle, conversation.unsent_bytes))
        waits = [SWEEP_MOST_S] if idle is None else [SWEEP_MOST_S, idle / 4]
        for peers in self._doors.peers():
            peers.sweep()
            waits.append(self._limits.udp_peer_idle_s / 4)
        self._sweeper = asyncio.get_running_loop().call_later(min(waits), self._sweep)

    # stopping

    def stop(self) -> None:
        """Let `serve_forever` return; leaving the `async with` then drains. Callable from a signal handler."""
        self._stopped.set()

    def stop_accepting(self) -> None:
        """Take no new connections from now on: who comes is refused. What is open goes on; after the last it stops."""
        self._doors.close_acceptors()
        if not self._open and not self._arrivals and not self._doors:
            self.stop()

    async def serve_forever(self) -> None:
        """Wait until `stop` is called, or `max_accepted` conversations have ended."""
        await self._stopped.wait()

    async def close(self, *, drain_s: float | None = None) -> None:
        """Stop accepting, let open conversations end, then close what is left.

        Args:
            drain_s: how long they may take, in seconds; None: `limits.drain_s`.
        """
        self._closing = True
        self._stopped.set()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._doors.close_acceptors()
        if self._arrivals is not None:
            self._arrivals.close()
        self._doors.stop_datagrams()
        for conversation in list(self._open):
            if getattr(conversation, "resting", False):
                conversation.leaving = "stopping"
                conversation.hang_up()
        wait_s = self._limits.drain_s if drain_s is None else drain_s
        if await self._emptied(wait_s):
            await self._doors.close_datagrams(CLOSE_GRACE_S)
            return
        left = list(self._open)
        log.info("%d conversations did not end within %g s and are closed", len(left), wait_s)
        self._handling.cancel()
        for conversation in left:
            conversation.leaving = conversation.leaving or "stopping"
            conversation.hang_up()
        if not await self._emptied(CLOSE_GRACE_S):
            for conversation in list(self._open):
                conversation.abort(ClosedError(conversation.peer, Ending("closed", "us")))
        await self._doors.close_datagrams(CLOSE_GRACE_S)
        await self._handling.ended(CLOSE_GRACE_S)

    async def _emptied(self, within_s: float) -> bool:
        if not self._open:
            return True
        if within_s <= 0:
            return False
        self._empty.clear()
        try:
            async with asyncio.timeout(within_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close(drain_s=0 if kind is not None and issubclass(kind, asyncio.CancelledError) else None)
