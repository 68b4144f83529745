"""An address's options as socket options, and the defaults of TCP. Sets them; decides nothing else.

What the option bind, backlog, mode and v6only ask for is done where the socket is bound.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

from wiretalk.errors import NotPermittedError, OpenError, UnreachableError
from wiretalk.limits import KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES, USER_TIMEOUT_S
from wiretalk.transport.hosts import fault, own_sockaddr
from wiretalk.transport.names import name, told
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from wiretalk.address import Address
    from wiretalk.transport.candidate import Candidate

    Sock = TypeVar("Sock", bound=socket.socket)

_LEVELS = {
    "SO": socket.SOL_SOCKET,
    "TCP": socket.IPPROTO_TCP,
    "IP": socket.IPPROTO_IP,
    "IPV6": socket.IPPROTO_IPV6,
}
"""The level of a socket option, by how its name begins."""

_NOT_IN_PYTHON = (
    {"IP_FREEBIND": 15, "IP_MULTICAST_ALL": 49, "IPV6_FREEBIND": 78, "IPV6_MULTICAST_ALL": 29}
    if sys.platform == "linux"
    else {}
)
"""Socket options that Linux has and Python's socket module does not name (linux/in.h, linux/in6.h)."""

_SETTINGS = {
    "broadcast": ("SO_BROADCAST", "SO_BROADCAST"),
    "dscp": ("IP_TOS", "IPV6_TCLASS"),
    "freebind": ("IP_FREEBIND", "IPV6_FREEBIND"),
    "loop": ("IP_MULTICAST_LOOP", "IPV6_MULTICAST_LOOP"),
    "mark": ("SO_MARK", "SO_MARK"),
    "nodelay": ("TCP_NODELAY", "TCP_NODELAY"),
    "rcvbuf": ("SO_RCVBUF", "SO_RCVBUF"),
    "reuseaddr": ("SO_REUSEADDR", "SO_REUSEADDR"),
    "reuseport": ("SO_REUSEPORT", "SO_REUSEPORT"),
    "sndbuf": ("SO_SNDBUF", "SO_SNDBUF"),
    "tos": ("IP_TOS", "IPV6_TCLASS"),
    "ttl": ("IP_TTL", "IPV6_UNICAST_HOPS"),
    "user_timeout": ("TCP_USER_TIMEOUT", "TCP_USER_TIMEOUT"),
}
"""Option of an address to the socket option on an IPv4 (or any other) and on an IPv6 socket."""

_ALSO_FOR_IPV4 = frozenset(("dscp", "tos", "ttl"))
"""Set twice on an IPv6 socket, which may carry IPv4 too."""


def apply(sock: socket.socket, address: Address) -> None:
    """Set what the options of the address ask for, and TCP's defaults where it is TCP.

    Raises:
        AddressError: an option that this system does not have.
        NotPermittedError: an option that this user may not set.
        OpenError: a value that the system refuses.
    """
    if sock.type == socket.SOCK_STREAM and sock.family in (socket.AF_INET, socket.AF_INET6):
        _set_tcp_defaults(sock, address)
    for option, value in address.options.items():
        names = _SETTINGS.get(option)
        if names is not None:
            ipv6 = sock.family == socket.AF_INET6
            set_option(sock, address, option, names[ipv6], _as_int(option, value))
            if ipv6 and option in _ALSO_FOR_IPV4:
                set_if_possible(sock, names[0], _as_int(option, value))
        elif option == "interface" and not address.multicast:
            _bind_to_interface(sock, address, str(value))


def set_option(sock: socket.socket, address: Address, option: str, constant: str, value: int | bytes) -> None:
    """Set one socket option for one option of the address, with errors that name the latter."""
    number = _number(constant)
    if number is None:
        raise fault(address, option, f"{option}: this system does not have it ({constant})")
    try:
        sock.setsockopt(_LEVELS[constant.partition("_")[0]], number, value)
    except OSError as error:
        raise explain_option(error, address, option) from error


def explain_option(error: OSError, address: Address, option: str) -> Exception:
    """Return the error for a socket option that the system does not set."""
    asked = f"{option}={address.option(option)}"
    if error.errno in (errno.EPERM, errno.EACCES):
        return NotPermittedError(told(address), f"{asked} is for root here (CAP_NET_ADMIN or CAP_NET_RAW)")
    if error.errno in (errno.ENODEV, errno.ENXIO):
        return UnreachableError(
            told(address), f"this machine has no interface {address.option(option)}; ip link shows those it has"
        )
    if error.errno in (errno.ENOPROTOOPT, errno.EOPNOTSUPP):
        return fault(address, option, f"{option}: this system does not have it for such a socket")
    return OpenError(told(address), f"the system refuses {asked} ({os.strerror(error.errno or 0)})")


def fresh(candidate: Candidate) -> socket.socket:
    """Return a new socket for the candidate, non-blocking, with the options of its address."""
    return made(candidate, socket.socket)


def made(candidate: Candidate, make: type[Sock]) -> Sock:
    """Return a new socket for the candidate, non-blocking, with the options of its address.

    Args:
        candidate: what it is for.
        make: the class of the socket.
    """
    try:
        sock = make(candidate.family, candidate.type, candidate.protocol)
    except OSError as error:
        raise explain(error, str(candidate), "open") from error
    try:
        sock.settimeout(0)
        apply(sock, candidate.address)
    except BaseException:
        sock.close()
        raise
    return sock


def bind_own(sock: socket.socket, candidate: Candidate) -> None:
    """Bind a socket that is to connect to what the option bind says, if it is there.

    Raises:
        InUseError, UnreachableError, NotPermittedError: it cannot be bound so.
    """
    if candidate.address.bind is None:
        return
    own = own_sockaddr(candidate.address, candidate.family)
    if candidate.type == socket.SOCK_STREAM:
        # A port of our own choice may linger in TIME_WAIT; and one that the system picks need only be unique among the
        # connections to this peer, which it can know when we connect.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not own[1]:
            set_if_possible(sock, "IP_BIND_ADDRESS_NO_PORT", 1)
    try:
        sock.bind(own)
    except OSError as error:
        raise explain(error, name(own, candidate.address.scheme), "listen") from error


def _set_tcp_defaults(sock: socket.socket, address: Address) -> None:
    options = address.options
    if "nodelay" not in options:
        # Messages are written whole, so Nagle's algorithm would only hold the last segment of each back.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    keepalive = options.get("keepalive", True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, bool(keepalive))
    dead_s = USER_TIMEOUT_S
    if keepalive:
        idle = KEEPALIVE_IDLE_S if keepalive is True else max(1, round(float(keepalive)))
        # Who asks to be told soon is not to wait ten times as long for the second probe.
        interval = min(KEEPALIVE_INTERVAL_S, idle)
        # Linux takes a silent peer for dead by the user timeout alone, and not by the count of probes (tcp(7)).
        dead_s = idle + interval * KEEPALIVE_PROBES
        # macOS calls it TCP_KEEPALIVE.
        if not set_if_possible(sock, "TCP_KEEPIDLE", idle):
            set_if_possible(sock, "TCP_KEEPALIVE", idle)
        set_if_possible(sock, "TCP_KEEPINTVL", interval)
        set_if_possible(sock, "TCP_KEEPCNT", KEEPALIVE_PROBES)
    if "user_timeout" not in options:
        set_if_possible(sock, "TCP_USER_TIMEOUT", dead_s * 1000)


def set_if_possible(sock: socket.socket, constant: str, value: int) -> bool:
    """Set what nobody asked for: a system that does not have it is no error."""
    number = _number(constant)
    if number is None:
        return False
    try:
        sock.setsockopt(_LEVELS[constant.partition("_")[0]], number, value)
    except OSError:
        return False
    return True


def _number(constant: str) -> int | None:
    return getattr(socket, constant, _NOT_IN_PYTHON.get(constant))


def _as_int(option: str, value: object) -> int:
    if option == "user_timeout":
        return max(1, round(float(value) * 1000))  # type: ignore[arg-type]  # the address has checked it
    if option == "dscp":
        return int(value) << 2  # type: ignore[call-overload, no-any-return]  # likewise
    return int(value)  # type: ignore[call-overload, no-any-return]  # likewise


def _bind_to_interface(sock: socket.socket, address: Address, interface: str) -> None:
    if hasattr(socket, "SO_BINDTODEVICE"):
        set_option(sock, address, "interface", "SO_BINDTODEVICE", os.fsencode(interface) + b"\0")
        return
    raise fault(address, "interface", "interface: this system cannot bind a socket to one", "bind=HOST may do")


def unacknowledged_bytes(sock: socket.socket) -> int:
    """Return how many bytes the system holds for a TCP peer that has not acknowledged them; 0 where it does not tell.

    Source: tcp(7), SIOCOUTQ.
    """
    import fcntl
    import termios
    from struct import unpack

    try:
        # SIOCOUTQ has the number of TIOCOUTQ.
        answer = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
    except (OSError, ValueError):
        # It has no such count, or is closed.
        return 0
    count: int = unpack("i", answer)[0]
    return count
