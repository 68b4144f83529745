"""UDP over IPv4 and IPv6, for udp, udp4, udp6: one peer, a multicast group, or everybody (broadcast)."""

from __future__ import annotations

import socket

from wiretalk.transport import multicast, socketoptions
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.hosts import lookup
from wiretalk.transport.inet import listen_on
from wiretalk.transport.pktinfo import SUPPORTED, AnsweringSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

_EVERY_ADDRESS = ("0.0.0.0", "::")


def candidates(address: Address, *, passive: bool) -> list[Candidate]:
    """Return the host's addresses, IPv6 and IPv4 in turn.

    A group's or a broadcast's are not to be connected: answers come from the members' own addresses, and a connected
    socket would not hear them.
    """
    broadcast = bool(address.option("broadcast"))
    return [
        Candidate(
            family,
            socket.SOCK_DGRAM,
            socket.IPPROTO_UDP,
            sockaddr,
            address,
            connected=not broadcast and not multicast.is_group(sockaddr),
        )
        for family, sockaddr in lookup(address, socket.SOCK_DGRAM, passive=passive)
    ]


def open_socket(candidate: Candidate) -> socket.socket:
    """Open a socket with the options of the address, bound where it says so.

    A socket that will not be connected is bound in any case, so that its own address can be told before it sends.
    IP_RECVERR is not set: a connected socket is told of a closed port without it, and with it an error queue that
    nobody drains would keep the loop awake for ever. Nor is "don't fragment": the system finds the path's limit.
    """
    sock = socketoptions.fresh(candidate)
    try:
        if multicast.is_group(candidate.sockaddr):
            multicast.prepare_to_send(sock, candidate)
        if candidate.address.option("bind") is not None:
            socketoptions.bind_own(sock, candidate)
        elif not candidate.connected:
            sock.bind(("", 0))
    except BaseException:
        sock.close()
        raise
    return sock


def listen(address: Address) -> list[Listener]:
    """Bind to all that the address means; a multicast group is joined."""
    found = candidates(address, passive=True)
    if SUPPORTED and all(candidate.sockaddr[0] in _EVERY_ADDRESS for candidate in found):
        return listen_on(address, found, _bind, AnsweringSocket)
    return listen_on(address, found, _bind)


def _bind(sock: socket.socket, candidate: Candidate) -> None:
    socketoptions.apply(sock, candidate.address)
    if not multicast.is_group(candidate.sockaddr):
        sock.bind(candidate.sockaddr)
        return
    # Several programs of one machine may be members. Bound to the group itself, the socket hears nothing else that
    # comes to this port.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(multicast.own_sockaddr(candidate))
    multicast.join(sock, candidate)
    # What a member says goes to the group's members by the same way.
    multicast.prepare_to_send(sock, candidate)
