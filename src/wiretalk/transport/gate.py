"""Who may come in: a server's lists of those allowed and denied, applied to what knocks; see `address.access`."""

from __future__ import annotations

import logging
import socket

from wiretalk.address import parse
from wiretalk.transport.names import host_of
from wiretalk.transport.resolving import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address.access import Access
    from wiretalk.transport.datagram import DatagramSink

log = logging.getLogger("wiretalk")


class Gate:
    """Refuse those who may not come, and say so in the log.

    Args:
        access: who may.
    """

    __slots__ = ("_access",)

    def __init__(self, access: Access) -> None:
        self._access = access

    def look_up(self) -> None:
        """Look the host names of the lists up, once; it may block.

        Raises:
            NoSuchHostError: one of them is not known.
        """
        for name in self._access.names:
            candidates = resolve(parse(f"tcp://{name}:1"))
            self._access.know(name, [host_of(candidate.sockaddr) for candidate in candidates])

    @property
    def has_names(self) -> bool:
        """Whether `look_up` has anything to look up."""
        return bool(self._access.names)

    def refuses(self, sock: socket.socket, sockaddr: Any, peer: str) -> bool:
        """Return whether an accepted connection was refused; it is reset then."""
        why = self._access.refuses(host_of(sockaddr))
        if not why:
            return False
        log.warning("%s: refused: %s", peer, why)
        reset(sock)
        return True

    def refuses_datagram(self, sockaddr: Any) -> bool:
        """Return whether a datagram was refused."""
        host = host_of(sockaddr)
        why = self._access.refuses(host)
        if why:
            log.warning("%s: a datagram was refused: %s", host, why)
        return bool(why)

    def guard(self, sink: DatagramSink) -> GuardedDatagrams:
        """Return a sink that passes on the datagrams of those who may come, and drops the others'."""
        return GuardedDatagrams(sink, self)


def reset(sock: socket.socket) -> None:
    """Close a connection with a reset, so that the peer sees that it was not served."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    finally:
        sock.close()


class GuardedDatagrams:
    """Stand before who takes a socket's datagrams.

    Args:
        sink: who takes those that may come.
        gate: who may.
    """

    __slots__ = ("_refuses", "_take", "drained", "lost", "trouble")

    def __init__(self, sink: DatagramSink, gate: Gate) -> None:
        self._take = sink.datagram
        self._refuses = gate.refuses_datagram
        self.drained = sink.drained
        self.trouble = sink.trouble
        self.lost = sink.lost

    def datagram(self, data: bytes, sockaddr: Any) -> None:
        """See `transport.datagram.DatagramSink`."""
        if not self._refuses(sockaddr):
            self._take(data, sockaddr)
