"""Probes that are datagrams, which an echo service sends back as they are (RFC 862)."""

from __future__ import annotations

import os
from select import POLLIN
from struct import Struct

from wiretalk.transport import udp
from wiretalk.transport.connecting import start_connect
from wiretalk.transport.names import host_of
from wiretalk.transport.probing import hearing
from wiretalk.transport.probing.news import News
from wiretalk.transport.probing.sending import errors, of_code, post
from wiretalk.transport.probing.stamps import Stamps

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from wiretalk.transport.candidate import Candidate
    from wiretalk.transport.probing.hearing import Heard

MARK = Struct("!4sI")
"""What a datagram begins with: whose it is, and which."""


class UdpProber:
    """See `news.Prober`.

    Args:
        candidate: who is asked.
        size_bytes: of a datagram, at least those of MARK.
        ttl: how many hops a probe may go; None: as the system says.
        apart: whether each probe has a socket of its own. Errors that quote too little to tell which probe they are
            about are told by the socket then, as those of routers may be.

    Raises:
        OpenError: there is no way there.
    """

    def __init__(self, candidate: Candidate, size_bytes: int, ttl: int | None, *, apart: bool) -> None:
        self.host = host_of(candidate.sockaddr)
        self._candidate = candidate
        self._ttl = ttl
        self._apart = apart
        self._token = os.urandom(4)
        self._rest = bytes(number & 0xFF for number in range(MARK.size, size_bytes))
        self._stamps = Stamps()
        self._socks: dict[int, tuple[socket.socket, int | None]] = {}
        self._by_sequence: dict[int, int] = {}
        if not apart:
            self._one = self._open(None)

    def _open(self, sequence: int | None) -> socket.socket:
        sock = udp.open_socket(self._candidate)
        try:
            hearing.prepare(sock)
            if self._ttl is not None:
                hearing.set_ttl(sock, self._ttl)
            start_connect(sock, self._candidate)
        except BaseException:
            sock.close()
            raise
        self._socks[sock.fileno()] = (sock, sequence)
        if sequence is not None:
            self._by_sequence[sequence] = sock.fileno()
        return sock

    def send(self, sequence: int, ttl: int | None = None) -> list[News]:
        """See `news.Prober`."""
        sock = self._open(sequence) if self._apart else self._one
        if ttl is not None:
            hearing.set_ttl(sock, ttl)
        found = self._errors(sock, None if not self._apart else sequence)
        failed = post(
            sock, MARK.pack(self._token, sequence & 0xFFFFFFFF) + self._rest, self._candidate, self._stamps, sequence
        )
        return [*found, failed] if failed is not None else found

    def watched(self) -> Iterable[tuple[int, int]]:
        """See `news.Prober`."""
        return [(fd, POLLIN) for fd in self._socks]

    def read(self, ready: Iterable[int]) -> list[News]:
        """See `news.Prober`."""
        found = []
        for fd in ready:
            if fd in self._socks:
                found += self._read(*self._socks[fd])
        return found

    def _read(self, sock: socket.socket, own: int | None) -> list[News]:
        found = self._errors(sock, own)
        while True:
            try:
                heard = hearing.hear(sock, MARK.size + len(self._rest) + 1)
            except OSError as error:
                sequence = self._stamps.latest if own is None else own
                if hearing.SUPPORTED:
                    # It came meanwhile; the queue tells the whole of it.
                    return found + self._errors(sock, own)
                return [*found, of_code(error.errno or 0, self._candidate, sequence, self._stamps.rtt_s(sequence))]
            if heard is None:
                return found
            found.append(self._of(heard, own))

    def _errors(self, sock: socket.socket, own: int | None) -> list[News]:
        return errors(sock, self._stamps, lambda quoted: self._quoted(quoted, own))

    def _quoted(self, data: bytes, own: int | None) -> int | None:
        """Return which probe an error is about: by what it quotes, or by the socket; else it is the latest."""
        if own is not None:
            return own
        return self._which(data) if len(data) >= MARK.size else self._stamps.latest

    def _which(self, data: bytes) -> int | None:
        if len(data) < MARK.size:
            return None
        token, number = MARK.unpack_from(data)
        if token != self._token:
            return None
        latest = self._stamps.latest
        return latest - ((latest - int(number)) & 0xFFFFFFFF)

    def _of(self, heard: Heard, own: int | None) -> News:
        sequence = self._which(heard.data)
        if sequence is None:
            words = f"it answers, but not with what it was sent ({len(heard.data)} bytes): no echo service"
            asked = self._stamps.latest if own is None else own
            return News("strange", asked, heard.source, words=words, intact=False)
        return News(
            "answer",
            sequence,
            heard.source,
            self._stamps.rtt_s(sequence, heard.arrived_ns),
            size_bytes=len(heard.data),
            ttl=heard.ttl,
            intact=heard.data[MARK.size :] == self._rest,
        )

    def forget(self, sequence: int) -> None:
        """See `news.Prober`."""
        fd = self._by_sequence.pop(sequence, None)
        if fd is not None:
            self._socks.pop(fd)[0].close()

    def close(self) -> None:
        """See `news.Prober`."""
        for sock, _ in self._socks.values():
            sock.close()
        self._socks.clear()
        self._by_sequence.clear()
