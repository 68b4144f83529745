"""ICMP echo over IPv4 and IPv6: what is sent is the payload of echo requests, what comes back that of their replies.

Listening, the requests are heard, and what is sent answers them, each peer's latest. The system answers as well, unless
it is told not to (net.ipv4.icmp_echo_ignore_all).
"""

from __future__ import annotations

import os
import socket
import struct
import sys

from wiretalk.errors import MalformedError, OpenError
from wiretalk.limits import ECHO_PEERS
from wiretalk.transport import multicast, socketoptions
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.hosts import lookup
from wiretalk.transport.ip.icmp import ECHO, ECHO_REPLY, HEADER, PROTOCOL, Echo, read_echo
from wiretalk.transport.ip.ipv4 import MOST_BYTES, header_length
from wiretalk.transport.pktinfo import SUPPORTED, AnsweringSocket
from wiretalk.transport.portless import Portless, listen_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

MAX_SKIPPED = 64
"""Messages for others, skipped in one read before whoever reads gets to do something else."""

ICMP_FILTER = 1
ICMP6_FILTER = 1
SOL_RAW = 255
"""Linux's numbers (linux/icmp.h, linux/icmpv6.h); Python has no names for them."""


class EchoSocket(Portless):
    """Whoever asks: `send` sends a request with this payload, `recv` returns the payload of a reply."""

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._version = 6 if family == socket.AF_INET6 else 4
        # Linux hands over nobody else's replies to a ping socket, whose identifier is its own doing, and no header.
        self._raw = kind == socket.SOCK_RAW or sys.platform != "linux"
        self._identifier = int.from_bytes(os.urandom(2))
        self._sequence = 0
        if kind == socket.SOCK_RAW:
            _hear_alone(self, ECHO_REPLY[self._version])

    def _request(self, payload: Any) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        return Echo(self._identifier, self._sequence, bytes(payload)).write(self._version)

    def send(self, data: Any, /) -> int:  # type: ignore[override]  # never with flags here
        """Send a request to the connected host."""
        super().send(self._request(data))
        return len(data)

    def sendto(self, data: Any, sockaddr: Any, /) -> int:  # type: ignore[override]  # never with flags here
        """Send a request."""
        super().sendto(self._request(data), sockaddr)
        return len(data)

    def recv(self, bufsize: int, /) -> bytes:  # type: ignore[override]  # never with flags here
        """Return the payload of a reply."""
        return self.recvfrom(bufsize)[0]

    def recvfrom(self, bufsize: int, /) -> tuple[bytes, Any]:  # type: ignore[override]  # never with flags here
        """Return the payload of a reply, and who has replied."""
        for _ in range(MAX_SKIPPED):
            packet, sockaddr = super().recvfrom(bufsize + MOST_BYTES + HEADER.size)
            echo = _echo(packet, self._version, with_header=self._raw)
            if echo is not None and echo.reply and (not self._raw or echo.identifier == self._identifier):
                return echo.payload, sockaddr
        raise BlockingIOError


class EchoListener(Portless, AnsweringSocket if SUPPORTED else socket.socket):  # type: ignore[misc]  # what there is
    """Whoever is asked: `recvfrom` returns the payload of a request, `sendto` sends the reply to a peer's latest.

    Socket addresses have one more part at the end, by which two who ask from one host are told apart.
    """

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._version = 6 if family == socket.AF_INET6 else 4
        self._plain = 4 if family == socket.AF_INET6 else 2
        # The latest sequence number of each peer, the longest silent first.
        self._latest: dict[Any, int] = {}
        _hear_alone(self, ECHO[self._version])

    def recvfrom(self, bufsize: int, /) -> tuple[bytes, Any]:  # type: ignore[override]  # never with flags here
        """Return the payload of a request, and who asks."""
        for _ in range(MAX_SKIPPED):
            packet, sockaddr = super().recvfrom(bufsize + MOST_BYTES + HEADER.size)
            echo = _echo(packet, self._version, with_header=True)
            if echo is None or echo.reply:
                continue
            peer = (*sockaddr[: self._plain], (echo.identifier, *sockaddr[self._plain :]))
            self._latest.pop(peer, None)
            if len(self._latest) >= ECHO_PEERS:
                del self._latest[next(iter(self._latest))]
            self._latest[peer] = echo.sequence
            return echo.payload, peer
        raise BlockingIOError

    def sendto(self, data: Any, sockaddr: Any, /) -> int:  # type: ignore[override]  # never with flags here
        """Reply to the latest request of a peer."""
        identifier, *source = sockaddr[-1]
        echo = Echo(identifier, self._latest.get(sockaddr, 0), bytes(data), reply=True)
        super().sendto(echo.write(self._version), (*sockaddr[:-1], *source))
        return len(data)


def _echo(packet: bytes, version: int, *, with_header: bool) -> Echo | None:
    """Return the echo message of what was received, which over IPv4 may begin with the packet's header."""
    if version == 4 and with_header:
        try:
            packet = packet[header_length(packet) :]
        except MalformedError:
            return None
    return read_echo(version, packet)


def _hear_alone(sock: socket.socket, kind: int) -> None:
    """Ask the system for one type of message alone; where it does not know how, the others are skipped here."""
    if sys.platform != "linux":
        return
    if sock.family == socket.AF_INET6:
        # 256 bits in words of the machine's own order; a bit that is set blocks its type.
        words = [0xFFFFFFFF] * 8
        words[kind // 32] &= ~(1 << kind % 32)
        sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, struct.pack("@8I", *words))
    else:
        sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("@I", 0xFFFFFFFF & ~(1 << kind)))


def candidates(address: Address, *, passive: bool) -> list[Candidate]:
    """Return the host's addresses, IPv6 and IPv4 in turn."""
    return [
        Candidate(
            family,
            socket.SOCK_RAW if passive else socket.SOCK_DGRAM,
            PROTOCOL[6 if family == socket.AF_INET6 else 4],
            sockaddr,
            address,
            connected=not multicast.is_group(sockaddr),
        )
        for family, sockaddr in lookup(address, socket.SOCK_DGRAM, passive=passive)
    ]


def open_socket(candidate: Candidate) -> socket.socket:
    """Open a ping socket, which some systems give anybody, or else a raw socket, which they give root.

    Raises:
        NotPermittedError: this user gets neither.
    """
    try:
        sock = socketoptions.made(candidate, EchoSocket)
    except OpenError:
        # The system has no ping sockets, or none for this user; if it is for something else, that is told now.
        sock = _raw(candidate)
    try:
        if multicast.is_group(candidate.sockaddr):
            multicast.prepare_to_send(sock, candidate)
        socketoptions.bind_own(sock, candidate)
    except BaseException:
        sock.close()
        raise
    return sock


def _raw(candidate: Candidate) -> EchoSocket:
    other = Candidate(candidate.family, socket.SOCK_RAW, candidate.protocol, candidate.sockaddr, candidate.address)
    return socketoptions.made(other, EchoSocket)


def listen(address: Address) -> list[Listener]:
    """Hear the requests that come to all that the address means."""
    return listen_raw(address, candidates(address, passive=True), EchoListener)
