"""The names of endpoints, as addresses that could be typed again. Text only; nothing is opened or looked up."""

from __future__ import annotations

import os
import socket

from wiretalk.address.hosts import VSOCK_NAMES
from wiretalk.address.writing import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.address.address import OptionValue
    from wiretalk.transport.candidate import SockAddr

_MAPPED = "::ffff:"
UNNAMED = "(unnamed)"
"""What stands for a Unix socket's path where it has none."""

_PORTLESS = frozenset(("icmp", "raw"))
_NO_OPTIONS: dict[str, OptionValue] = {}


def name(sockaddr: SockAddr, scheme: str) -> str:
    """Return an endpoint's name: "tcp://127.0.0.1:5000", "tcp://[fe80::1%eth0]:80", "unix:@name", "unix:(unnamed)".

    An IPv4 peer of a socket that serves both families is named by its IPv4 address.

    Args:
        sockaddr: as the socket module gives it; None or "" for a Unix socket without a name.
        scheme: the scheme to name it by.
    """
    if isinstance(sockaddr, tuple):
        if scheme == "vsock":
            return write(scheme, _cid_text(sockaddr[0]), sockaddr[1], "", _NO_OPTIONS)
        # What ICMP and raw IP have in a port's place is no port.
        port = None if scheme in _PORTLESS else sockaddr[1]
        return write(scheme, host_text(sockaddr), port, "", _NO_OPTIONS)
    if scheme == "stdio":
        return "-"
    if not sockaddr:
        return f"{scheme}:{UNNAMED}"
    path = sockaddr if isinstance(sockaddr, str) else os.fsdecode(sockaddr)
    if path[0] == "\0":
        path = "@" + path[1:]
    elif path[0] == "@":
        # A file's name, which alone would read as an abstract one.
        path = "./" + path
    return write(scheme, "", None, path, _NO_OPTIONS)


def accepted_name(sockaddr: SockAddr, address: Address) -> str:
    """Return the name of a peer that has come to this address; the address itself where it is the only peer."""
    return name(sockaddr, address.scheme) if address.listens else told(address)


def told(address: Address) -> str:
    """Return the text of an address without its options, as errors and logs tell it; raw's protocol is part of it."""
    options = {"protocol": address.options["protocol"]} if address.scheme == "raw" else _NO_OPTIONS
    return write(address.scheme, address.host, address.port, address.path, options)


def shown(address: Address) -> str:
    """Return the text of an address with its options, as traces tell it: without the password of its proxy."""
    if "via" not in address.options:
        return str(address)
    from wiretalk.address.proxies import read

    return str(address.but(options={**address.options, "via": read(str(address.options["via"])).name}))


def host_text(sockaddr: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """Return the host of an IP socket address, with its zone where it has one; IPv4 in IPv6 as IPv4."""
    host = sockaddr[0]
    if host.startswith(_MAPPED) and "." in host:
        return host[len(_MAPPED) :]
    if len(sockaddr) > 3 and sockaddr[3] and "%" not in host:
        return f"{host}%{_zone(sockaddr[3])}"
    return host


def peer_name(sock: socket.socket, address: Address) -> str:
    """Return the name of a connected socket's peer; the address itself where the peer has no name or is gone."""
    try:
        sockaddr = sock.getpeername()
    except OSError:
        sockaddr = None
    return name(sockaddr, address.scheme) if sockaddr else told(address)


def local_name(sock: socket.socket, address: Address) -> str:
    """Return the name of a socket's own end; the address itself where there is no socket that others could find."""
    if not address.listens:
        return told(address)
    return name(sock.getsockname(), address.scheme)


def host_of(sockaddr: SockAddr) -> str:
    """Return the IP address of a socket address as text; "" where it has none (Unix, vsock, nobody)."""
    return host_text(sockaddr) if isinstance(sockaddr, tuple) and isinstance(sockaddr[0], str) else ""


def _zone(scope: int) -> str:
    try:
        return socket.if_indextoname(scope)
    except OSError:
        # The interface is gone; its number still tells it from the others.
        return str(scope)


def _cid_text(cid: int) -> str:
    return VSOCK_NAMES.get(cid) or str(cid)
