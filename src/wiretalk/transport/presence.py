"""Whether the peer of a connected socket is still there, asked of the system without a byte being sent or read.

A peer that has finished sending may wait for an answer, or be gone: TCP tells no difference until something is sent. Of
a peer on this machine the system's table of sockets tells. The system of another one is probed: a closed socket resets
a probe when its system has forgotten it (a minute on Linux), and a machine that is gone answers none.
"""

from __future__ import annotations

import select
import socket

from wiretalk.limits import PRESENCE_PROBES, PRESENCE_S
from wiretalk.transport.owners import rows
from wiretalk.transport.socketoptions import set_if_possible

_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
_IP = frozenset((socket.AF_INET, socket.AF_INET6))
_NOBODYS = "0"
"""The inode of a socket that its process has closed, in /proc/net/tcp."""


def is_broken(sock: socket.socket) -> bool:
    """Return whether the system knows that nobody takes anything any more. The error, if any, stays to be read."""
    poll = select.poll()
    poll.register(sock, 0)
    return any(events & _GONE for _, events in poll.poll(0))


def is_abandoned(sock: socket.socket) -> bool:
    """Return whether a peer on this machine has closed its socket; False where nothing tells (not Linux, not TCP)."""
    if sock.family not in _IP or sock.type != socket.SOCK_STREAM:
        return False
    try:
        host, port = sock.getpeername()[:2]
        own_port = sock.getsockname()[1]
    except OSError:
        # Broken in between, which the next look sees.
        return False
    if not (host == "::1" or host.removeprefix("::ffff:").startswith("127.")):
        return False
    theirs, ours = f":{port:04X}", f":{own_port:04X}"
    told = False
    for table in ("tcp", "tcp6"):
        for fields in rows(f"/proc/net/{table}"):
            local, remote = fields[1], fields[2]
            if local.endswith(theirs) and remote.endswith(ours) and fields[9] != _NOBODYS:
                return False
            # A table that has not our own socket tells nothing of others.
            told |= local.endswith(ours) and remote.endswith(theirs)
    return told


def probe(sock: socket.socket) -> None:
    """Have the system find out, from now on, whether a silent peer is there; where it is no TCP, do nothing.

    The user timeout, which otherwise decides (tcp(7)), would count what a slow peer has not taken yet as well.
    """
    if sock.family not in _IP or sock.type != socket.SOCK_STREAM:
        return
    set_if_possible(sock, "TCP_USER_TIMEOUT", 0)
    if not set_if_possible(sock, "TCP_KEEPIDLE", PRESENCE_S):
        set_if_possible(sock, "TCP_KEEPALIVE", PRESENCE_S)
    set_if_possible(sock, "TCP_KEEPINTVL", PRESENCE_S)
    set_if_possible(sock, "TCP_KEEPCNT", PRESENCE_PROBES)
    set_if_possible(sock, "SO_KEEPALIVE", 1)
