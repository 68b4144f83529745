"""Which of a host's addresses is probed, and by what."""

from __future__ import annotations

import socket

from wiretalk.errors import NoSuchHostError
from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.candidate import Candidate
    from wiretalk.transport.probing.news import Prober

ANY_PORT = 9


def choose(candidates: list[Candidate], version: int = 0) -> Candidate:
    """Return the first candidate to which this machine knows a way. Nothing is sent.

    Args:
        candidates: of one address.
        version: 4 or 6 where it is to be an address of that version of IP, else 0.

    Raises:
        NoSuchHostError: there is none of that version.
        UnreachableError: there is no way to any.
    """
    family = {4: socket.AF_INET, 6: socket.AF_INET6}.get(version)
    found = [candidate for candidate in candidates if family in {None, candidate.family}]
    if not found:
        raise NoSuchHostError(told(candidates[0].address), f"it has no IPv{version} address")
    if len(found) == 1:
        return found[0]
    failed: OSError | None = None
    for candidate in found:
        try:
            _try_way(candidate)
        except OSError as error:
            failed = failed or error
        else:
            return candidate
    raise explain(failed or OSError(), told(found[0].address), "connect")


def _try_way(candidate: Candidate) -> None:
    """Connect a datagram socket, for which the system looks for a way and sends nothing."""
    if not candidate.connected:
        return
    host, port, *rest = candidate.sockaddr
    with socket.socket(candidate.family, socket.SOCK_DGRAM) as sock:
        sock.connect((host, port or ANY_PORT, *rest))


def open_prober(candidate: Candidate, *, size_bytes: int, ttl: int | None = None, apart: bool = False) -> Prober:
    """Return what sends probes to a candidate of icmp, udp or tcp.

    Args:
        candidate: who is asked.
        size_bytes: of a probe's payload; TCP has none.
        ttl: how many hops a probe may go; None: as the system says.
        apart: whether a datagram's errors must be told apart whatever they quote; takes a socket a probe.

    Raises:
        NotPermittedError: this user may not.
        OpenError: there is no way there.
    """
    scheme = candidate.address.scheme
    if scheme == "icmp":
        from wiretalk.transport.probing.icmp import IcmpProber

        return IcmpProber(candidate, size_bytes, ttl)
    if scheme.startswith("udp"):
        from wiretalk.transport.probing.udp import UdpProber

        return UdpProber(candidate, size_bytes, ttl, apart=apart)
    from wiretalk.transport.probing.tcp import TcpProber

    return TcpProber(candidate, ttl)
