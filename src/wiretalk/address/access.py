"""Who may come: lists of networks and hosts, allowed and denied. Text and numbers; no name is looked up here.

A peer that is denied is refused; where some are allowed, everybody else is refused. Peers without an IP address (Unix
sockets, programs) are for the permissions of their files, and are let in.
"""

from __future__ import annotations

from wiretalk.address import hosts
from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

BITS = {4: 32, 6: 128}
MAPPED = 0xFFFF << 32
"""What stands before an IPv4 address written as IPv6 (RFC 4291, section 2.5.5.2)."""


class Network:
    """The addresses that begin with the same bits.

    Args:
        version: 4 or 6.
        number: the address, its other bits 0.
        bits: how many bits count.
    """

    __slots__ = ("bits", "number", "shift", "version")

    def __init__(self, version: int, number: int, bits: int) -> None:
        self.version = version
        self.bits = bits
        self.shift = BITS[version] - bits
        self.number = number >> self.shift

    def __contains__(self, address: tuple[int, int]) -> bool:
        return address[0] == self.version and address[1] >> self.shift == self.number


class Access:
    """Who may come to a server.

    Args:
        allow: networks (10.0.0.0/8, fd00::/8), addresses and host names that may; empty: everybody.
        deny: those that may not, even where they are allowed.

    Attributes:
        names: the host names among them, to be looked up and given to `know` before anybody comes.

    Raises:
        UsageError: one of them is none of these.

    >>> Access(allow=["10.0.0.0/8"], deny=["10.0.0.13"]).refuses("10.0.0.13")
    'denied by 10.0.0.13'
    >>> Access(allow=["10.0.0.0/8"]).refuses("192.0.2.1")
    'not allowed'
    """

    __slots__ = ("_allow", "_deny", "names")

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        self.names: list[str] = []
        self._allow = [(text, self._read(text)) for text in allow]
        self._deny = [(text, self._read(text)) for text in deny]

    def __bool__(self) -> bool:
        return bool(self._allow or self._deny)

    def _read(self, text: str) -> list[Network]:
        network = read_network(text)
        if network is not None:
            return [network]
        try:
            name = hosts.read_name(text)
        except ValueError as error:
            raise UsageError(
                text, 0, f"{error}", "write a network like 10.0.0.0/8, an address, or a host's name", len(text)
            ) from None
        self.names.append(name)
        return []

    def know(self, name: str, addresses: Iterable[str]) -> None:
        """Take the addresses of a host name."""
        for entries in (self._allow, self._deny):
            for text, networks in entries:
                if text.lower() == name:
                    networks += [network for one in addresses if (network := read_network(one)) is not None]

    def refuses(self, host: str) -> str:
        """Return why a peer is refused, "" where it may come.

        Args:
            host: its IP address as text; "" where it has none.
        """
        address = read_address(host)
        if address is None:
            return ""
        for text, networks in self._deny:
            if any(address in network for network in networks):
                return f"denied by {text}"
        if not self._allow or any(address in network for _, networks in self._allow for network in networks):
            return ""
        return "not allowed"


def read_address(text: str) -> tuple[int, int] | None:
    """Return the version and the number of an IP address, its zone left out; None where it is none."""
    number = hosts.ipv4_number(text)
    if number is not None:
        return 4, number
    groups = hosts.ipv6_groups(text.partition("%")[0])
    if groups is None:
        return None
    number = 0
    for group in groups:
        number = number << 16 | group
    return (4, number & 0xFFFFFFFF) if number >> 32 == MAPPED >> 32 else (6, number)


def read_network(text: str) -> Network | None:
    """Return the network that a text names, an address being one of its own; None where it is a name.

    Raises:
        UsageError: it has a / and is no network.
    """
    host, slash, bits = text.partition("/")
    address = read_address(host.removeprefix("[").removesuffix("]"))
    if address is None:
        if slash:
            raise UsageError(text, 0, "before the / comes an IP address", "write it like 10.0.0.0/8", len(host))
        return None
    version, number = address
    most = BITS[version]
    if not slash:
        return Network(version, number, most)
    if not bits or bits.strip(hosts.DIGITS) or int(bits) > most:
        raise UsageError(text, len(host) + 1, f"after the / comes a number of bits, 0 to {most}", length=len(bits))
    if number & ((1 << (most - int(bits))) - 1):
        reason = f"{host} has bits set beyond the first {bits}"
        raise UsageError(text, 0, reason, f"write the network's own address, or {host} alone", len(host))
    return Network(version, number, int(bits))
