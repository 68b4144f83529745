"""Hosts to socket addresses: literals, localhost, the system's resolver, and the order RFC 8305 wants.

The only place that asks a resolver. Nothing is opened here.
"""

from __future__ import annotations

import socket

from wiretalk.address.hosts import ipv4_number, ipv6_groups
from wiretalk.errors import AddressError, NoSuchHostError, UnreachableError
from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain_lookup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.candidate import SockAddr

    Found = list[tuple[int, SockAddr]]
    """Pairs of family and socket address."""

_EVERY_INTERFACE = ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0"))
_LOOPBACK = ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))


def lookup(address: Address, socktype: int, *, passive: bool) -> Found:
    """Return the socket addresses of an IP address's host and port, in the order to try them.

    Blocks only for a host that is a name other than localhost.

    Raises:
        NoSuchHostError: the host is not known or has no address of the scheme's family.
        UnreachableError: the zone of an IPv6 address is no interface of this machine.
        AddressError: port 0, where it is to be connected to.
    """
    port = address.port or 0
    if address.port == 0 and not passive:
        text = address.text
        raise AddressError(text, max(0, text.rfind(":0")) + 1, "port 0 lets a server pick one", "connect to 1 to 65535")
    wanted = family_of_scheme(address)
    host = address.host
    if host == "" and passive:
        only6 = bool(address.option("v6only"))
        found = _at(_EVERY_INTERFACE, port, socket.AF_INET6 if only6 else wanted)
    elif host == "" or host.rstrip(".") == "localhost":
        # RFC 6761 section 6.3: localhost is the loopback, nobody needs to be asked.
        found = _at(_LOOPBACK, port, wanted)
        if socktype == socket.SOCK_DGRAM and not passive:
            # UDP cannot tell that nobody listens on ::1 before it is too late to try the next one, and whoever
            # listens for IPv6 on every interface hears IPv4 as well: 127.0.0.1 misses fewer servers.
            found.reverse()
    else:
        found = literal(host, port) or interleave(_ask(address, port, wanted, socktype))
    return found if passive else _that_bind_allows(address, found)


def family_of_scheme(address: Address) -> int:
    """Return AF_INET for tcp4 and udp4, AF_INET6 for tcp6 and udp6, else AF_UNSPEC."""
    return {4: socket.AF_INET, 6: socket.AF_INET6}.get(address.family, socket.AF_UNSPEC)


def interleave(found: Found) -> Found:
    """Return the same addresses with the families taking turns, the first one's first.

    Source: RFC 8305, section 4 (First Address Family Count 1).
    """
    if not found:
        return found
    first = [pair for pair in found if pair[0] == found[0][0]]
    other = [pair for pair in found if pair[0] != found[0][0]]
    turns = min(len(first), len(other))
    mixed = [pair for both in zip(first, other, strict=False) for pair in both]
    return mixed + first[turns:] + other[turns:]


def literal(host: str, port: int = 0) -> Found:
    """Return the socket address of a host written as a number, [] for a name.

    Raises:
        UnreachableError: the zone of an IPv6 address is no interface of this machine.
    """
    if ipv4_number(host) is not None:
        return [(socket.AF_INET, (host, port))]
    number, _, zone = host.partition("%")
    if ":" in number and ipv6_groups(number) is not None:
        return [(socket.AF_INET6, (number, port, 0, interface_index(zone, f"[{host}]")))]
    return []


def interface_index(interface: str, address_text: str) -> int:
    """Return the index of a network interface, given by name or as its index; 0 for "".

    Raises:
        UnreachableError: this machine has no such interface.
    """
    if not interface or interface.isdigit():
        return int(interface or 0)
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        reason = f"this machine has no interface {interface}; ip link shows those it has"
        raise UnreachableError(address_text, reason) from error


def _at(hosts: tuple[tuple[int, str], ...], port: int, wanted: int) -> Found:
    return [
        (family, (host, port, 0, 0) if family == socket.AF_INET6 else (host, port))
        for family, host in hosts
        if wanted in (socket.AF_UNSPEC, family)
    ]


def _ask(address: Address, port: int, wanted: int, socktype: int) -> Found:
    """Ask the system for the addresses of a name."""
    # As bytes: given a str, Python would load its idna codec, and address has encoded the name already.
    host = address.host.encode()
    try:
        infos = socket.getaddrinfo(host, port, wanted, socktype)
    except socket.gaierror as error:
        raise explain_lookup(error, told(address), address.host, wanted) from error
    return list(dict.fromkeys((int(family), sockaddr) for family, _, _, _, sockaddr in infos))


def own_sockaddr(address: Address, family: int) -> SockAddr:
    """Return what the option `bind` names, for a socket of this family. Never blocks: a number or localhost.

    Raises:
        AddressError: it is a name, or of another family.
    """
    host, port = address.bind or ("", 0)
    if host in ("", "localhost"):
        return _at(_LOOPBACK if host else _EVERY_INTERFACE, port, family)[0][1]
    found = literal(host, port)
    if not found or found[0][0] != family:
        what = "IPv6" if family == socket.AF_INET6 else "IPv4"
        raise fault(address, "bind", f"bind: {host} is not an {what} address, written as a number")
    return found[0][1]


def _that_bind_allows(address: Address, found: Found) -> Found:
    """Leave out the addresses of a family that the option bind excludes."""
    own = literal(address.bind[0]) if address.bind else []
    if not own:
        return found
    allowed = [pair for pair in found if pair[0] == own[0][0]]
    if not allowed:
        what = "IPv6" if own[0][0] == socket.AF_INET6 else "IPv4"
        raise NoSuchHostError(told(address), f"it has no {what} address, and bind={address.option('bind')} is one")
    return allowed


def fault(address: Address, option: str, reason: str, hint: str = "") -> AddressError:
    """Return the error for an option of the address, with the caret below it."""
    at = max(address.text.find(f"?{option}"), address.text.find(f"&{option}")) + 1
    return AddressError(address.text, at, reason, hint, len(option) if at else 1)
