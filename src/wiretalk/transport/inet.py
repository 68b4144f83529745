"""What TCP and UDP listeners share: several addresses, one port, both families."""

from __future__ import annotations

import errno
import socket

from wiretalk.errors import WiretalkError
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.hosts import family_of_scheme, fault
from wiretalk.transport.listener import Listener
from wiretalk.transport.names import host_text, name, told
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.address import Address

    Bind = Callable[[socket.socket, Candidate], None]
    """Sets the options of a fresh socket and binds it to the candidate's sockaddr; OSError where it cannot."""

PORT_ATTEMPTS = 16
"""How often another port is asked for, when the one picked for the first address is taken on the second."""

_NOT_ON_THIS_MACHINE = frozenset((errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT))


class _PortTakenError(Exception):
    """The port the system picked for one address is taken on another."""


def listen_on(
    address: Address, candidates: list[Candidate], bind: Bind, make: type[socket.socket] | None = None
) -> list[Listener]:
    """Open a bound socket for each candidate, all with one port.

    A candidate that is not of this machine (no IPv6 here, an address that is not up) is left out as long as another
    one is.

    Raises:
        OpenError: and its kin, as `listening.listen` says.
        AddressError: the option bind, which is for connecting.
    """
    if address.bind is not None:
        raise fault(address, "bind", "bind is where to connect from", "what to listen on is the address itself")
    attempts = 0
    while True:
        try:
            return _with_one_port(address, candidates, bind, make)
        except _PortTakenError as taken:
            attempts += 1
            if attempts == PORT_ATTEMPTS:
                raise explain(taken.args[0], told(address), "listen") from taken.args[0]


def _with_one_port(
    address: Address, candidates: list[Candidate], bind: Bind, make: type[socket.socket] | None
) -> list[Listener]:
    socks: list[socket.socket] = []
    skipped: OSError | None = None
    port = address.port or 0
    try:
        for candidate in candidates:
            one = _at_port(candidate, port)
            try:
                sock = _opened(one, bind, make)
            except WiretalkError:
                raise
            except OSError as error:
                if error.errno in _NOT_ON_THIS_MACHINE and len(candidates) > 1:
                    skipped = skipped or error
                    continue
                if error.errno == errno.EADDRINUSE and socks and not address.port:
                    raise _PortTakenError(error) from error
                raise explain(
                    error, name(one.sockaddr, address.scheme) if address.host else told(address), "listen"
                ) from error
            socks.append(sock)
            port = sock.getsockname()[1]
            if serves_both(sock) and not address.host:
                break
        if not socks and skipped is not None:
            raise explain(skipped, told(address), "listen") from skipped
        alone = len(socks) == 1 and (serves_both(socks[0]) or family_of_scheme(address) != socket.AF_UNSPEC)
        return [_listener(sock, address, keep_host=alone and not address.host) for sock in socks]
    except BaseException:
        for sock in socks:
            sock.close()
        raise


def _opened(candidate: Candidate, bind: Bind, make: type[socket.socket] | None) -> socket.socket:
    sock = (make or socket.socket)(candidate.family, candidate.type, candidate.protocol)
    try:
        sock.settimeout(0)
        if candidate.family == socket.AF_INET6:
            choose_families(sock, candidate.address)
        bind(sock, candidate)
    except BaseException:
        sock.close()
        raise
    return sock


def choose_families(sock: socket.socket, address: Address) -> None:
    """Make an IPv6 socket serve IPv4 as well where the address means both, and IPv6 alone where it does not.

    Systems differ in what they do unasked, so they are always asked. Where it cannot be had, the caller opens a
    second socket.
    """
    both = not address.host and family_of_scheme(address) == socket.AF_UNSPEC
    only6 = int(address.option("v6only", not both))
    try:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
    except OSError:
        if only6 or address.option("v6only") is not None:
            raise


def serves_both(sock: socket.socket) -> bool:
    """Return whether an IPv6 socket hears IPv4 too."""
    return sock.family == socket.AF_INET6 and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def _at_port(candidate: Candidate, port: int) -> Candidate:
    sockaddr = (candidate.sockaddr[0], port, *candidate.sockaddr[2:])
    return Candidate(candidate.family, candidate.type, candidate.protocol, sockaddr, candidate.address)


def _listener(sock: socket.socket, address: Address, *, keep_host: bool) -> Listener:
    sockaddr = sock.getsockname()
    host = "" if keep_host else host_text(sockaddr)
    ipv6 = "IPv4 and IPv6" if serves_both(sock) else "IPv6"
    families = "IPv4" if sock.family == socket.AF_INET else ipv6
    return Listener(sock, address.but(host=host, port=sockaddr[1]), families=families)
