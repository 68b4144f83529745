"""Raw IP: messages of a protocol that the user speaks, each the payload of one packet.

Without ports, a socket hears all that comes to its address from whoever it is connected to, or, listening, from
everybody; so two who talk through one address hear themselves as well.
"""

from __future__ import annotations

import socket

from wiretalk.errors import MalformedError, UnreachableError
from wiretalk.transport import multicast, socketoptions
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.hosts import lookup
from wiretalk.transport.ip.ipv4 import MOST_BYTES, header_length
from wiretalk.transport.names import told
from wiretalk.transport.pktinfo import SUPPORTED, AnsweringSocket
from wiretalk.transport.portless import Portless, listen_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener


class RawSocket(Portless):
    """A raw socket that gives payloads: IPv4's header, which the system puts before them, is taken off."""

    whole = False

    def recv(self, bufsize: int, /) -> bytes:  # type: ignore[override]  # never with flags here
        """Return the payload of a packet."""
        return self.recvfrom(bufsize)[0]

    def recvfrom(self, bufsize: int, /) -> tuple[bytes, Any]:  # type: ignore[override]  # never with flags here
        """Return the payload of a packet, and whom it is from."""
        packet, sockaddr = super().recvfrom(bufsize + MOST_BYTES)
        return _payload(self, packet), sockaddr


class WholeSocket(RawSocket):
    """A raw socket that gives whole packets."""

    whole = True


class RawListener(Portless, AnsweringSocket if SUPPORTED else socket.socket):  # type: ignore[misc]  # what there is
    """As RawSocket, for who answers many: each from the address that it has spoken to."""

    whole = False

    def recvfrom(self, bufsize: int, /) -> tuple[bytes, Any]:  # type: ignore[override]  # never with flags here
        """Return the payload of a packet, and whom it is from."""
        packet, sockaddr = super().recvfrom(bufsize + MOST_BYTES)
        return _payload(self, packet), sockaddr


class WholeListener(RawListener):
    """As WholeSocket, for who answers many."""

    whole = True


def _payload(sock: RawSocket | RawListener, packet: bytes) -> bytes:
    if sock.whole or sock.family == socket.AF_INET6:
        return packet
    try:
        return packet[header_length(packet) :]
    except MalformedError:
        raise BlockingIOError from None


def candidates(address: Address, *, passive: bool) -> list[Candidate]:
    """Return the host's addresses, IPv6 and IPv4 in turn; of the version alone that the options are for.

    Raises:
        UnreachableError: the host has no address of that version.
    """
    only = socket.AF_INET if address.option("hdrincl") else socket.AF_INET6 if "checksum" in address.options else None
    found = [
        Candidate(
            family,
            socket.SOCK_RAW,
            int(address.option("protocol")),
            sockaddr,
            address,
            connected=not multicast.is_group(sockaddr),
        )
        for family, sockaddr in lookup(address, socket.SOCK_DGRAM, passive=passive)
        if only in {None, family}
    ]
    if not found:
        what = "IPv4 address, and hdrincl" if only == socket.AF_INET else "IPv6 address, and checksum"
        raise UnreachableError(told(address), f"it has no {what} is for those")
    return found


def open_socket(candidate: Candidate) -> socket.socket:
    """Open a socket with the options of the address.

    Raises:
        NotPermittedError: this user may not.
    """
    sock = socketoptions.made(candidate, WholeSocket if candidate.address.option("hdrincl") else RawSocket)
    try:
        _prepare(sock, candidate)
        if multicast.is_group(candidate.sockaddr):
            multicast.prepare_to_send(sock, candidate)
        socketoptions.bind_own(sock, candidate)
    except BaseException:
        sock.close()
        raise
    return sock


def _prepare(sock: socket.socket, candidate: Candidate) -> None:
    address = candidate.address
    if address.option("hdrincl"):
        socketoptions.set_option(sock, address, "hdrincl", "IP_HDRINCL", 1)
    if "checksum" in address.options:
        socketoptions.set_option(sock, address, "checksum", "IPV6_CHECKSUM", int(address.option("checksum")))


def listen(address: Address) -> list[Listener]:
    """Hear what comes to all that the address means; a multicast group is joined."""
    make = WholeListener if address.option("hdrincl") else RawListener
    return listen_raw(address, candidates(address, passive=True), make, _prepare)
