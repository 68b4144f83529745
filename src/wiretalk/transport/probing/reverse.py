"""The names of hosts that are known by their number. Asks the system's resolver, so it may block."""

from __future__ import annotations

import socket

from wiretalk.transport.hosts import literal


def name_of(host: str) -> str:
    """Return the name of an IP address; "" where it has none, or nobody knows it."""
    (_, sockaddr), *_ = literal(host)
    try:
        return socket.getnameinfo(sockaddr, socket.NI_NAMEREQD)[0]
    except OSError:
        return ""
