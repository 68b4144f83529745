"""Open a conversation: resolve, connect, TLS, each with its own time; and again, with pauses, when it must last."""

from __future__ import annotations

from wiretalk.address import parse
from wiretalk.blocking.attempts import connect_first
from wiretalk.blocking.carrying import channel_of, shakes_hands
from wiretalk.blocking.connection import Connection
from wiretalk.blocking.waiting import Deadline
from wiretalk.conversing import Plan, agreed
from wiretalk.errors import OpenError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import CONNECT_TIMEOUT_S, RETRY_FIRST_S, RETRY_MOST_S, Limits
from wiretalk.transport import local_name, may_block, resolve, shown, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.blocking.channel import Channel
    from wiretalk.transport import Candidate

    Trace = Callable[[str], None]


def _silent(_: str) -> None:
    """Trace nothing."""


class _Opening:
    """What `connect` was told, checked, and the opening itself, once or time and again."""

    def __init__(
        self,
        address: str | Address,
        framing: str | None,
        codec: str | None,
        limits: Limits | None,
        timeout_s: float | None,
        resolve_timeout_s: float | None,
        connect_timeout_s: float | None,
        heartbeat: Any,
        heartbeat_interval_s: float,
        heartbeat_timeout_s: float | None,
        trace: Trace | None,
    ) -> None:
        # A client that waits for a rare answer is in its rights, so only servers end idle conversations by default.
        limits = limits or Limits(idle_timeout_s=None)
        self._plan = Plan(parse(address) if isinstance(address, str) else address, framing, codec, limits)
        self._timeout_s = timeout_s
        self._resolve_timeout_s = resolve_timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._secure: Any = None
        self._heartbeat = (heartbeat, heartbeat_interval_s, heartbeat_timeout_s)
        self.trace = trace or _silent
        for what, seconds in (("timeout_s", timeout_s), ("heartbeat_interval_s", heartbeat_interval_s)):
            if seconds is not None and seconds <= 0:
                raise UsageError("", reason=f"{what} must be above 0, not {seconds:g}")

    def open(self) -> Connection:
        address = self._plan.address
        whole = Deadline(self._timeout_s)
        if address.scheme == "stdio":
            from wiretalk.transport import open_stdio

            return self._begin(open_stdio(), None, whole)
        if address.secure and self._secure is None:
            from wiretalk.transport.tls import client_context

            # A fault in its options is told before anything is opened.
            self._secure = client_context(address)
        candidates = resolved(address, whole.within(self._resolve_timeout_s))
        self.trace(f"resolved {shown(address)}: {', '.join(map(str, candidates))}")
        sock, candidate = connect_first(candidates, self.trace, whole.within(self._connect_timeout_s))
        self._preface(sock, whole)
        return self._begin(sock, candidate, whole)

    def _preface(self, sock: socket.socket, whole: Deadline) -> None:
        """Say on a connected socket what comes before all else; close it if that fails."""
        address = self._plan.address
        if not (address.option("via") or address.option("send_proxy")):
            return
        from wiretalk.blocking.prefacing import drive
        from wiretalk.transport.proxy.way import prefaces

        try:
            if not drive(sock, prefaces(address, sock, None), whole):
                raise TimedOutError(shown(address), "proxy", whole.seconds)
        except BaseException:
            sock.close()
            raise

    def _begin(self, sock: socket.socket, candidate: Candidate | None, whole: Deadline) -> Connection:
        """Make the connection on a connected socket; with TLS, shake hands."""
        plan = self._plan
        try:
            peer = str(candidate) if candidate is not None else "-"
            if plan.address.option("via"):
                peer = told(plan.address)
            local = local_name(sock, plan.address) if candidate is not None else "-"
            channel = self._channel(sock, candidate, peer, whole)
        except BaseException:
            sock.close()
            raise
        connection = Connection(plan, peer, local, channel)
        tls = connection.tls
        self.trace(f"connected {local} to {peer}" + (f", {tls}" if tls is not None else "") + agreed(connection))
        if plan.limits.idle_timeout_s is not None:
            connection.watch_idle(plan.limits.idle_timeout_s)
        message, interval_s, timeout_s = self._heartbeat
        if message is not None:
            connection.start_heart(message, interval_s, timeout_s)
        return connection

    def _channel(self, sock: socket.socket, candidate: Candidate | None, peer: str, whole: Deadline) -> Channel:
        plan = self._plan
        if plan.address.kind == "datagram":
            from wiretalk.blocking.datagram import DatagramChannel

            everybody = None if candidate is None or candidate.connected else candidate.sockaddr
            return DatagramChannel(sock, peer, plan.limits.max_message_bytes, everybody)
        channel = channel_of(plan, sock, peer, self._secure, accepted=False)
        if shakes_hands(plan):
            channel.shake_hands(whole.within(plan.limits.tls_handshake_timeout_s))
        return channel


def resolved(address: Address, deadline: Deadline) -> list[Candidate]:
    """Resolve, in time even where the system's resolver takes none into account.

    Raises:
        NoSuchHostError: see `transport.resolve`.
        TimedOutError: not in time (wait "resolve").
    """
    if not may_block(address) or deadline.seconds is None:
        return resolve(address)
    from threading import Thread

    answer: list[list[Candidate] | BaseException] = []

    def ask() -> None:
        try:
            answer.append(resolve(address))
        except BaseException as error:  # noqa: BLE001  # raised again by who asked
            answer.append(error)

    # Nothing can interrupt getaddrinfo; a thread that never ends is left behind and does not hold up the exit.
    asker = Thread(target=ask, name="wiretalk-resolve", daemon=True)
    asker.start()
    asker.join(deadline.left_s())
    if not answer:
        raise TimedOutError(shown(address), "resolve", deadline.seconds)
    if isinstance(answer[0], BaseException):
        raise answer[0]
    return answer[0]


def connect(
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
    trace: Trace | None = None,
) -> Connection:
    """Open a conversation and return it; a `with` statement closes it at its end.

    A name with several addresses is tried as RFC 8305 says.

    Args:
        address: whom to talk to, e.g. "tcp://pi.local:8888".
        framing: how a byte stream is cut into messages ("line", "length:u32be", …); None: not at all ("raw").
        codec: what a message is to the caller ("text", "json", …); None: bytes.
        limits: see `wiretalk.limits.Limits`; by default a client may be idle for ever.
        timeout_s: seconds for all of connecting; None: no limit.
        resolve_timeout_s: seconds for resolving the name alone.
        connect_timeout_s: seconds for connecting alone. TLS has `limits.tls_handshake_timeout_s`.
        heartbeat: a message to be sent, by a thread of its own, whenever nothing else was for `heartbeat_interval_s`
            seconds; None: none.
        heartbeat_interval_s: see `heartbeat`.
        heartbeat_timeout_s: seconds without a byte from the peer after which it counts as dead; None: it may be
            silent, and TCP's own keepalive tells.
        trace: called with a line for each step on the way.

    Raises:
        AddressError, UsageError: the words are wrong.
        RefusedError, UnreachableError, NoSuchHostError, NotPermittedError, NotTrustedError: see each.
        TimedOutError: a step took too long; its `wait` says which.

    Source: RFC 8305.
    """
    return _Opening(
        address,
        framing,
        codec,
        limits,
        timeout_s,
        resolve_timeout_s,
        connect_timeout_s,
        heartbeat,
        heartbeat_interval_s,
        heartbeat_timeout_s,
        trace,
    ).open()


def reconnect(
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
    trace: Trace | None = None,
) -> Iterator[Connection]:
    """Open connections for ever, one after another, each closed when the next is asked for.

    A connection that fails to open, or that ends without a byte from the peer, is followed by a pause, twice as long
    as the one before up to `limits.RETRY_MOST_S`, with jitter, so that many clients do not come back at once.

    Args:
        attempts: failures in a row after which the last is raised; None: never. For the others see `connect`.

    Raises:
        AddressError, UsageError: the words are wrong; raised at once.
        OpenError, TimedOutError: the last failure, after `attempts` of them in a row.
    """
    opening = _Opening(
        address,
        framing,
        codec,
        limits,
        timeout_s,
        resolve_timeout_s,
        connect_timeout_s,
        heartbeat,
        heartbeat_interval_s,
        heartbeat_timeout_s,
        trace,
    )
    return _one_after_another(opening, attempts)


def _close(connection: Connection, trace: Trace) -> None:
    try:
        connection.close()
    except WiretalkError as error:
        # What this one's peer did not take is no reason not to open the next.
        trace(str(error))


def _one_after_another(opening: _Opening, attempts: int | None) -> Iterator[Connection]:
    import time
    from random import uniform

    pause_s = RETRY_FIRST_S
    failures = 0
    while True:
        try:
            connection = opening.open()
        except (OpenError, TimedOutError) as error:
            failures += 1
            if attempts is not None and failures >= attempts:
                raise
            opening.trace(f"{error}; trying again in about {pause_s:g} s")
        else:
            try:
                yield connection
            finally:
                _close(connection, opening.trace)
            if connection.bytes_received or connection.age_s > pause_s:
                pause_s = RETRY_FIRST_S
                failures = 0
            opening.trace(f"{connection.peer}: {connection.ending}; opening it again in about {pause_s:g} s")
        time.sleep(pause_s * uniform(0.5, 1.5))  # noqa: S311  # jitter, not a secret
        pause_s = min(pause_s * 2, RETRY_MOST_S)
