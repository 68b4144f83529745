"""The header of IPv4 (RFC 791, section 3.1): bytes to a record, and back."""

from __future__ import annotations

from socket import inet_aton, inet_ntoa
from struct import Struct

from wiretalk.errors import MalformedError
from wiretalk.transport.ip.checksum import internet_checksum

LEAST_BYTES = 20
"""A header without options."""

MOST_BYTES = 60
"""A header with as many options as fit: its length is told in four bits, in words of 32 bits."""

FIXED = Struct("!BBHHHBBH4s4s")
DONT_FRAGMENT = 0x4000
MORE_FRAGMENTS = 0x2000


class Ipv4Header:
    """One header.

    Attributes:
        source: as text.
        destination: as text.
        protocol: what it carries: 1 is ICMP, 6 TCP, 17 UDP.
        total_bytes: of header and payload; 0: not known yet.
        ttl: hops left.
        tos: the type-of-service byte.
        identification: what the fragments of one packet have in common.
        fragment: the 16 bits of flags and of the fragment's offset, as they are.
        options: their bytes, a multiple of 4.
    """

    __slots__ = (
        "destination",
        "fragment",
        "identification",
        "options",
        "protocol",
        "source",
        "tos",
        "total_bytes",
        "ttl",
    )

    def __init__(
        self,
        source: str,
        destination: str,
        protocol: int,
        *,
        total_bytes: int = 0,
        ttl: int = 64,
        tos: int = 0,
        identification: int = 0,
        fragment: int = 0,
        options: bytes = b"",
    ) -> None:
        self.source = source
        self.destination = destination
        self.protocol = protocol
        self.total_bytes = total_bytes
        self.ttl = ttl
        self.tos = tos
        self.identification = identification
        self.fragment = fragment
        self.options = options

    @property
    def header_bytes(self) -> int:
        """How long the header is."""
        return LEAST_BYTES + len(self.options)

    def write(self, payload: bytes) -> bytes:
        """Return the packet that carries this payload, with length and checksum filled in.

        Raises:
            MalformedError: header and payload are longer than a packet can be, or the options no whole words.
        """
        total = self.header_bytes + len(payload)
        if total > 0xFFFF or self.header_bytes > MOST_BYTES or len(self.options) % 4:
            raise MalformedError(f"an IPv4 packet of {total} bytes, {len(self.options)} of them options", by="us")
        parts = (
            0x40 | self.header_bytes // 4,
            self.tos,
            total,
            self.identification,
            self.fragment,
            self.ttl,
            self.protocol,
        )
        ends = (inet_aton(self.source), inet_aton(self.destination))
        checksum = internet_checksum(FIXED.pack(*parts, 0, *ends) + self.options)
        return FIXED.pack(*parts, checksum, *ends) + self.options + payload


def read_ipv4(packet: bytes) -> tuple[Ipv4Header, bytes]:
    """Return the header of a packet, and what it carries; bytes after the packet's own end are left out.

    The checksum is not looked at: the system has done so, and an ICMP error quotes headers whose TTL has changed.

    Raises:
        MalformedError: it is no IPv4 packet, or not all of its header is there.
    """
    header_bytes = header_length(packet)
    _, tos, total, identification, fragment, ttl, protocol, _, source, destination = FIXED.unpack_from(packet)
    header = Ipv4Header(
        inet_ntoa(source),
        inet_ntoa(destination),
        protocol,
        total_bytes=total,
        ttl=ttl,
        tos=tos,
        identification=identification,
        fragment=fragment,
        options=packet[LEAST_BYTES:header_bytes],
    )
    return header, packet[header_bytes : max(total, header_bytes)]


def header_length(packet: bytes) -> int:
    """Return how many bytes of a packet are its header.

    Raises:
        MalformedError: it is no IPv4 packet, or not all of its header is there.
    """
    length = (packet[0] & 0x0F) * 4 if packet and packet[0] >> 4 == 4 else 0
    if not LEAST_BYTES <= length <= len(packet):
        raise MalformedError("this is no IPv4 packet")
    return length
