"""Reading with what the system knows besides: when it came, with how many hops left, and errors with who sent them.

Linux keeps ICMP errors in a queue of the socket that they are for, whoever it belongs to: that is how the hops of a way
can be told without privilege. Source: ip(7), IP_RECVERR; ipv6(7); linux/errqueue.h.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

from wiretalk.transport.names import host_text

SUPPORTED = sys.platform == "linux"

IP_RECVERR, IP_RECVTTL = 11, 12
IPV6_RECVERR = 25
IP_TTL = 2
SO_TIMESTAMPNS = 35
IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT = 51, 52
"""Linux's numbers (linux/in.h, linux/in6.h, asm-generic/socket.h); Python does not name them all."""

OTHER_NUMBERS = ("alpha", "mips", "parisc", "sparc")
"""Machines on which Linux numbers the socket's own options otherwise: there, nothing that comes is stamped."""

EXTENDED = struct.Struct("=IBBBxII")
"""struct sock_extended_err: errno, origin, type, code, info, data; the address of the offender follows."""

BY_OURSELVES, BY_ICMP, BY_ICMP6 = 1, 2, 3
"""Origins of an error."""

ANCILLARY_BYTES = 512
"""Room for what is told beside the data; all of it takes less than half."""


class Report:
    """An error that the system has queued.

    Attributes:
        errno: the system's own number for it.
        version: 4 or 6 where ICMP told it, 0 where our own system did.
        kind: the type of ICMP's message.
        code: its finer reason.
        info: the MTU, where it tells one.
        offender: who told it, as text; "" where nobody is named.
    """

    __slots__ = ("code", "errno", "info", "kind", "offender", "version")

    def __init__(self, data: bytes) -> None:
        self.errno, origin, self.kind, self.code, self.info, _ = EXTENDED.unpack_from(data)
        self.version = {BY_ICMP: 4, BY_ICMP6: 6}.get(origin, 0)
        self.offender = _offender(data[EXTENDED.size :])


def _offender(data: bytes) -> str:
    """Return the address in a sockaddr of the system's."""
    if len(data) < 8:
        return ""
    family = int.from_bytes(data[:2], sys.byteorder)
    if family == socket.AF_INET:
        return socket.inet_ntoa(data[4:8])
    if family == socket.AF_INET6 and len(data) >= 28:
        scope = int.from_bytes(data[24:28], sys.byteorder)
        return host_text((socket.inet_ntop(socket.AF_INET6, data[8:24]), 0, 0, scope))
    return ""


class Heard:
    """What was read.

    Attributes:
        data: the bytes; of an error, what it quotes of the message that it is about.
        source: who sent it, as text.
        arrived_ns: when, by the system's clock of the day; None: it does not tell.
        ttl: hops left; None: it does not tell.
        report: the error, where it is one.
    """

    __slots__ = ("arrived_ns", "data", "report", "source", "ttl")

    def __init__(self, data: bytes, ancillary: list[tuple[int, int, bytes]], source: str) -> None:
        self.data = data
        self.source = source
        self.arrived_ns: int | None = None
        self.ttl: int | None = None
        self.report: Report | None = None
        for level, kind, told in ancillary:
            self._note(level, kind, told)

    def _note(self, level: int, kind: int, told: bytes) -> None:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("@ll", told)
            self.arrived_ns = seconds * 1_000_000_000 + nanoseconds
        elif (level, kind) in {(socket.IPPROTO_IP, IP_TTL), (socket.IPPROTO_IPV6, IPV6_HOPLIMIT)}:
            self.ttl = int.from_bytes(told[:4], sys.byteorder)
        elif (level, kind) in {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}:
            self.report = Report(told)


def prepare(sock: socket.socket) -> None:
    """Ask the system to tell all that it can; what it does not know, it does not tell."""
    if not SUPPORTED:
        return
    wanted = [(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IP, IP_RECVTTL)]
    if sock.family == socket.AF_INET6:
        wanted = [(socket.IPPROTO_IPV6, IPV6_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVHOPLIMIT)]
    if not os.uname().machine.startswith(OTHER_NUMBERS):
        wanted.append((socket.SOL_SOCKET, SO_TIMESTAMPNS))
    for level, option in wanted:
        try:
            sock.setsockopt(level, option, 1)
        except OSError:
            # An older kernel: one number less to tell.
            continue


def hear(sock: socket.socket, most_bytes: int) -> Heard | None:
    """Return the next message; None where there is none.

    Raises:
        OSError: an error of the socket that is not in the queue of errors.
    """
    return _hear(sock, most_bytes, 0)


def hear_error(sock: socket.socket, most_bytes: int) -> Heard | None:
    """Return the next error of the socket's queue, always with its `report`; None where there is none."""
    while SUPPORTED:
        heard = _hear(sock, most_bytes, socket.MSG_ERRQUEUE)
        if heard is None or heard.report is not None:
            return heard
    return None


def _hear(sock: socket.socket, most_bytes: int, flags: int) -> Heard | None:
    try:
        data, ancillary, _, sockaddr = sock.recvmsg(most_bytes, ANCILLARY_BYTES, flags)
    except BlockingIOError:
        return None
    return Heard(data, ancillary, host_text(sockaddr) if isinstance(sockaddr, tuple) else "")


def set_ttl(sock: socket.socket, ttl: int) -> None:
    """Set how many hops a packet may go, to one host or to a group."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
        if sock.type != socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        if sock.type != socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
