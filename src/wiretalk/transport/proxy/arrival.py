"""A connection that has been accepted, and whose PROXY header is awaited. Nothing here waits."""

from __future__ import annotations

from wiretalk.errors import NotPermittedError
from wiretalk.transport.names import accepted_name, local_name, name
from wiretalk.transport.proxy.driving import Drive
from wiretalk.transport.proxy.header import HeaderReader
from wiretalk.transport.proxy.way import trusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.address import Address
    from wiretalk.transport.candidate import SockAddr


class Arrival:
    """One connection that says who it is from before anything else.

    Args:
        sock: accepted, non-blocking; not owned.
        sockaddr: its peer: a proxy.
        address: what is listened on.

    Attributes:
        by: the proxy's name.
        sockaddr: the socket address of who it is from, once that is known; the proxy's own until then, and where the
            header does not tell.

    Raises:
        NotPermittedError: who came may not say so.
    """

    __slots__ = ("_address", "_drive", "_header", "_sock", "by", "sockaddr")

    def __init__(self, sock: socket.socket, sockaddr: SockAddr, address: Address) -> None:
        self.by = accepted_name(sockaddr, address)
        self.sockaddr = sockaddr
        self._sock = sock
        self._address = address
        self._header = HeaderReader()
        self._drive = Drive(sock, [self._header])
        if not trusted(address, sockaddr):
            raise NotPermittedError(self.by, "it may not say whom it comes for; proxy_from=NETWORK lists those who may")

    def step(self) -> bool:
        """Read what there is of the header; return whether it is whole.

        Raises:
            MalformedError: there is none.
        """
        if self._drive.step() is not None:
            return False
        if self._header.proxied.source:
            self.sockaddr = self._header.proxied.source
        return True

    @property
    def peer(self) -> str:
        """The name of who it is from."""
        return self._named(self.sockaddr)

    @property
    def local(self) -> str:
        """The name of what they had connected to; our own where the header does not tell."""
        destination = self._header.proxied.destination
        return self._named(destination) if destination else local_name(self._sock, self._address)

    def _named(self, sockaddr: SockAddr) -> str:
        scheme = self._address.scheme
        # A proxy may take on TCP, and pass on by a Unix socket, or the other way round.
        over_ip = isinstance(sockaddr, tuple)
        if over_ip == (scheme != "unix"):
            return name(sockaddr, scheme)
        return name(sockaddr, "tcp" if over_ip else "unix")
