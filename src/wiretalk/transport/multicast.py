"""Multicast groups: telling them, joining them, and the interface to send by. Source: RFC 1112, RFC 3493."""

from __future__ import annotations

import socket
import struct

from wiretalk.address.hosts import ipv4_number
from wiretalk.errors import UnreachableError
from wiretalk.transport.hosts import interface_index
from wiretalk.transport.names import told
from wiretalk.transport.socketoptions import explain_option, set_if_possible, set_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.candidate import Candidate, SockAddr


def is_group(sockaddr: SockAddr) -> bool:
    """Return whether an IP socket address is a multicast group: 224.0.0.0/4 or ff00::/8."""
    host = sockaddr[0]
    if ":" in host:
        return bool(host.lower().startswith("ff")) and len(host.partition(":")[0]) == 4
    return 224 <= int(host.partition(".")[0]) <= 239


def interface_of(candidate: Candidate) -> int:
    """Return the index of the interface an address names by its option or its zone; 0 where it names none.

    Raises:
        UnreachableError: this machine has no such interface.
    """
    interface = candidate.address.option("interface")
    if interface is None:
        return int(candidate.sockaddr[3]) if candidate.family == socket.AF_INET6 else 0
    return interface_index(str(interface), told(candidate.address))


def prepare_to_send(sock: socket.socket, candidate: Candidate) -> None:
    """Choose the interface and the reach of what is sent to a group (ttl 1, this network alone, unless told)."""
    address = candidate.address
    ttl = int(address.option("ttl", 1))
    if candidate.family == socket.AF_INET6:
        set_option(sock, address, "ttl", "IPV6_MULTICAST_HOPS", ttl)
        index = interface_of(candidate)
        if index:
            set_option(sock, address, "interface", "IPV6_MULTICAST_IF", index)
        return
    set_option(sock, address, "ttl", "IP_MULTICAST_TTL", ttl)
    if address.option("interface") is not None:
        set_option(sock, address, "interface", "IP_MULTICAST_IF", _membership("0.0.0.0", candidate))


def own_sockaddr(candidate: Candidate) -> SockAddr:
    """Return what to bind to for hearing the candidate's group.

    That is the group, so that nothing else is heard. A group of the link's own (ff02::…) can only be bound to
    together with an interface; without one, it is every address.
    """
    if candidate.family == socket.AF_INET:
        return candidate.sockaddr
    host, port, flow, _ = candidate.sockaddr
    index = interface_of(candidate)
    link_local = host[3:4] in ("1", "2") and host[2:3] in "0123456789abcdefABCDEF"
    return ("::", port, 0, 0) if link_local and not index else (host, port, flow, index)


def join(sock: socket.socket, candidate: Candidate) -> None:
    """Join the candidate's group on its interface, or on the one that the routing table says."""
    group = candidate.sockaddr[0]
    ipv6 = candidate.family == socket.AF_INET6
    # Unasked, Linux lets a socket hear every group that anybody on this machine has joined, if the port is the same.
    set_if_possible(sock, "IPV6_MULTICAST_ALL" if ipv6 else "IP_MULTICAST_ALL", 0)
    if ipv6:
        membership = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", interface_of(candidate))
        joining = (socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP)
    else:
        membership = _membership(group, candidate)
        joining = (socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP)
    try:
        sock.setsockopt(*joining, membership)
    except OSError as error:
        if candidate.address.option("interface") is None:
            raise UnreachableError(
                told(candidate.address),
                "no interface leads to that group: name one with ?interface=NAME (ip link shows them)",
            ) from error
        raise explain_option(error, candidate.address, "interface") from error


def _membership(group: str, candidate: Candidate) -> bytes:
    """Return a struct ip_mreqn: the group, an own address that tells the interface, and its index."""
    own, index = "0.0.0.0", 0
    interface = candidate.address.option("interface")
    if interface is not None and ipv4_number(str(interface)) is not None:
        own = str(interface)
    elif interface is not None:
        index = interface_of(candidate)
    return struct.pack("@4s4si", socket.inet_aton(group), socket.inet_aton(own), index)
