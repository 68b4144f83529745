"""One way to try: what `socket()` and `connect()` or `bind()` are to be given. A record; it opens nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address

    SockAddr = Any
    """What the socket module takes and gives: a tuple for IP and vsock, str or bytes for Unix."""


class Candidate:
    """One endpoint that an address stands for.

    Args:
        family: AF_INET, AF_INET6, AF_UNIX or AF_VSOCK.
        type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
        protocol: as for `socket.socket`, 0 where the type says it.
        sockaddr: as for `socket.connect` and `bind`; None for stdio.
        address: the address that it comes from; its options are applied to the socket.
        connected: False where the socket is never connected, because answers come from other addresses than the one
            spoken to (a multicast group, a broadcast): send to `sockaddr` then.
    """

    __slots__ = ("address", "connected", "family", "protocol", "sockaddr", "type")

    def __init__(
        self,
        family: int,
        type: int,  # noqa: A002 - the socket module's own word
        protocol: int,
        sockaddr: SockAddr,
        address: Address,
        *,
        connected: bool = True,
    ) -> None:
        self.family = int(family)
        self.type = int(type)
        self.protocol = protocol
        self.sockaddr = sockaddr
        self.address = address
        self.connected = connected

    def _key(self) -> tuple[object, ...]:
        return (self.family, self.type, self.protocol, self.sockaddr, self.address, self.connected)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        from wiretalk.transport.names import accepted_name

        return accepted_name(self.sockaddr, self.address)

    def __repr__(self) -> str:
        return f"<Candidate {self}>"
