"""Probes that are TCP connections: how long it takes until the host has said yes, or no. Nothing is sent on them."""

from __future__ import annotations

import socket
from select import POLLOUT
from struct import unpack_from

from wiretalk.errors import LimitError, OpenError, RefusedError, TimedOutError, WiretalkError
from wiretalk.transport import tcp
from wiretalk.transport.connecting import finish_connect, start_connect
from wiretalk.transport.names import host_of
from wiretalk.transport.probing import hearing
from wiretalk.transport.probing.news import News
from wiretalk.transport.probing.sending import errors
from wiretalk.transport.probing.stamps import Stamps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretalk.transport.candidate import Candidate

RTT_AT, RETRANSMITS_AT, INFO_BYTES = 68, 100, 104
"""Where struct tcp_info (linux/tcp.h) tells the time of the handshake in µs, and how much was sent again."""


class TcpProber:
    """See `news.Prober`.

    Args:
        candidate: who is asked.
        ttl: how many hops a probe may go; None: as the system says.
    """

    def __init__(self, candidate: Candidate, ttl: int | None) -> None:
        self.host = host_of(candidate.sockaddr)
        self._candidate = candidate
        self._ttl = ttl
        self._stamps = Stamps()
        self._socks: dict[int, tuple[socket.socket, int]] = {}
        self._by_sequence: dict[int, int] = {}

    def send(self, sequence: int, ttl: int | None = None) -> list[News]:
        """See `news.Prober`."""
        try:
            sock = tcp.open_socket(self._candidate)
        except LimitError as error:
            # Out of descriptors now, and maybe not a moment later.
            return [News("unsent", sequence, words=error.reason, how=error.how)]
        self._socks[sock.fileno()] = (sock, sequence)
        self._by_sequence[sequence] = sock.fileno()
        hearing.prepare(sock)
        hops = ttl if ttl is not None else self._ttl
        if hops is not None:
            hearing.set_ttl(sock, hops)
        self._stamps.sent(sequence)
        try:
            # On one machine it may be over at once, either way.
            return [self._connected(sock, sequence)] if start_connect(sock, self._candidate) else []
        except OpenError as error:
            return [self._failed(error, sock, sequence)]

    def watched(self) -> Iterable[tuple[int, int]]:
        """See `news.Prober`."""
        return [(fd, POLLOUT) for fd in self._socks]

    def read(self, ready: Iterable[int]) -> list[News]:
        """See `news.Prober`."""
        return [self._finished(*self._socks[fd]) for fd in ready if fd in self._socks]

    def _finished(self, sock: socket.socket, sequence: int) -> News:
        try:
            finish_connect(sock, self._candidate)
        except (OpenError, TimedOutError) as error:
            return self._failed(error, sock, sequence)
        return self._connected(sock, sequence)

    def _connected(self, sock: socket.socket, sequence: int) -> News:
        rtt_s = self._stamps.rtt_s(sequence)
        told_s = handshake_s(sock)
        self.forget(sequence)
        if told_s is not None and rtt_s is not None and told_s <= rtt_s:
            # The system's own measure, without the time until we looked.
            rtt_s = told_s
        return News("answer", sequence, self.host, rtt_s)

    def _failed(self, error: WiretalkError, sock: socket.socket, sequence: int) -> News:
        rtt_s = self._stamps.rtt_s(sequence)
        told = errors(sock, self._stamps, lambda _: sequence)
        self.forget(sequence)
        if told:
            return told[-1]
        if isinstance(error, RefusedError):
            return News("refused", sequence, self.host, rtt_s, words="refused")
        reason = getattr(error, "reason", "") or "the system gave up"
        return News("unsent", sequence, words=reason, how=error.how)

    def forget(self, sequence: int) -> None:
        """See `news.Prober`: the connection is closed, or no longer tried."""
        fd = self._by_sequence.pop(sequence, None)
        if fd is not None:
            self._socks.pop(fd)[0].close()

    def close(self) -> None:
        """See `news.Prober`."""
        for sequence in list(self._by_sequence):
            self.forget(sequence)


def handshake_s(sock: socket.socket) -> float | None:
    """Return how long the system says that the handshake took; None where it does not say, or sent something twice."""
    if not hearing.SUPPORTED:
        return None
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_BYTES)
    if len(info) < INFO_BYTES or unpack_from("=I", info, RETRANSMITS_AT)[0]:
        return None
    microseconds: int = unpack_from("=I", info, RTT_AT)[0]
    return microseconds / 1e6 if microseconds else None
