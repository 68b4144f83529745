"""vsock: between a virtual machine and its host. Source: vsock(7)."""

from __future__ import annotations

import socket

from wiretalk.errors import AddressError
from wiretalk.limits import BACKLOG
from wiretalk.transport import socketoptions
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.listener import Listener
from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address

ANY = 0xFFFFFFFF
"""VMADDR_CID_ANY and VMADDR_PORT_ANY."""

LOCAL = 1
"""VMADDR_CID_LOCAL."""


def candidates(address: Address, *, passive: bool) -> list[Candidate]:
    """Return the one endpoint; an empty cid is every one for listening, and this machine itself for connecting."""
    if not hasattr(socket, "AF_VSOCK"):
        raise AddressError(address.text, 0, "vsock: this system does not have it", "", len(address.scheme))
    cid, port = address.cid, address.port
    if cid is None or cid == ANY:
        cid = ANY if passive else LOCAL
    if passive and port == 0:
        port = ANY
    return [Candidate(socket.AF_VSOCK, socket.SOCK_STREAM, 0, (cid, port), address)]


def open_socket(candidate: Candidate) -> socket.socket:
    """Open a socket with the options of the address."""
    return socketoptions.fresh(candidate)


def listen(address: Address) -> list[Listener]:
    """Bind and listen."""
    (candidate,) = candidates(address, passive=True)
    sock = socketoptions.fresh(candidate)
    try:
        sock.bind(candidate.sockaddr)
        sock.listen(int(address.option("backlog", BACKLOG)))
    except OSError as error:
        sock.close()
        raise explain(error, told(address), "listen") from error
    return [Listener(sock, address.but(port=sock.getsockname()[1]))]
