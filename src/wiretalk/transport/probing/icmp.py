"""Probes that are ICMP echo requests, over IPv4 and IPv6, through a ping socket or a raw one."""

from __future__ import annotations

import os
import socket
from select import POLLIN

from wiretalk.errors import MalformedError
from wiretalk.transport import icmp
from wiretalk.transport.connecting import start_connect
from wiretalk.transport.ip.icmp import HEADER, Echo, read_echo, read_trouble
from wiretalk.transport.ip.ipv4 import MOST_BYTES, header_length
from wiretalk.transport.ip.trouble import trouble_words
from wiretalk.transport.names import host_of
from wiretalk.transport.probing import hearing
from wiretalk.transport.probing.news import News
from wiretalk.transport.probing.sending import errors, post
from wiretalk.transport.probing.stamps import Stamps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretalk.transport.candidate import Candidate
    from wiretalk.transport.probing.hearing import Heard


class IcmpProber:
    """See `news.Prober`.

    Args:
        candidate: who is asked.
        size_bytes: of the payload.
        ttl: how many hops a probe may go; None: as the system says.

    Raises:
        NotPermittedError: this user may not.
        OpenError: there is no way there.
    """

    def __init__(self, candidate: Candidate, size_bytes: int, ttl: int | None) -> None:
        self.host = host_of(candidate.sockaddr)
        self._candidate = candidate
        self._version = 6 if candidate.family == socket.AF_INET6 else 4
        self._stamps = Stamps()
        self._payload = bytes(number & 0xFF for number in range(size_bytes))
        self._identifier = int.from_bytes(os.urandom(2))
        self._sock = icmp.open_socket(candidate)
        try:
            self._raw = self._sock.type == socket.SOCK_RAW
            # Linux gives a ping socket its own identifier, hands over nobody else's replies, and no header.
            self._mixed = self._raw or not hearing.SUPPORTED
            hearing.prepare(self._sock)
            if ttl is not None:
                hearing.set_ttl(self._sock, ttl)
            if not hearing.SUPPORTED:
                # Without a queue of errors they come as messages, from routers, which a connected socket does not hear.
                candidate.connected = False
            start_connect(self._sock, candidate)
        except BaseException:
            self._sock.close()
            raise

    def send(self, sequence: int, ttl: int | None = None) -> list[News]:
        """See `news.Prober`."""
        if ttl is not None:
            hearing.set_ttl(self._sock, ttl)
        request = Echo(self._identifier, sequence & 0xFFFF, self._payload).write(self._version)
        found = self._errors()
        failed = post(self._sock, request, self._candidate, self._stamps, sequence)
        return [*found, failed] if failed is not None else found

    def watched(self) -> Iterable[tuple[int, int]]:
        """See `news.Prober`."""
        return [(self._sock.fileno(), POLLIN)]

    def read(self, ready: Iterable[int]) -> list[News]:  # noqa: ARG002  # there is one socket
        """See `news.Prober`."""
        found = self._errors()
        while True:
            try:
                heard = hearing.hear(self._sock, len(self._payload) + HEADER.size + MOST_BYTES + 1)
            except OSError:
                # An error that came meanwhile; the queue tells the whole of it.
                return found + self._errors()
            if heard is None:
                return found
            news = self._of(heard)
            if news is not None:
                found.append(news)

    def _errors(self) -> list[News]:
        return errors(self._sock, self._stamps, self._quoted)

    def _quoted(self, data: bytes) -> int | None:
        """Return which of our probes an error quotes."""
        echo = read_echo(self._version, data)
        return self._stamps.whole(echo.sequence) if echo is not None and self._is_ours(echo.identifier) else None

    def _is_ours(self, identifier: int) -> bool:
        return identifier == self._identifier or not self._mixed

    def _of(self, heard: Heard) -> News | None:
        """Return the news that a message is; None where it is about others."""
        message, ttl = heard.data, heard.ttl
        if self._version == 4 and self._mixed:
            try:
                message, ttl = message[header_length(message) :], message[8]
            except MalformedError:
                return None
        echo = read_echo(self._version, message)
        if echo is None:
            return self._trouble(heard, message)
        if not echo.reply or not self._is_ours(echo.identifier):
            return None
        sequence = self._stamps.whole(echo.sequence)
        return News(
            "answer",
            sequence,
            heard.source,
            self._stamps.rtt_s(sequence, heard.arrived_ns),
            size_bytes=len(message),
            ttl=ttl,
            intact=echo.payload == self._payload,
        )

    def _trouble(self, heard: Heard, message: bytes) -> News | None:
        """Return the news that an error is which came as a message."""
        trouble = read_trouble(self._version, message)
        if trouble is None or not self._is_ours(trouble.identifier):
            return None
        info = int.from_bytes(message[4:8]) if self._version == 6 else int.from_bytes(message[6:8])
        kind, words = trouble_words(self._version, trouble.kind, trouble.code, info)
        sequence = self._stamps.whole(trouble.sequence)
        return News(kind, sequence, heard.source, self._stamps.rtt_s(sequence, heard.arrived_ns), words=words)

    def forget(self, sequence: int) -> None:
        """See `news.Prober`: a probe costs nothing here."""

    def close(self) -> None:
        """See `news.Prober`."""
        self._sock.close()
