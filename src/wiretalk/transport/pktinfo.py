"""A UDP socket bound to every address of the machine, which answers each peer from the address it was spoken to.

Left alone, the kernel picks the answer's source by its routes; a peer that is connected to another of the machine's
addresses would never hear it. RFC 1123, section 2.3 and RFC 3542, section 6.1: so the address a datagram came to is
taken along, and given back when it is answered.
"""

from __future__ import annotations

import errno
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

IP_PKTINFO = 8
"""Linux's number; Python's socket module names it from 3.14 on."""

IN_PKTINFO_BYTES = 12
IN6_PKTINFO_BYTES = 20
CONTROL_BYTES = 128
"""Room for either of them, aligned, and for what else the system may add."""

SUPPORTED = sys.platform == "linux" and hasattr(socket, "IPV6_RECVPKTINFO")
"""Elsewhere the layouts differ, and the kernel's choice stands."""

_NO_SOURCE = frozenset((errno.EINVAL, errno.EADDRNOTAVAIL, errno.ENETUNREACH, errno.ENODEV))


class AnsweringSocket(socket.socket):
    """A datagram socket whose peers are told apart by their address and by ours that they spoke to.

    `recvfrom` returns socket addresses with one more part at the end: where the datagram came to, as the system's own
    control data. `sendto` takes them back; it takes plain ones too.
    """

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._length = 4 if family == socket.AF_INET6 else 2
        if family == socket.AF_INET6:
            self._level, self._kind = socket.IPPROTO_IPV6, socket.IPV6_PKTINFO
            self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            self._level, self._kind = socket.IPPROTO_IP, IP_PKTINFO
            self.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        """Receive a datagram and whom and where it came from."""
        data, ancillary, _, sockaddr = self.recvmsg(bufsize, CONTROL_BYTES, flags)
        for level, kind, control in ancillary:
            if level == self._level and kind == self._kind:
                return data, (*sockaddr, _source(control))
        return data, sockaddr

    def sendto(self, data: Any, sockaddr: Any, /) -> int:  # type: ignore[override]  # never with flags here
        """Send a datagram, from the address that its peer spoke to."""
        if len(sockaddr) == self._length:
            return super().sendto(data, sockaddr)
        plain = sockaddr[: self._length]
        try:
            return self.sendmsg([data], [(self._level, self._kind, sockaddr[-1])], 0, plain)
        except OSError as error:
            if error.errno not in _NO_SOURCE:
                raise
            # The peer spoke to a group, to everybody, or to an address that is gone: nobody can answer from there.
            return super().sendto(data, plain)


def _source(control: bytes) -> bytes:
    """Return control data to send with, made of control data received: our address, and no interface."""
    if len(control) >= IN6_PKTINFO_BYTES:
        address, interface = control[:16], control[16:20]
        # A link-local address means nothing without its interface; for others the routes decide.
        return address + (interface if address[:2] == b"\xfe\x80" else bytes(4))
    # struct in_pktinfo: interface, the local address (for a group's datagram: one of ours), the header's destination.
    return bytes(4) + control[4:8] + bytes(4)
