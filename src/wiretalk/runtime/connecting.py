"""Open a conversation: resolve, connect, TLS, each with its own time; and again, with pauses, when it must last."""

from __future__ import annotations

import asyncio
import random

from wiretalk.address import parse
from wiretalk.conversing import Plan
from wiretalk.errors import OpenError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import CONNECT_TIMEOUT_S, RETRY_FIRST_S, RETRY_MOST_S, Limits
from wiretalk.runtime.aside import aside
from wiretalk.runtime.attempts import connect_first
from wiretalk.runtime.carrying import carry, carry_datagrams
from wiretalk.runtime.connection import Connection
from wiretalk.transport import local_name, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator
    from types import TracebackType
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport import Candidate
    from wiretalk.transport.tls import TlsContext


def _silent(_: str) -> None:
    """Trace nothing."""


class Connector:
    """Open a conversation: enter it with `async with`, or await it, or loop over it with `async for` to reconnect.

    Each use opens anew: `await` returns a `Connection`; `async with` closes it at the end; `async for` opens one after
    another, with pauses that grow. A name with several addresses is tried as RFC 8305 says.

    Args:
        address: whom to talk to, e.g. "tcp://pi.local:8888".
        framing: how a byte stream is cut into messages ("line", "length:u32be", …); None: not at all ("raw").
        codec: what a message is to the caller ("text", "json", …); None: bytes.
        limits: see `wiretalk.limits.Limits`; by default a client may be idle for ever.
        timeout_s: seconds for all of connecting; None: no limit.
        resolve_timeout_s: seconds for resolving the name alone.
        connect_timeout_s: seconds for connecting alone. TLS has `limits.tls_handshake_timeout_s`.
        heartbeat: a message to be sent whenever nothing else was for `heartbeat_interval_s` seconds; None: none.
        heartbeat_interval_s: see `heartbeat`.
        heartbeat_timeout_s: seconds without a byte from the peer after which it counts as dead; None: it may be
            silent, and TCP's own keepalive tells.
        attempts: with `async for`: failures in a row after which the last is raised; None: never.
        trace: called with a line for each step on the way.

    Raises:
        AddressError, UsageError: the words are wrong; raised at once. All else is raised when it is opened:
        RefusedError, UnreachableError, NoSuchHostError, NotPermittedError, NotTrustedError: see each.
        TimedOutError: a step took too long; its `wait` says which.

    Source: RFC 8305.
    """

    def __init__(
        self,
        address: str | Address,
        *,
        framing: str | None = None,
        codec: str | None = None,
        limits: Limits | None = None,
        timeout_s: float | None = CONNECT_TIMEOUT_S,
        resolve_timeout_s: float | None = None,
        connect_timeout_s: float | None = None,
        heartbeat: Any = None,
        heartbeat_interval_s: float = 30.0,
        heartbeat_timeout_s: float | None = None,
        attempts: int | None = None,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        # A client that waits for a rare answer is in its rights, so only servers end idle conversations by default.
        limits = limits or Limits(idle_timeout_s=None)
        self._plan = Plan(parse(address) if isinstance(address, str) else address, framing, codec, limits)
        self._timeout_s = timeout_s
        self._resolve_timeout_s = resolve_timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._heartbeat = (heartbeat, heartbeat_interval_s, heartbeat_timeout_s)
        self._attempts = attempts
        self._trace = trace or _silent
        self._open: Connection | None = None
        self._tls: TlsContext | None = None
        for what, seconds in (("timeout_s", timeout_s), ("heartbeat_interval_s", heartbeat_interval_s)):
            if seconds is not None and seconds <= 0:
                raise UsageError("", reason=f"{what} must be above 0, not {seconds:g}")

    # one conversation

    async def _connect(self) -> Connection:
        step = "resolve"
        address = self._plan.address
        try:
            async with asyncio.timeout(self._timeout_s):
                if address.scheme == "stdio":
                    from wiretalk.transport import open_stdio

                    return await self._begin(open_stdio(), None)
                if address.scheme == "tls" and self._tls is None:
                    from wiretalk.transport.tls import client_context

                    # Before anything is opened, so that a wrong file is told first; reading the system's authorities
                    # takes a while, so not in the loop's thread, and once.
                    self._tls = await aside(client_context, address)
                async with asyncio.timeout(self._resolve_timeout_s):
                    candidates = await aside(resolve, address)
                self._trace(f"resolved {address}: {', '.join(map(str, candidates))}")
                step = "connect"
                async with asyncio.timeout(self._connect_timeout_s):
                    sock, candidate = await connect_first(candidates, self._trace)
                step = "tls-handshake"
                return await self._begin(sock, candidate)
        except TimeoutError as error:
            if isinstance(error, WiretalkError):
                raise
            own = {"resolve": self._resolve_timeout_s, "connect": self._connect_timeout_s}.get(step)
            raise TimedOutError(str(address), step, own if own is not None else self._timeout_s) from None

    async def _begin(self, sock: Any, candidate: Candidate | None) -> Connection:
        """Make the connection on a connected socket; with TLS, wait for the handshake."""
        plan = self._plan
        loop = asyncio.get_running_loop()
        opening = loop.create_future()
        peer = str(candidate) if candidate is not None else "-"
        local = local_name(sock, plan.address) if candidate is not None else "-"
        connection = Connection(plan, peer, local, None, opening)
        if candidate is not None and plan.address.kind == "datagram":
            carry_datagrams(sock, connection, candidate)
        else:
            carry(sock, connection, self._tls)
        connection._transport.start()  # the one who makes it starts it
        try:
            await opening
        except BaseException:
            connection.abort()
            raise
        tls = connection.tls
        self._trace(f"connected {local} to {peer}" + (f", {tls}" if tls is not None else ""))
        message, interval_s, timeout_s = self._heartbeat
        if message is not None:
            connection.start_heart(message, interval_s, timeout_s)
        if plan.limits.idle_timeout_s is not None:
            connection.watch_idle(plan.limits.idle_timeout_s)
        return connection

    def __await__(self) -> Generator[Any, None, Connection]:
        return self._connect().__await__()

    async def __aenter__(self) -> Connection:
        self._open = await self._connect()
        return self._open

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            await connection.__aexit__(kind, error, trace)

    # one after another

    async def __aiter__(self) -> AsyncIterator[Connection]:
        """Open connections for ever, one after another, each closed when the next is asked for.

        A connection that fails to open, or that ends without a byte from the peer, is followed by a pause, twice as
        long as the one before up to `limits.RETRY_MOST_S`, with jitter, so that many clients do not come back at once.

        Raises:
            OpenError, TimedOutError: the last failure, after `attempts` of them in a row.
        """
        pause_s = RETRY_FIRST_S
        failures = 0
        while True:
            try:
                connection = await self._connect()
            except (OpenError, TimedOutError) as error:
                failures += 1
                if self._attempts is not None and failures >= self._attempts:
                    raise
                self._trace(f"{error}; trying again in about {pause_s:g} s")
            else:
                try:
                    yield connection
                finally:
                    try:
                        await connection.close()
                    except WiretalkError as error:
                        # It is over either way; the next one is what matters here.
                        self._trace(str(error))
                if connection.bytes_received or connection.age_s > pause_s:
                    pause_s = RETRY_FIRST_S
                    failures = 0
                self._trace(f"{connection.peer}: {connection.ending}; opening it again in about {pause_s:g} s")
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311  # jitter, not a secret
            pause_s = min(pause_s * 2, RETRY_MOST_S)


connect = Connector
"""Made by its own name, used by another: `async with wiretalk.connect(…) as connection`."""
