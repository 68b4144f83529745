"""A bound socket that waits: for connections, or for datagrams. Who waits, and how long, is decided above."""

from __future__ import annotations

import errno
import socket
import sys

from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.candidate import SockAddr

_GONE_ALREADY = frozenset(
    getattr(errno, code)
    for code in (
        "ECONNABORTED",
        "EINTR",
        "EPROTO",
        "EPERM",
        "ENETDOWN",
        "ENOPROTOOPT",
        "EHOSTDOWN",
        "ENONET",
        "EHOSTUNREACH",
        "ENETUNREACH",
    )
    if hasattr(errno, code)
)
"""What accept says of a connection that died (or that a firewall took) before it was accepted. Source: accept(2)."""

MAX_SKIPPED = 64
"""Connections that died in the backlog, skipped in one call of `accept` before others get their turn."""


class Listener:
    """One bound socket of a server.

    Attributes:
        sock: the socket, non-blocking and close-on-exec.
        address: what it is bound to, with the real port; its text can be connected to, unless it is a wildcard.
        kind: "stream", "packet" (both have connections to accept) or "datagram".
        families: "IPv4", "IPv6", "IPv4 and IPv6", or "" where there are none.
    """

    __slots__ = ("_inherited", "address", "families", "kind", "sock")

    def __init__(self, sock: socket.socket, address: Address, *, families: str = "") -> None:
        self.sock = sock
        self.address = address
        self.kind = address.kind
        self.families = families
        self._inherited = sys.platform == "linux" or sock.family not in (socket.AF_INET, socket.AF_INET6)

    def accept(self) -> tuple[socket.socket, SockAddr] | None:
        """Take one connection that is ready.

        Returns:
            The connected socket, non-blocking, with the options of the address, and the peer's socket address. None:
            none is ready.

        Raises:
            LimitError: out of file descriptors or of memory. The connection stays in the backlog, and the listener
                stays ready: pause before trying again.
        """
        for _ in range(MAX_SKIPPED):
            try:
                sock, sockaddr = self.sock.accept()
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno in _GONE_ALREADY:
                    continue
                raise explain(error, told(self.address), "accept") from error
            sock.settimeout(0)
            if not self._inherited:
                from wiretalk.transport.socketoptions import apply

                apply(sock, self.address)
            return sock, sockaddr
        return None

    def fileno(self) -> int:
        """Return the file descriptor, -1 once closed."""
        return self.sock.fileno()

    def close(self) -> None:
        """Stop listening, and remove the socket file if it is still ours. A second call does nothing."""
        self.sock.close()

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"
