"""A server: several addresses, one handler, one set of limits, a thread a conversation; and stopping in good order.

What accepts is in `accepting`, who the datagram peers are in `peers`, what a conversation is in `connection` and
`replying`.
"""

from __future__ import annotations

import time

from wiretalk.address import Address, parse
from wiretalk.blocking.accepting import Acceptor, Source
from wiretalk.blocking.carrying import channel_of
from wiretalk.blocking.connection import Connection
from wiretalk.blocking.logs import log
from wiretalk.blocking.peers import Peers
from wiretalk.blocking.replying import ReplyConversation, ReplyDatagrams
from wiretalk.blocking.sessions import Sessions
from wiretalk.blocking.waiting import SIGNAL_LOOK_S, Bell
from wiretalk.conversing import Plan, on_bytes
from wiretalk.errors import TimedOutError, UsageError
from wiretalk.limits import MAX_THREADS, SWEEP_MOST_S, Limits
from wiretalk.transport import Gate, accepted_name, listen, local_name, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Any, Self

    from wiretalk.address.access import Access
    from wiretalk.blocking.sessions import Observer, Session
    from wiretalk.transport import Listener


CLOSE_GRACE_S = 1.0
"""After the drain: how long sessions have to close, once their waits have been called off, before they are cut off."""


class Server:
    """Serve conversations at one or more addresses. Made by `serve`, started by `with` or `start`.

    Attributes:
        addresses: the addresses served, with the ports the system gave, as text.
        families: "IPv4", "IPv6", "IPv4 and IPv6", or "" where there are none, of each of the addresses.
    """

    def __init__(
        self,
        addresses: str | Address | Iterable[str | Address],
        session: Session | None = None,
        *,
        reply: Callable[[Any], Any] | None = None,
        framing: str | None = None,
        codec: str | None = None,
        limits: Limits | None = None,
        access: Access | None = None,
        max_accepted: int | None = None,
        on_open: Observer | None = None,
        on_close: Observer | None = None,
        max_threads: int = MAX_THREADS,
    ) -> None:
        if (session is None) == (reply is None):
            raise UsageError("", reason="serve takes either a session or reply=, both of them functions")
        for handler in (session, reply):
            _refuse_coroutines(handler)
        if max_threads < 1:
            raise UsageError("", reason=f"max_threads must be above 0, not {max_threads}")
        several = [addresses] if isinstance(addresses, str | Address) else list(addresses)
        if not several:
            raise UsageError("", reason="serve needs at least one address")
        self._limits = limits or Limits()
        self._plans = [
            Plan(parse(one) if isinstance(one, str) else one, framing, codec, self._limits) for one in several
        ]
        self._gate = Gate(access) if access else None
        self._reply = reply
        self._max_accepted = max_accepted
        self._most = min(max_threads, self._limits.max_connections)
        self._acceptor: Acceptor | None = None
        self._peers: list[Peers] = []
        self._answering: list[ReplyDatagrams] = []
        self._stopped = Bell()
        self._sessions = Sessions(session, on_open, on_close, self._ended)
        self._full_told = False
        self._closing = False
        self._fingerprints: list[str] = []
        self.addresses: list[str] = []
        self.families: list[str] = []

    # starting

    def start(self) -> Self:
        """Open every address; all or none. A second call does nothing.

        Raises:
            AddressError: an address cannot be listened on.
            InUseError: somebody else has an address.
            NotPermittedError: the system does not permit it.
            OpenError: anything else the system says.
            UsageError: it has been closed.
        """
        if self._closing:
            raise UsageError("", reason="this server has been closed; make another")
        if self._acceptor is not None:
            return self
        self._acceptor = Acceptor(self._adopt, self._at_limit, self._sweep, self._sweep_s(), self._welcome)
        at_once = []
        try:
            if self._gate is not None:
                self._gate.look_up()
            for plan in self._plans:
                secure = self._server_tls(plan) if plan.address.secure else None
                for listener in listen(plan.address):
                    # First it is given to who will close it, whatever happens then.
                    if not plan.address.listens:
                        at_once.append(Source(listener, plan, None))
                    else:
                        self._open_listener(listener, plan, secure)
                    self.addresses.append(told(listener.address))
                    self.families.append(listener.families)
        except BaseException:
            for source in at_once:
                source.listener.close()
            self.close(drain_s=0)
            raise
        for source in at_once:
            sock, sockaddr = source.listener.accept() or (None, None)
            source.listener.close()
            self._adopt(source, sock, sockaddr, Bell())
        for answering in self._answering:
            answering.start()
        self._acceptor.start()
        return self

    def _server_tls(self, plan: Plan) -> Any:
        from wiretalk.transport.tls import server_context

        context = server_context(plan.address)
        if context.self_signed:
            self._fingerprints.append(context.fingerprint)
        return context

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 fingerprints of the certificates made on the spot, to be told to clients."""
        return list(self._fingerprints)

    def _open_listener(self, listener: Listener, plan: Plan, secure: Any) -> None:
        assert self._acceptor is not None  # noqa: S101  # start has made it
        if listener.kind != "datagram":
            self._acceptor.add(Source(listener, plan, secure))
        elif self._reply is not None:
            answering = ReplyDatagrams(listener, plan, self._counted(on_bytes(self._reply, plan)), self._gate)
            self._answering.append(answering)
        else:
            peers = Peers(listener, plan, self._sessions.begin, self._no_room, self._gate)
            self._peers.append(peers)
            self._acceptor.add_peers(peers)

    def _counted(self, reply: Callable[[bytes], bytes | None]) -> Callable[[bytes], bytes | None]:
        """Count datagrams towards `max_accepted`, which for them is one conversation each."""
        if self._max_accepted is None:
            return reply

        def counted(message: bytes) -> bytes | None:
            self._sessions.count()
            if self._exhausted():
                self.stop()
            return reply(message)

        return counted

    # conversations

    @property
    def connections(self) -> set[Connection | ReplyConversation]:
        """The conversations open now."""
        return self._sessions.open()

    @property
    def accepted(self) -> int:
        """How many conversations there have been."""
        return self._sessions.accepted

    def totals(self) -> dict[str, int]:
        """Return the sums over all conversations so far: bytes and messages each way."""
        sums = self._sessions.totals()
        for answering in self._answering:
            for what in sums:
                sums[what] += getattr(answering, what)
        return sums

    def _ended(self) -> None:
        if self._acceptor is not None:
            self._acceptor.wake()
            self._stop_if_done()

    def _stop_if_done(self) -> None:
        """Stop if the last conversation has ended and none can follow."""
        if (
            not len(self._sessions)
            and not self._arriving
            and (self._exhausted() or not (len(self._acceptor or ()) or self._answering))
        ):
            self.stop()

    def _exhausted(self, arriving: int = 0) -> bool:
        return self._max_accepted is not None and self.accepted + arriving >= self._max_accepted

    @property
    def _arriving(self) -> int:
        """Connections accepted that have not said yet whose they are."""
        return len(self._acceptor.arrivals) if self._acceptor is not None else 0

    def _at_limit(self) -> bool:
        if self._exhausted(self._arriving):
            return True
        now = len(self._sessions) + self._arriving
        if now < self._most:
            return False
        if not self._full_told:
            self._full_told = True
            limit = "max_threads" if self._most < self._limits.max_connections else "max_connections"
            log().warning("%d connections, the limit %s: no more are accepted", now, limit)
        return True

    def _no_room(self) -> bool:
        return self._exhausted() or len(self._sessions) >= self._most

    def _adopt(self, source: Source, sock: Any, sockaddr: Any, bell: Bell) -> None:
        address = source.plan.address
        try:
            peer, local = accepted_name(sockaddr, address), local_name(sock, address)
        except BaseException:
            sock.close()
            bell.close()
            raise
        self._welcome(source, sock, sockaddr, peer, local, bell)

    def _welcome(self, source: Source, sock: Any, sockaddr: Any, peer: str, local: str, bell: Bell) -> None:
        """Hold a conversation with a peer that is known by name."""
        plan = source.plan
        if self._gate is not None and self._gate.refuses(sock, sockaddr, peer):
            bell.close()
            return
        try:
            channel = channel_of(plan, sock, peer, source.secure, accepted=True, bell=bell)
        except BaseException:
            sock.close()
            bell.close()
            raise
        conversation: Connection | ReplyConversation
        if self._reply is not None:
            conversation = ReplyConversation(plan, peer, local, channel, on_bytes(self._reply, plan))
        else:
            conversation = Connection(plan, peer, local, channel)
        self._sessions.begin(conversation, channel)

    def _sweep_s(self) -> float:
        idle_s = self._limits.idle_timeout_s
        waits = [SWEEP_MOST_S] if idle_s is None else [SWEEP_MOST_S, idle_s / 4]
        if any(plan.address.kind == "datagram" for plan in self._plans):
            waits.append(self._limits.udp_peer_idle_s / 4)
        return min(waits)

    def _sweep(self) -> None:
        """Look for idle connections, now and then: no timer a connection, no clock a message."""
        now = time.monotonic()
        idle_s = self._limits.idle_timeout_s
        if idle_s is not None:
            for conversation in self.connections:
                if conversation.address.kind != "datagram" and conversation.idle_since(now) >= idle_s:
                    conversation.abort(TimedOutError(conversation.peer, "idle", idle_s, conversation.unsent_bytes))
        for peers in self._peers:
            peers.sweep()

    # stopping

    def stop(self) -> None:
        """Let `serve_forever` return; leaving the `with` then drains. Callable from a signal handler."""
        self._stopped.ring()

    def stop_accepting(self) -> None:
        """Take no new connections from now on: who comes is refused. What is open goes on; after the last it stops."""
        if self._acceptor is not None:
            self._acceptor.stop_listening()
            self._stop_if_done()

    def serve_forever(self) -> None:
        """Wait until `stop` is called, or `max_accepted` conversations have ended."""
        # A signal that comes right before a thread begins to wait is not seen until it looks again.
        while not self._stopped.wait(SIGNAL_LOOK_S):
            pass

    def close(self, *, drain_s: float | None = None) -> None:
        """Stop accepting, let open conversations end, then close what is left.

        A session that waits for its peer then gets a ClosedError; one that waits for something else is cut off from
        its peer, and its thread ends when it does.

        Args:
            drain_s: how long they may take, in seconds; None: `limits.drain_s`.
        """
        if self._closing:
            return
        self._closing = True
        self.stop()
        try:
            if self._acceptor is not None:
                self._acceptor.close()
            for answering in self._answering:
                answering.close()
            for peers in self._peers:
                peers.finish()
            wait_s = self._limits.drain_s if drain_s is None else drain_s
            if not self._sessions.emptied(wait_s):
                left = len(self.connections)
                log().info("%d conversations did not end within %g s and are closed", left, wait_s)
                self._sessions.hang_up()
                self._sessions.emptied(CLOSE_GRACE_S)
        finally:
            self._sessions.abort()
            for peers in self._peers:
                peers.close()
            self._sessions.emptied(CLOSE_GRACE_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_coroutines(handler: Any) -> None:
    """Raise UsageError for a coroutine function: it would return at once, and nothing would ever be said."""
    code = getattr(getattr(handler, "__func__", handler), "__code__", None)
    if code is not None and code.co_flags & 0x80:  # inspect.CO_COROUTINE, without loading inspect
        raise UsageError("", reason="a coroutine function is for wiretalk.serve; wiretalk.blocking takes plain ones")


def serve(
    addresses: str | Address | Iterable[str | Address],
    session: Session | None = None,
    *,
    reply: Callable[[Any], Any] | None = None,
    framing: str | None = None,
    codec: str | None = None,
    limits: Limits | None = None,
    access: Access | None = None,
    max_accepted: int | None = None,
    on_open: Observer | None = None,
    on_close: Observer | None = None,
    max_threads: int = MAX_THREADS,
) -> Server:
    """Serve conversations: a function a connection, in a thread of its own, or a function a message.

    The same handler serves every address; a datagram peer is a connection like any other. A handler that raises ends
    its own conversation, with one log record; leaving the `with` drains.

    Args:
        addresses: one address or several.
        session: a function, called with each `Connection` (for UDP: with each peer) in a thread of its own.
        reply: a function, called with each message; it returns the answer, or None for none. Conversations have
            threads of their own, so it must be safe to be called in several at once.
        framing: how byte streams are cut into messages ("line", "length:u32be", …); None: not at all ("raw").
        codec: what a message is to the handler ("text", "json", …); None: bytes.
        limits: see `wiretalk.limits.Limits`.
        access: who may come (`wiretalk.address.access.Access`); None: everybody.
        max_accepted: stop after so many conversations; None: never.
        on_open: called with each conversation when it opens.
        on_close: called with each conversation when it is over; its `ending` tells how.
        max_threads: threads, so conversations at once; at it, no more are accepted.

    Returns:
        A server, not yet started: `with serve(…) as server`.

    Raises:
        UsageError: an argument, framing or codec is wrong.
        AddressError: an address is wrong.
    """
    return Server(
        addresses,
        session,
        reply=reply,
        framing=framing,
        codec=codec,
        limits=limits,
        access=access,
        max_accepted=max_accepted,
        on_open=on_open,
        on_close=on_close,
        max_threads=max_threads,
    )
