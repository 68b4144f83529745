"""Unix sockets, for unix (stream), unixgram (datagrams) and unixpacket (ordered messages)."""

from __future__ import annotations

import os
import socket
import sys

from wiretalk.errors import AddressError, WiretalkError
from wiretalk.limits import BACKLOG
from wiretalk.transport import socketoptions
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.listener import Listener
from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain
from wiretalk.transport.proxy import way
from wiretalk.transport.unixfile import NamedSocket, bind_file, temporary_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address

MAX_PATH_BYTES = 107 if sys.platform == "linux" else 103
"""The bytes of a path: sun_path in sys/un.h has 108 (104 on the BSDs and macOS), one of them for the final NUL."""

_TYPES = {
    "unix": socket.SOCK_STREAM,
    "unixgram": socket.SOCK_DGRAM,
    "unixpacket": getattr(socket, "SOCK_SEQPACKET", 5),
}


def candidates(address: Address, *, passive: bool) -> list[Candidate]:
    """Return the one endpoint of the path."""
    way.check(address, passive=passive)
    return [Candidate(socket.AF_UNIX, _TYPES[address.scheme], 0, _sockaddr(address), address)]


def open_socket(candidate: Candidate) -> socket.socket:
    """Open a socket; a datagram one has a name of its own, since without one it could not be answered.

    The name is abstract on Linux, and the system picks it; elsewhere it is a file that goes with the socket.
    """
    address = candidate.address
    if candidate.type != socket.SOCK_DGRAM:
        return socketoptions.fresh(candidate)
    sock = socketoptions.made(candidate, NamedSocket)
    try:
        if sys.platform == "linux":
            sock.bind("")
        else:
            _bind(sock, address, os.fsencode(temporary_path()))
    except BaseException:
        sock.close()
        raise
    return sock


def listen(address: Address) -> list[Listener]:
    """Bind to the path, replace a stale socket file, and listen where there are connections."""
    (candidate,) = candidates(address, passive=True)
    sock = socketoptions.made(candidate, NamedSocket)
    try:
        _bind(sock, address, candidate.sockaddr, backlog=int(address.option("backlog", BACKLOG)))
    except BaseException:
        sock.close()
        raise
    return [Listener(sock, address)]


def _bind(sock: NamedSocket, address: Address, sockaddr: bytes, backlog: int | None = None) -> None:
    """Bind, and listen if a backlog is given and the socket has connections."""
    try:
        if sockaddr[:1] == b"\0":
            sock.bind(sockaddr)
            if backlog is not None and sock.type != socket.SOCK_DGRAM:
                sock.listen(backlog)
        else:
            bind_file(sock, address, os.fsdecode(sockaddr), backlog)
    except WiretalkError:
        raise
    except OSError as error:
        raise explain(error, told(address), "listen") from error


def _sockaddr(address: Address) -> bytes:
    r"""Return the socket address of a path, b"\x00…" for an abstract name.

    Raises:
        AddressError: too long, or abstract on a system that has no such names.
    """
    path, abstract = address.path, address.abstract
    raw = os.fsencode(path[1:] if abstract else path)
    if len(raw) > MAX_PATH_BYTES:
        raise AddressError(
            address.text,
            len(address.scheme) + 1,
            f"the path of a Unix socket can have {MAX_PATH_BYTES} bytes, this one has {len(raw)}",
            "use a shorter one" if abstract else "use a shorter one, or go to its directory and use a relative one",
            max(1, len(address.text) - len(address.scheme) - 1),
        )
    if abstract and sys.platform != "linux":
        raise AddressError(
            address.text, len(address.scheme) + 1, "only Linux has abstract socket names", "use the path of a file"
        )
    return b"\0" + raw if abstract else raw
