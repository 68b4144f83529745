"""What sockets without ports (icmp, raw) have in common: how they are opened, and what they must not hear."""

from __future__ import annotations

import errno
import socket

from wiretalk.errors import WiretalkError
from wiretalk.transport import multicast, socketoptions
from wiretalk.transport.hosts import fault
from wiretalk.transport.listener import Listener
from wiretalk.transport.names import host_text, told
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.candidate import Candidate

_NOT_ON_THIS_MACHINE = frozenset((errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT))


MAX_EARLY = 10_000
"""Packets dropped at most when a socket is bound; more than the kernel's buffer holds of the smallest."""


class Portless(socket.socket):
    """A raw socket that hears nothing from before it was bound or connected.

    The system hands it all of its protocol from its making on, for whomever it is.
    """

    def connect(self, sockaddr: Any, /) -> None:
        """Connect, and hear this host alone."""
        super().connect(sockaddr)
        self._forget()

    def bind(self, sockaddr: Any, /) -> None:
        """Bind, and hear what comes to this address alone."""
        super().bind(sockaddr)
        self._forget()

    def _forget(self) -> None:
        """Drop what came before."""
        for _ in range(MAX_EARLY):
            try:
                socket.socket.recv_into(self, bytearray(1), 0)
            except OSError:
                # None is left; or an error of somebody else's.
                return


def listen_raw(
    address: Address,
    candidates: list[Candidate],
    make: type[socket.socket],
    prepare: Callable[[socket.socket, Candidate], None] | None = None,
) -> list[Listener]:
    """Open a bound socket for each candidate; one that is not of this machine is left out as long as another is.

    Args:
        address: what is listened on.
        candidates: what it stands for.
        make: the class of the sockets.
        prepare: sets what else a socket needs.

    Raises:
        NotPermittedError: this user may not.
        OpenError: and its kin, as `listening.listen` says.
        AddressError: the option bind, which is for connecting.
    """
    if address.bind is not None:
        raise fault(address, "bind", "bind is where to connect from", "what to listen on is the address itself")
    listeners: list[Listener] = []
    skipped: OSError | None = None
    try:
        for candidate in candidates:
            try:
                sock = _opened(candidate, make, prepare)
            except WiretalkError:
                raise
            except OSError as error:
                if error.errno not in _NOT_ON_THIS_MACHINE or len(candidates) == 1:
                    raise explain(error, told(address), "listen") from error
                skipped = error
                continue
            host = host_text(candidate.sockaddr) if address.host else ""
            families = "IPv6" if candidate.family == socket.AF_INET6 else "IPv4"
            listeners.append(Listener(sock, address.but(host=host), families=families))
        if not listeners and skipped is not None:
            raise explain(skipped, told(address), "listen") from skipped
    except BaseException:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _opened(
    candidate: Candidate, make: type[socket.socket], prepare: Callable[[socket.socket, Candidate], None] | None
) -> socket.socket:
    sock = make(candidate.family, candidate.type, candidate.protocol)
    try:
        sock.settimeout(0)
        socketoptions.apply(sock, candidate.address)
        if prepare is not None:
            prepare(sock, candidate)
        if multicast.is_group(candidate.sockaddr):
            sock.bind(multicast.own_sockaddr(candidate))
            multicast.join(sock, candidate)
            multicast.prepare_to_send(sock, candidate)
        else:
            sock.bind(candidate.sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock
