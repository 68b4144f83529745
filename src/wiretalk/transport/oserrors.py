"""What the system's errors mean to the user: the one map from OSError to the errors of wiretalk.

Nobody else reads an errno to make an error of it. Every sentence says what the user can do.
"""

from __future__ import annotations

import errno
import os
import socket

from wiretalk.ending import Ending
from wiretalk.errors import (
    EndedError,
    InUseError,
    LimitError,
    NoSuchHostError,
    NotPermittedError,
    OpenError,
    RefusedError,
    ResetError,
    TimedOutError,
    UnreachableError,
    WiretalkError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    Told = tuple[type[OpenError], str]

NOBODY = "nobody listens there: is the server started, and is it this port?"

_NOT_OPENED: dict[int, Told] = {
    errno.ECONNREFUSED: (RefusedError, NOBODY),
    errno.ECONNRESET: (RefusedError, "somebody listens there, but broke off at once: does it expect something else?"),
    errno.EHOSTUNREACH: (UnreachableError, "no way to that host: is it on, and on this network?"),
    errno.EHOSTDOWN: (UnreachableError, "that host does not answer: is it on, and on this network?"),
    errno.ENETUNREACH: (UnreachableError, "no route to that network: is this machine connected to it?"),
    errno.ENETDOWN: (UnreachableError, "the network interface is down"),
    errno.EADDRNOTAVAIL: (UnreachableError, "this machine has no address, or no port left, to speak to it from"),
    errno.EAFNOSUPPORT: (UnreachableError, "this system has no IPv6"),
    errno.ENODEV: (UnreachableError, "this machine has no such interface; ip link shows those it has"),
    errno.ENOENT: (UnreachableError, "there is no such socket file: is the server started?"),
    errno.ENOTDIR: (UnreachableError, "a part of that path is not a directory"),
    errno.ELOOP: (UnreachableError, "symbolic links in that path lead in a circle"),
    errno.ENAMETOOLONG: (UnreachableError, "a part of that path is too long a name"),
    errno.EROFS: (NotPermittedError, "that file system is read-only; choose another directory"),
    errno.ENOSPC: (OpenError, "the disk is full"),
    errno.EPROTOTYPE: (RefusedError, "a socket of another kind is there: try unix:, unixgram: or unixpacket:"),
    errno.ENOTSOCK: (RefusedError, "that is not a socket"),
}
"""For an address that could not be opened, and for datagrams, where every send is an opening."""

_NOT_LISTENING: dict[int, Told] = {
    errno.EADDRNOTAVAIL: (UnreachableError, "that is no address of this machine; ip addr shows those it has"),
    errno.ENOENT: (UnreachableError, "there is no such directory; make it first"),
}
"""What differs when it was to be listened on."""

_NO_VSOCK = (
    UnreachableError,
    "this kernel has no vsock, or no such way: modprobe vsock_loopback, or a virtual machine",
)
_VSOCK: dict[int, Told] = {
    errno.EADDRNOTAVAIL: (UnreachableError, "this machine does not have that CID; any and local mean this machine"),
    errno.EAFNOSUPPORT: _NO_VSOCK,
    errno.ECONNRESET: (RefusedError, NOBODY),
    errno.ENODEV: _NO_VSOCK,
}
"""What differs with vsock. Source: vsock(7), and net/vmw_vsock, where a closed port resets."""

_OPENING = ("open", "connect", "listen", "accept")
_DATAGRAMS = ("udp", "udp4", "udp6", "unixgram", "icmp", "raw")
_BROKEN = frozenset((errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN, errno.ESHUTDOWN))
_WAY_BROKEN = frozenset((errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENETRESET))
_DENIED = frozenset((errno.EACCES, errno.EPERM))
_OUT_OF_FILES = frozenset((errno.EMFILE, errno.ENFILE))
_OUT_OF_MEMORY = frozenset((errno.ENOBUFS, errno.ENOMEM))
_NO_SUCH_FAMILY = frozenset(
    getattr(socket, code) for code in ("EAI_FAMILY", "EAI_ADDRFAMILY", "EAI_NODATA") if hasattr(socket, code)
)

MAX_UDP_BYTES = {4: 65507, 6: 65527}
"""The most that a datagram carries: 65535 less 8 of UDP's header, and 20 of IPv4's, which counts itself in."""


def explain(error: OSError, address_text: str, doing: str, *, sock: socket.socket | None = None) -> WiretalkError:
    """Return the error of wiretalk for an error of the system.

    Args:
        error: what the system said. One that is a WiretalkError already is returned as it is.
        address_text: the address, or the peer's name, as text.
        doing: what was tried: "open", "connect", "listen" or "accept"; or, on an open socket, "send", "receive", ….
        sock: the socket, where a limit of it may be told (a message larger than its send buffer).

    Returns:
        An OpenError when nothing was open, or for a datagram; a ResetError, a TimedOutError (wait "keepalive") or
        another EndedError when a conversation broke; a LimitError when something ran out or is too long.
    """
    if isinstance(error, WiretalkError):
        return error
    if isinstance(error, socket.gaierror):
        return explain_lookup(error, address_text, _host_of(address_text))
    code = error.errno or 0
    if code in _OUT_OF_FILES or code in _OUT_OF_MEMORY:
        return _ran_out(code)
    if code == errno.EMSGSIZE:
        return _too_long(address_text, sock)
    scheme = address_text.partition(":")[0]
    if doing not in _OPENING and scheme not in _DATAGRAMS:
        return _broke(error, address_text)
    return _not_opened(error, address_text, scheme, doing)


def explain_lookup(error: socket.gaierror, address_text: str, host: str, family: int = 0) -> NoSuchHostError:
    """Return the error for a host that was not found.

    Args:
        error: what the resolver said.
        address_text: the address as text.
        host: the host that was looked up.
        family: the only family asked for, or 0.
    """
    what = {int(socket.AF_INET): "IPv4 ", int(socket.AF_INET6): "IPv6 "}.get(family, "")
    if error.errno == socket.EAI_AGAIN:
        reason = f"no name server says who {host} is: is this machine on the network? if it is, try again later"
    elif error.errno in _NO_SUCH_FAMILY:
        reason = f"{host} has no {what}address"
    elif error.errno == socket.EAI_NONAME:
        reason = f"no host of the name {host}{f' has an {what}address' if what else ''}: is it spelt so?"
    else:
        reason = f"{host} was not found: {error.strerror}"
    return NoSuchHostError(address_text, reason)


def _not_opened(error: OSError, address_text: str, scheme: str, doing: str) -> WiretalkError:
    """Return why an address could not be opened."""
    code = error.errno or 0
    if code == errno.ETIMEDOUT:
        return TimedOutError(address_text, "connect")
    if code in _DENIED:
        return NotPermittedError(address_text, _denied(address_text, scheme, doing))
    if code == errno.EADDRINUSE:
        return InUseError(address_text, _in_use(address_text))
    if code == errno.EINVAL and "[fe80:" in address_text and "%" not in address_text:
        reason = "an address of the link alone needs its interface, as in [fe80::1%eth0]; ip link shows them"
        return UnreachableError(address_text, reason)
    if scheme.startswith("unix") and code in (errno.ECONNREFUSED, errno.EAGAIN):
        return RefusedError(address_text, _nobody_behind(address_text, code))
    special = _VSOCK if scheme == "vsock" else _NOT_LISTENING if doing == "listen" else {}
    kind, reason = special.get(code) or _NOT_OPENED.get(code) or (OpenError, f"{error.strerror or error} ({doing})")
    return kind(address_text, reason)


def _broke(error: OSError, peer: str) -> WiretalkError:
    """Return how an open conversation ended."""
    code = error.errno or 0
    if code == errno.ETIMEDOUT:
        return TimedOutError(peer, "keepalive")
    if code in _BROKEN:
        return ResetError(peer, Ending("reset", "peer"))
    if code in _WAY_BROKEN:
        return ResetError(peer, Ending("reset", "system", reason="the way to the peer broke: " + os.strerror(code)))
    return EndedError(peer, Ending("failed", "system", reason=str(error.strerror or error)))


def _ran_out(code: int) -> LimitError:
    if code in _OUT_OF_MEMORY:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return LimitError("memory", total, "the system has no memory left for sockets", "system")
    # Without the module resource: importing it would take a file descriptor.
    own = os.sysconf("SC_OPEN_MAX")
    if code == errno.ENFILE:
        most = _kernel_number("fs/file-max") or own
        return LimitError("open files", most, "the whole system is out of file descriptors (fs.file-max)", "system")
    return LimitError("open files", own, "this process is out of file descriptors (ulimit -n raises it)", "us")


def _too_long(address_text: str, sock: socket.socket | None) -> LimitError:
    if not address_text.startswith("unix"):
        most = MAX_UDP_BYTES[6 if "[" in address_text else 4]
        reason = "the datagram is larger than the way to the peer carries; send less in one"
        return LimitError("datagram_bytes", most, reason, "us")
    if sock is None:
        most = _kernel_number("net/core/wmem_default")
    else:
        most = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    return LimitError("sndbuf", most, "the message is larger than the socket's send buffer (?sndbuf=SIZE)", "us")


def _kernel_number(name: str) -> int:
    """Return a number that /proc/sys tells, 0 where it does not."""
    try:
        with open(f"/proc/sys/{name}", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _denied(address_text: str, scheme: str, doing: str) -> str:
    """Return why the system does not permit it, with what would do."""
    unix = scheme.startswith("unix")
    if doing == "listen" and unix:
        return "this user may not make that file there; choose another directory, or ask its owner"
    if scheme == "icmp" and doing == "open":
        return (
            "this user may not send pings; root lets everybody with sysctl net.ipv4.ping_group_range='0 2147483647', "
            "or this program with CAP_NET_RAW (setcap cap_net_raw+ep, on the Python that runs it)"
        )
    if scheme in {"icmp", "raw"} and doing in {"open", "listen"}:
        return "raw sockets are for root (CAP_NET_RAW): run it so, or setcap cap_net_raw+ep the Python that runs it"
    if doing == "listen":
        port = address_text.partition("?")[0].rpartition(":")[2]
        low = port.isdigit() and 0 < int(port) < 1024
        return (
            "ports below 1024 are for root (CAP_NET_BIND_SERVICE); choose one from 1024 up"
            if low
            else "the system forbids it"
        )
    if unix:
        return "this user may not use that socket file, or not look into its directory"
    if scheme.startswith("udp"):
        return "the system forbids it: is it a broadcast address, which needs ?broadcast, or is there a firewall?"
    return "the system forbids it: is there a firewall?"


def _in_use(address_text: str) -> str:
    from wiretalk.transport.owners import owner_of

    owner = owner_of(address_text) or "somebody else"
    what = "name" if address_text.startswith("unix") else "port"
    return f"{owner} has it already; stop that, or choose another {what}"


def _nobody_behind(address_text: str, code: int) -> str:
    """Return why a Unix path refuses: a full backlog, an abstract name, a file that is no socket, a stale one."""
    if code == errno.EAGAIN:
        return "the server is busy: its backlog of connections is full; try again"
    from wiretalk.transport.owners import path_of
    from wiretalk.transport.unixfile import what_is_at

    path = path_of(address_text)
    if not path or path.startswith("@"):
        return "nobody listens there: is the server started, and is it this name?"
    other = what_is_at(path)
    if other:
        return f"that is {other}, not a socket"
    return "nobody listens there, the socket file is left over: is the server started?"


def _host_of(address_text: str) -> str:
    rest = address_text.partition("://")[2].partition("?")[0]
    return rest.rpartition(":")[0].strip("[]") or rest
