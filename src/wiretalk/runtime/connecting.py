"""Open a connection, and again, with pauses, when it must last. How one is dialled is in `dialling`."""

from __future__ import annotations

import asyncio
import random

from wiretalk.address import parse
from wiretalk.conversing import Plan
from wiretalk.errors import OpenError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import CONNECT_TIMEOUT_S, RETRY_FIRST_S, RETRY_MOST_S, Limits
from wiretalk.runtime.connection import Connection
from wiretalk.runtime.dialling import Dialler, silent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Sequence
    from types import TracebackType
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.layer import Layering


def _connection(plan: Plan, peer: str, local: str, opening: asyncio.Future[None]) -> Connection:
    return Connection(plan, peer, local, None, opening)


class Connector:
    """Open a conversation: enter it with `async with`, or await it, or loop over it with `async for` to reconnect.

    Each use opens anew: `await` returns a `Connection`; `async with` closes it at the end; `async for` opens one after
    another, with pauses that grow. A name with several addresses is tried as RFC 8305 says.

    Args:
        address: whom to talk to, e.g. "tcp://pi.local:8888".
        framing: how a byte stream is cut into messages ("line", "length:u32be", …); None: not at all ("raw").
        codec: what a message is to the caller ("text", "json", …); None: bytes.
        limits: see `wiretalk.limits.Limits`; by default a client may be idle for ever.
        layers: what stands between the peer and the connection, nearest to the peer first.
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
        layers: Sequence[Layering] = (),
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
        address = parse(address) if isinstance(address, str) else address
        self._dialler = Dialler(
            Plan(address, framing, codec, limits, layers=layers, dialled=True),
            timeout_s=timeout_s,
            resolve_timeout_s=resolve_timeout_s,
            connect_timeout_s=connect_timeout_s,
            trace=trace or silent,
        )
        self._heartbeat = (heartbeat, heartbeat_interval_s, heartbeat_timeout_s)
        self._attempts = attempts
        self._trace = self._dialler.trace
        self._open: Connection | None = None
        if heartbeat_interval_s <= 0:
            raise UsageError("", reason=f"heartbeat_interval_s must be above 0, not {heartbeat_interval_s:g}")

    # one conversation

    async def _connect(self) -> Connection:
        connection = await self._dialler.dial(_connection)
        message, interval_s, timeout_s = self._heartbeat
        if message is not None:
            connection.start_heart(message, interval_s, timeout_s)
        idle_s = connection.plan.limits.idle_timeout_s
        if idle_s is not None:
            connection.watch_idle(idle_s)
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
