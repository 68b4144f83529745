"""TCP over IPv4 and IPv6, for tcp, tcp4, tcp6, and below tls."""

from __future__ import annotations

import socket

from wiretalk.limits import BACKLOG
from wiretalk.transport import socketoptions
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.hosts import lookup
from wiretalk.transport.inet import listen_on
from wiretalk.transport.proxy import way

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener


def candidates(address: Address, *, passive: bool) -> list[Candidate]:
    """Return the host's addresses, IPv6 and IPv4 in turn; those of the proxy to go by, where there is one."""
    way.check(address, passive=passive)
    if address.option("via"):
        return way.proxy_candidates(address, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    return [
        Candidate(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, sockaddr, address)
        for family, sockaddr in lookup(address, socket.SOCK_STREAM, passive=passive)
    ]


def open_socket(candidate: Candidate) -> socket.socket:
    """Open a socket with the options of the address and TCP's defaults, bound where the address says so."""
    sock = socketoptions.fresh(candidate)
    try:
        socketoptions.bind_own(sock, candidate)
    except BaseException:
        sock.close()
        raise
    return sock


def listen(address: Address) -> list[Listener]:
    """Listen on all that the address means."""
    return listen_on(address, candidates(address, passive=True), _bind)


def _bind(sock: socket.socket, candidate: Candidate) -> None:
    # So that a server can start again while connections of its last run are still in TIME_WAIT. On Linux and the BSDs
    # it does not let two listen on the same port.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    socketoptions.apply(sock, candidate.address)
    sock.bind(candidate.sockaddr)
    sock.listen(candidate.address.option("backlog", BACKLOG))
