"""What an address asks for before its conversations: by way of a proxy (`via`), a PROXY header sent, or one awaited."""

from __future__ import annotations

from wiretalk.errors import OpenError
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.hosts import fault, literal, lookup
from wiretalk.transport.names import UNNAMED, host_of, name, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.address import Address
    from wiretalk.address.proxies import Proxy
    from wiretalk.transport.candidate import SockAddr
    from wiretalk.transport.proxy.driving import Preface
    from wiretalk.transport.proxy.header import Proxied

CONNECTING = ("via", "send_proxy")
LISTENING = ("proxy_protocol", "proxy_from")


class ProxyCandidate(Candidate):
    """One endpoint of the proxy to go by."""

    __slots__ = ()

    def __str__(self) -> str:
        return name(self.sockaddr, proxy_of(self.address).scheme)


def check(address: Address, *, passive: bool) -> None:
    """Refuse options that are for the other direction.

    Raises:
        AddressError: there is one.
    """
    for option in CONNECTING if passive else LISTENING:
        if address.option(option):
            doing = "connecting" if passive else "listening"
            raise fault(address, option, f"{option} is for {doing}", "leave it out here")


def proxy_of(address: Address) -> Proxy:
    """Return the proxy that the option via names, which is there."""
    from wiretalk.address.proxies import read

    return read(str(address.option("via")))


def proxy_candidates(address: Address, socktype: int, protocol: int) -> list[Candidate]:
    """Return the proxy's endpoints, in the order to try them.

    Raises:
        OpenError: the proxy's name is not known, or no way leads there.
    """
    from wiretalk.address import Address as Made

    proxy = proxy_of(address)
    options = {option: value for option, value in address.options.items() if option == "bind"}
    endpoint = Made("tcp", proxy.host, proxy.port, "", options, proxy.name)
    try:
        found = lookup(endpoint, socktype, passive=False)
    except OpenError as error:
        raise type(error)(told(address), f"the proxy {proxy.name}: {error.reason}") from None
    return [ProxyCandidate(family, socktype, protocol, sockaddr, address) for family, sockaddr in found]


def prefaces(address: Address, sock: socket.socket, proxied: Proxied | None) -> list[Preface]:
    """Return what is to be said on a connected socket before anything else.

    Args:
        address: what is connected to.
        sock: the socket.
        proxied: for whom it is; None: for ourselves.
    """
    said: list[Preface] = []
    if address.option("via"):
        said.append(_asking(address))
    version = address.option("send_proxy")
    if version:
        from wiretalk.transport.proxy.header import Greeting, write_header

        said.append(Greeting(write_header(int(version[1:]), proxied or _ourselves(address, sock))))
    return said


def _asking(address: Address) -> Preface:
    proxy = proxy_of(address)
    if proxy.scheme == "socks5":
        from wiretalk.transport.proxy.socks5 import Socks5 as Asking
    else:
        from wiretalk.transport.proxy.httpconnect import HttpConnect as Asking  # type: ignore[assignment]
    return Asking(proxy, told(address), address.host or "localhost", address.port or 0)


def _ourselves(address: Address, sock: socket.socket) -> Proxied:
    from wiretalk.transport.proxy.header import Proxied

    if not address.option("via"):
        return Proxied(sock.getsockname(), sock.getpeername())
    # The proxy's own address is not the one that is connected to; a name has an address that only the proxy knows.
    found = literal(address.host, address.port or 0)
    return Proxied(sock.getsockname(), found[0][1]) if found else Proxied()


def on_behalf(peer: str, local: str) -> Proxied:
    """Return who a connection is from, told by the names of another's two ends (`names.name`)."""
    from wiretalk.address import parse
    from wiretalk.errors import AddressError
    from wiretalk.transport.proxy.header import Proxied

    ends: list[SockAddr] = []
    datagram = False
    for text in (peer, local):
        if text.endswith(f":{UNNAMED}"):
            ends.append("")
            continue
        try:
            address = parse(text)
        except AddressError:
            # No address, so nothing that could be told.
            ends.append(None)
            continue
        datagram = address.kind == "datagram"
        if address.path and address.scheme.startswith("unix"):
            ends.append("\0" + address.path[1:] if address.abstract else address.path)
        else:
            ends.append(literal(address.host, address.port or 0)[0][1] if literal(address.host) else None)
    return Proxied(*ends, datagram=datagram)


def trusted(address: Address, sockaddr: SockAddr) -> bool:
    """Return whether a peer may say by a PROXY header whom it comes for.

    Those that the option proxy_from lists; without it, this machine's own programs: who comes from the loopback, or
    has no IP address.
    """
    from wiretalk.address.access import read_address, read_network

    number = read_address(host_of(sockaddr))
    if number is None:
        return True
    listed = str(address.option("proxy_from", "127.0.0.0/8,::1"))
    return any(number in network for one in listed.split(",") if (network := read_network(one)) is not None)
