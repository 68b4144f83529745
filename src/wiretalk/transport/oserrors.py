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
    from typing import Literal

    Doing = Literal["open", "connect", "listen", "accept", "send", "receive"]

NOBODY = "nobody listens there: is the server started, and is it this port?"

_NOT_OPENED: dict[int, tuple[type[OpenError], str]] = {
    errno.ECONNREFUSED: (RefusedError, NOBODY),
    errno.ECONNRESET: (RefusedError, "somebody listens there, but broke off at once: does it expect something else?"),
    errno.EHOSTUNREACH: (UnreachableError, "no way to that host: is it on, and on this network?"),
    errno.EHOSTDOWN: (UnreachableError, "that host does not answer: is it on, and on this network?"),
    errno.ENETUNREACH: (UnreachableError, "no route to that network: is this machine connected to it?"),
    errno.ENETDOWN: (UnreachableError, "the network interface is down"),
    errno.EADDRNOTAVAIL: (UnreachableError, "this machine has no address of its own for it"),
    errno.EAFNOSUPPORT: (UnreachableError, "this system has no such network protocol"),
    errno.ENOENT: (UnreachableError, "there is no such socket file: is the server started?"),
    errno.ENOTDIR: (UnreachableError, "a part of that path is not a directory"),
    errno.ELOOP: (UnreachableError, "symbolic links in that path lead in a circle"),
    errno.ENAMETOOLONG: (UnreachableError, "a part of that path is too long a name"),
    errno.EROFS: (NotPermittedError, "that file system is read-only; choose another directory"),
    errno.ENOSPC: (OpenError, "the disk is full"),
    errno.EPROTOTYPE: (RefusedError, "a socket of another kind is there: try unix:, unixgram: or unixpacket:"),
    errno.ENOTSOCK: (RefusedError, "that is not a socket"),
    errno.ENODEV: (UnreachableError, "this machine has no such device"),
    errno.EADDRINUSE: (InUseError, "somebody else has that address"),
}
"""For an address that could not be opened, and for datagrams, where every send is an opening."""

_NOT_LISTENING: dict[int, tuple[type[OpenError], str]] = {
    errno.EADDRNOTAVAIL: (UnreachableError, "that is no address of this machine; ip addr shows those it has"),
    errno.ENOENT: (UnreachableError, "there is no such directory; make it first"),
}
"""What differs when it was to be listened on."""

_BROKEN = frozenset((errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN, errno.ESHUTDOWN))
_WAY_BROKEN = frozenset((errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENETRESET))
_DENIED = frozenset((errno.EACCES, errno.EPERM))
_OUT_OF_FILES = frozenset((errno.EMFILE, errno.ENFILE))
_OUT_OF_MEMORY = frozenset((errno.ENOBUFS, errno.ENOMEM))
_DATAGRAMS = ("udp", "udp4", "udp6", "unixgram", "icmp", "raw")
_MAX_UDP_BYTES = 65507
"""The most that a UDP datagram over IPv4 carries: 65535 less 20 of IPv4's header and 8 of UDP's."""


def explain(
    error: OSError, address_text: str, doing: Doing | str, *, sock: socket.socket | None = None
) -> WiretalkError:
    """Return the error of wiretalk for an error of the system.

    Args:
        error: what the system said.
        address_text: the address, or the peer's name, as text.
        doing: what was tried: "open", "connect", "listen", "accept"; or, on an open socket, "send", "receive", ….
        sock: the socket, where a limit of it may be told (a datagram that is too long).

    Returns:
        An OpenError when nothing was open or for a datagram; an EndedError or a TimedOutError (wait "keepalive")
        when a conversation broke; a LimitError when something ran out.
    """
    if isinstance(error, socket.gaierror):
        return explain_lookup(error, address_text, _host_of(address_text))
    code = error.errno or 0
    if code in _OUT_OF_FILES or code in _OUT_OF_MEMORY:
        return _ran_out(code)
    if code == errno.EMSGSIZE:
        return _too_long(address_text, sock)
    if doing not in ("open", "connect", "listen", "accept") and not _is_datagram(address_text):
        return _broke(error, address_text)
    if code == errno.ETIMEDOUT:
        return TimedOutError(address_text, "connect")
    if code in _DENIED:
        return _denied(address_text, doing)
    if code == errno.EADDRINUSE:
        return _in_use(address_text)
    if code == errno.EINVAL and "[fe80:" in address_text.lower() and "%" not in address_text:
        reason = "an address of the link needs its interface, as in [fe80::1%eth0]; ip link shows them"
        return UnreachableError(address_text, reason)
    if address_text.startswith("unix") and code in (errno.ECONNREFUSED, errno.EAGAIN):
        return _nobody_behind(address_text, code)
    told = _NOT_LISTENING.get(code) if doing == "listen" else None
    kind, reason = told or _NOT_OPENED.get(code) or (OpenError, f"{error.strerror or error} (it was to {doing})")
    return kind(address_text, reason)


def explain_lookup(error: socket.gaierror, address_text: str, host: str, family: int = 0) -> WiretalkError:
    """Return the error for a host that was not found.

    Args:
        error: what the resolver said.
        address_text: the address as text.
        host: the host that was looked up.
        family: the only family asked for, or 0.
    """
    code = error.errno
    what = {int(socket.AF_INET): "IPv4 ", int(socket.AF_INET6): "IPv6 "}.get(family, "")
    if code == socket.EAI_AGAIN:
        reason = f"the name server does not tell who {host} is: is this machine on the network? it may work later"
    elif code in _NO_SUCH_FAMILY:
        reason = f"{host} has no {what}address"
    elif "%" in host:
        reason = f"{host} names an interface that this machine does not have; ip link shows those it has"
    elif code == socket.EAI_NONAME and (":" in host or host.replace(".", "").isdigit()):
        reason = f"{host} is not an {what or 'IP '}address"
    elif code == socket.EAI_NONAME:
        reason = f"no host of the name {host}{f' has an {what}address' if what else ''}: is it spelt so?"
    else:
        reason = f"{host} was not found: {error.strerror}"
    return NoSuchHostError(address_text, reason)


_NO_SUCH_FAMILY = frozenset(
    getattr(socket, code) for code in ("EAI_FAMILY", "EAI_ADDRFAMILY", "EAI_NODATA") if hasattr(socket, code)
)


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
        return LimitError("memory", total, "the system has no memory left for sockets", "us")
    import resource

    if code == errno.ENFILE:
        try:
            with open("/proc/sys/fs/file-max", encoding="ascii") as file:
                most = int(file.read())
        except (OSError, ValueError):
            most = 0
        return LimitError("open files", most, "the whole system is out of file descriptors", "us")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return LimitError("open files", most, "this process is out of file descriptors (ulimit -n raises it)", "us")


def _too_long(address_text: str, sock: socket.socket | None) -> LimitError:
    if address_text.startswith("unix"):
        most = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) if sock is not None else 0
        return LimitError("sndbuf", most, "the message is larger than the socket's send buffer (?sndbuf=SIZE)", "us")
    reason = "the datagram is larger than the way to the peer carries; send less in one"
    return LimitError("max_datagram_bytes", _MAX_UDP_BYTES, reason, "us")


def _denied(address_text: str, doing: str) -> NotPermittedError:
    port = _port_of(address_text)
    if doing != "listen":
        reason = (
            "this user may not use that socket file"
            if address_text.startswith("unix")
            else "the system forbids it: a firewall's rule? or is it a broadcast address, which needs ?broadcast"
            if address_text.startswith("udp")
            else "the system forbids it: a firewall's rule?"
        )
    elif address_text.startswith("unix"):
        reason = "this user may not make a file in that directory; choose another one"
    elif port is not None and 0 < port < 1024:
        reason = "ports below 1024 are for root alone (CAP_NET_BIND_SERVICE); choose one from 1024 up"
    else:
        reason = "the system forbids it"
    return NotPermittedError(address_text, reason)


def _in_use(address_text: str) -> InUseError:
    from wiretalk.transport.owners import owner_of

    owner = owner_of(address_text)
    who = f"in use by {owner}" if owner else "somebody else has that address"
    return InUseError(address_text, f"{who}; stop that one, or choose another address")


def _nobody_behind(address_text: str, code: int) -> RefusedError:
    """Return why a Unix path refuses: a file that is no socket, a stale one, an abstract name, a full backlog."""
    if code == errno.EAGAIN:
        return RefusedError(address_text, "the server accepts nobody, and its backlog is full")
    from wiretalk.transport.owners import path_of

    path = path_of(address_text)
    if path is not None and not path.startswith("@"):
        import stat

        from wiretalk.transport.unixfile import kind_of_file

        try:
            mode = os.stat(path).st_mode
        except OSError:
            mode = stat.S_IFSOCK
        if not stat.S_ISSOCK(mode):
            return RefusedError(address_text, f"that is {kind_of_file(mode)}, not a socket")
        return RefusedError(address_text, "nobody listens there: the socket file is stale; is the server started?")
    return RefusedError(address_text, "nobody listens there: is the server started, and is it this name?")


def _is_datagram(address_text: str) -> bool:
    return address_text.partition(":")[0] in _DATAGRAMS


def _port_of(address_text: str) -> int | None:
    digits = address_text.partition("?")[0].rpartition(":")[2]
    return int(digits) if digits.isdigit() else None


def _host_of(address_text: str) -> str:
    rest = address_text.partition("://")[2].partition("?")[0]
    return rest.rpartition(":")[0].strip("[]") or rest
