"""A server: several addresses, one handler, one set of limits; and stopping in good order.

What accepts is in `accepting`, who the datagram peers are in `peers`, what a connection is in `connection` and
`replying`.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time

from wiretalk.address import Address, parse
from wiretalk.conversing import Plan, on_bytes
from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import SWEEP_MOST_S, Limits
from wiretalk.runtime.accepting import Acceptor
from wiretalk.runtime.aside import aside
from wiretalk.runtime.carrying import carry, shared_datagrams
from wiretalk.runtime.connection import Connection
from wiretalk.runtime.peers import Peers
from wiretalk.runtime.replying import ReplyConversation, ReplyDatagrams
from wiretalk.transport import listen, local_name, name

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterable
    from types import TracebackType
    from typing import Any, Self

    from wiretalk.runtime.conversation import Conversation
    from wiretalk.runtime.replying import Reply
    from wiretalk.transport import Listener
    from wiretalk.transport.datagram import DatagramTransport
    from wiretalk.transport.tls import TlsContext

    Session = Callable[[Connection], Awaitable[None]]
    Observer = Callable[[Conversation], None]

log = logging.getLogger("wiretalk")

CLOSE_GRACE_S = 1.0
"""After the drain: how long cancelled sessions have to close before what is left is cut off."""

FLUSH_LOOK_S = 0.01
"""Stopping with datagrams still held: how often to look whether they have gone."""

SUMMED = ("bytes_received", "bytes_sent", "messages_received", "messages_sent")
"""What `Server.totals` sums up."""


class Server:
    """Serve conversations: a coroutine a connection, or a function a message.

    The same handler serves every address; a datagram peer is a connection like any other. A handler that raises ends
    its own conversation, with one log record; leaving the `async with` drains.

    Args:
        addresses: one address or several.
        session: a coroutine function, called with each `Connection` (for UDP: with each peer).
        reply: a function, called with each message; it returns the answer, or None for none. The fast way.
        framing: how byte streams are cut into messages ("line", "length:u32be", …); None: not at all ("raw").
        codec: what a message is to the handler ("text", "json", …); None: bytes.
        limits: see `wiretalk.limits.Limits`.
        max_accepted: stop after so many conversations; None: never.
        on_open: called with each conversation when it opens.
        on_close: called with each conversation when it is over; its `ending` tells how.

    Attributes:
        addresses: the addresses served, with the ports the system gave and without options, as text.
        families: "IPv4", "IPv6", "IPv4 and IPv6", or "" where there are none, of each of the addresses.
        connections: the conversations open now.
        accepted: how many conversations there have been.

    Raises:
        UsageError: an argument, framing or codec is wrong.
        AddressError: an address is wrong.
    """

    def __init__(
        self,
        addresses: str | Address | Iterable[str | Address],
        session: Session | None = None,
        *,
        reply: Reply | None = None,
        framing: str | None = None,
        codec: str | None = None,
        limits: Limits | None = None,
        max_accepted: int | None = None,
        on_open: Observer | None = None,
        on_close: Observer | None = None,
    ) -> None:
        if (session is None) == (reply is None):
            raise UsageError("", reason="serve takes either a session (a coroutine function) or reply= (a function)")
        if reply is not None and inspect.iscoroutinefunction(reply):
            raise UsageError("", reason="reply= takes a plain function; a coroutine function is a session")
        if session is not None and not inspect.iscoroutinefunction(session):
            raise UsageError(
                "", reason="a session is a coroutine function (async def); a plain function goes to reply="
            )
        several = [addresses] if isinstance(addresses, str | Address) else list(addresses)
        if not several:
            raise UsageError("", reason="serve needs at least one address")
        self._limits = limits or Limits()
        self._plans = [
            Plan(parse(one) if isinstance(one, str) else one, framing, codec, self._limits) for one in several
        ]
        self._session = session
        self._reply = reply
        self._max_accepted = max_accepted
        self._on_open = on_open
        self._on_close = on_close
        self._acceptors: list[Acceptor] = []
        self._datagrams: list[tuple[DatagramTransport, Peers | None]] = []
        self._answering: list[ReplyDatagrams] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: asyncio.Event = asyncio.Event()
        self._empty: asyncio.Event = asyncio.Event()
        self._full_told = False
        self._closing = False
        self._sweeper: asyncio.TimerHandle | None = None
        self._fingerprints: list[str] = []
        self._past = dict.fromkeys(SUMMED, 0)
        self.addresses: list[str] = []
        self.families: list[str] = []
        self.connections: set[Conversation] = set()
        self.accepted = 0

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
            for plan in self._plans:
                if plan.address.scheme == "stdio":
                    self._serve_stdio(plan)
                    continue
                secure = self._server_tls(plan) if plan.address.scheme == "tls" else None
                for listener in await aside(listen, plan.address):
                    # First it is given to who will close it, whatever happens then.
                    self._open_listener(listener, plan, secure)
                    self.addresses.append(str(listener.address.but(options={})))
                    self.families.append(listener.families)
        except BaseException:
            await self.close(drain_s=0)
            raise
        for acceptor in self._acceptors:
            acceptor.resume()
        for transport, _ in self._datagrams:
            transport.resume()
        self._sweep()
        return self

    def _server_tls(self, plan: Plan) -> TlsContext:
        from wiretalk.transport.tls import server_context

        context = server_context(plan.address)
        if context.self_signed:
            self._fingerprints.append(context.fingerprint)
        return context

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 fingerprints of the certificates made on the spot, to be told to clients."""
        return list(self._fingerprints)

    def _open_listener(self, listener: Listener, plan: Plan, secure: TlsContext | None) -> None:
        if listener.kind == "datagram":
            self._open_datagrams(listener, plan)
            return

        def adopt(sock: Any, sockaddr: Any, acceptor: Acceptor) -> None:  # noqa: ARG001  # one signature for all
            self._adopt(sock, sockaddr, plan, secure)

        self._acceptors.append(Acceptor(listener, adopt, self._at_limit))

    def _open_datagrams(self, listener: Listener, plan: Plan) -> None:
        local = str(listener.address.but(options={}))
        sink: Peers | ReplyDatagrams
        if self._reply is not None:
            sink = ReplyDatagrams(plan, self._counted(on_bytes(self._reply, plan)))
            self._answering.append(sink)
        else:
            sink = Peers(plan, local, self._keep, self._exhausted)
        transport = shared_datagrams(listener.sock, sink, local, plan)
        transport.on_close = listener.close
        sink.transport = transport
        self._datagrams.append((transport, sink if isinstance(sink, Peers) else None))

    def _counted(self, reply: Callable[[bytes], bytes | None]) -> Callable[[bytes], bytes | None]:
        """Count datagrams towards `max_accepted`, which for them is one conversation each."""
        if self._max_accepted is None:
            return reply

        def counted(message: bytes) -> bytes | None:
            self.accepted += 1
            if self._exhausted():
                self.stop()
                for transport, _ in self._datagrams:
                    transport.pause()
            return reply(message)

        return counted

    def _serve_stdio(self, plan: Plan) -> None:
        from wiretalk.transport import open_stdio

        self.addresses.append("-")
        self.families.append("")
        sock = open_stdio()
        self._adopt(sock, None, plan, None)

    # conversations

    def totals(self) -> dict[str, int]:
        """Return the sums over all conversations so far: bytes and messages each way."""
        sums = dict(self._past)
        for one in (*self.connections, *self._answering):
            for what in SUMMED:
                sums[what] += getattr(one, what)
        return sums

    def _exhausted(self) -> bool:
        return self._max_accepted is not None and self.accepted >= self._max_accepted

    def _at_limit(self) -> bool:
        if self._exhausted():
            self._pause_accepting()
            return True
        if len(self.connections) < self._limits.max_connections:
            return False
        if not self._full_told:
            self._full_told = True
            log.warning(
                "as many connections as max_connections allows (%d): no more are accepted", len(self.connections)
            )
        self._pause_accepting()
        return True

    def _pause_accepting(self) -> None:
        for acceptor in self._acceptors:
            acceptor.pause()

    def _adopt(self, sock: socket.socket, sockaddr: Any, plan: Plan, secure: TlsContext | None) -> None:
        scheme = plan.address.scheme
        peer = "-" if scheme == "stdio" else name(sockaddr, scheme)
        local = "-" if scheme == "stdio" else local_name(sock, plan.address)
        conversation: Connection | ReplyConversation
        if self._reply is not None:
            conversation = ReplyConversation(plan, peer, local, self._keep, on_bytes(self._reply, plan))
        else:
            conversation = Connection(plan, peer, local, self._keep)
        transport = carry(sock, conversation, secure)
        self.connections.add(conversation)
        self.accepted += 1
        transport.start()

    def _keep(self, conversation: Conversation) -> None:
        """A conversation has opened, or is over."""
        if conversation.ending is None:
            self._begun(conversation)
        else:
            self._ended(conversation, conversation.ending)

    def _begun(self, conversation: Conversation) -> None:
        self.connections.add(conversation)
        if self._on_open is not None:
            self._on_open(conversation)
        if isinstance(conversation, Connection):
            if conversation.address.kind == "datagram":
                self.accepted += 1
            task = asyncio.get_running_loop().create_task(self._run(conversation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _ended(self, conversation: Conversation, ending: Ending) -> None:
        self.connections.discard(conversation)
        for what in SUMMED:
            self._past[what] += getattr(conversation, what)
        if conversation.address.scheme == "tls" and conversation.tls is None:
            # No handshake, so no conversation: one that was never held must not end a server of one.
            self.accepted -= 1
        if ending.how != "finished":
            log.info("%s: %s", conversation.peer, ending)
        if self._on_close is not None:
            self._on_close(conversation)
        if not self._closing and len(self.connections) < self._limits.max_connections and not self._exhausted():
            for acceptor in self._acceptors:
                acceptor.resume()
        if not self.connections:
            self._empty.set()
            if self._exhausted() or not (self._acceptors or self._datagrams):
                self.stop()

    async def _run(self, connection: Connection) -> None:
        try:
            await self._session(connection)  # type: ignore[misc]  # a connection exists only where there is a session
        except WiretalkError as error:
            # How the conversation ended is told where it ended; only what we did wrong ourselves is news.
            if error.by == "us" and not isinstance(error, ClosedError):
                log.warning("%s: %s; the connection is ended", connection.peer, error)
        except Exception:  # whatever a handler raises ends its own conversation and nothing else
            log.exception("%s: the session failed; the connection is ended", connection.peer)
        try:
            await connection.close()
        except WiretalkError as error:
            log.info("%s: %s", connection.peer, error)

    def _sweep(self) -> None:
        """Look for idle connections, now and then: no timer a connection, no clock a message."""
        now = time.monotonic()
        idle = self._limits.idle_timeout_s
        if idle is not None:
            for conversation in list(self.connections):
                if conversation.address.kind != "datagram" and conversation.idle_since(now) >= idle:
                    conversation.abort(TimedOutError(conversation.peer, "idle", idle, conversation.unsent_bytes))
        waits = [SWEEP_MOST_S] if idle is None else [SWEEP_MOST_S, idle / 4]
        for _, peers in self._datagrams:
            if peers is not None:
                peers.sweep()
                waits.append(self._limits.udp_peer_idle_s / 4)
        self._sweeper = asyncio.get_running_loop().call_later(min(waits), self._sweep)

    # stopping

    def stop(self) -> None:
        """Let `serve_forever` return; leaving the `async with` then drains. Callable from a signal handler."""
        self._stopped.set()

    def stop_accepting(self) -> None:
        """Take no new connections from now on: who comes is refused. What is open goes on; after the last it stops."""
        acceptors, self._acceptors = self._acceptors, []
        for acceptor in acceptors:
            acceptor.close()
        if not self.connections and not self._datagrams:
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
        for acceptor in self._acceptors:
            acceptor.close()
        for transport, peers in self._datagrams:
            transport.stop()
            if peers is not None:
                peers.finish()
        wait_s = self._limits.drain_s if drain_s is None else drain_s
        if await self._emptied(wait_s):
            await self._close_datagrams()
            return
        left = list(self.connections)
        log.info("%d conversations did not end within %g s and are closed", len(left), wait_s)
        for task in list(self._tasks):
            task.cancel()
        for conversation in left:
            if isinstance(conversation, ReplyConversation):
                conversation.finish()
            else:
                conversation.hang_up()  # type: ignore[attr-defined]  # the other kind
        if not await self._emptied(CLOSE_GRACE_S):
            for conversation in list(self.connections):
                conversation.abort(ClosedError(conversation.peer, Ending("closed", "us")))
        await self._close_datagrams()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_GRACE_S)

    async def _close_datagrams(self) -> None:
        """Give the kernel a moment to take the answers it had no room for; nothing tells all sockets' room at once."""
        for _ in range(round(CLOSE_GRACE_S / FLUSH_LOOK_S)):
            if not any(transport.backlog_bytes for transport, _ in self._datagrams):
                break
            await asyncio.sleep(FLUSH_LOOK_S)
        for transport, _ in self._datagrams:
            transport.close()

    async def _emptied(self, within_s: float) -> bool:
        if not self.connections:
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


serve = Server
"""Made by its own name, entered by another: `async with wiretalk.serve(…) as server`."""
