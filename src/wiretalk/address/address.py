"""The record that an address's text becomes. It knows what it says, and not how it is opened, resolved or parsed."""

from __future__ import annotations

from wiretalk.address.schemes import SCHEMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Never

    from wiretalk.address.schemes import Kind

    OptionValue = int | float | str | bool | bytes

# types.MappingProxyType by its other name: `types` is one module more to load.
read_only = type(type.__dict__)


class Address:
    """One end of a conversation, as text names it.

    Made by `parse` and by `but`, which check; the constructor does not. It never changes, and can be a key. Two
    addresses are equal when they say the same, however they are written.

    Attributes:
        scheme: "tcp", "unix", … in small letters.
        host: a name in small letters, an IPv4 address, or an IPv6 address without brackets and with its %zone; a CID
            for vsock; "" where none is written, and for schemes without a host.
        port: the number, or None for schemes without a port.
        path: the path of a Unix socket (one that begins with @ is abstract), a file or a serial port, the command of
            exec and pty, the path of a WebSocket; else "".
        options: name to value, in the order given; read only.
        text: what the user wrote.
    """

    __slots__ = ("host", "options", "path", "port", "scheme", "text")

    scheme: str
    host: str
    port: int | None
    path: str
    options: Mapping[str, OptionValue]
    text: str

    def __init__(
        self, scheme: str, host: str, port: int | None, path: str, options: dict[str, OptionValue], text: str
    ) -> None:
        put = object.__setattr__
        put(self, "scheme", scheme)
        put(self, "host", host)
        put(self, "port", port)
        put(self, "path", path)
        put(self, "options", read_only(options))
        put(self, "text", text)

    @property
    def kind(self) -> Kind:
        """What passes through it: "stream" (bytes), "datagram", "packet" (unixpacket) or "messages" (WebSocket)."""
        return SCHEMES[self.scheme].kind

    @property
    def listens(self) -> bool:
        """Whether peers can come to it; False for programs, terminals and files, which have one conversation."""
        return SCHEMES[self.scheme].listens

    @property
    def secure(self) -> bool:
        """Whether TLS is on it."""
        return self.scheme in {"tls", "wss"}

    @property
    def family(self) -> int:
        """4 or 6 where the scheme is bound to one version of IP (tcp4, udp6), else 0."""
        return SCHEMES[self.scheme].family

    @property
    def ip_version(self) -> int:
        """4 or 6 where the host is an IP address, 0 where it is a name, empty or something else."""
        if ":" in self.host:
            return 6
        # A name never ends in a number (the grammar refuses it), so this suffices.
        last = self.host.rstrip(".").rpartition(".")
        return 4 if last[1] and last[2].isdigit() else 0

    @property
    def zone(self) -> str:
        """The zone of an IPv6 address: "eth0" of fe80::1%eth0; else ""."""
        return self.host.partition("%")[2]

    @property
    def multicast(self) -> bool:
        """Whether the host is a multicast group: 224.0.0.0/4 or ff00::/8."""
        version = self.ip_version
        if version == 4:
            return 224 <= int(self.host.partition(".")[0]) <= 239
        first = self.host.partition(":")[0]
        return version == 6 and len(first) == 4 and first.startswith("ff")

    @property
    def abstract(self) -> bool:
        """Whether it is a Unix socket with an abstract name, which no file shows."""
        return self.path.startswith("@") and self.scheme.startswith("unix")

    @property
    def cid(self) -> int | None:
        """The number of a vsock's CID, or None where none is written or the scheme has none."""
        if self.scheme != "vsock" or not self.host:
            return None
        from wiretalk.address.hosts import VSOCK_CIDS

        return VSOCK_CIDS[self.host] if self.host in VSOCK_CIDS else int(self.host)

    @property
    def bind(self) -> tuple[str, int] | None:
        """The host and port to connect from (option `bind`; port 0: any), or None."""
        value = self.options.get("bind")
        if value is None:
            return None
        from wiretalk.address.values import read_endpoint

        return read_endpoint(str(value))

    def option(self, name: str, default: Any = None) -> Any:
        """Return the value of an option, or the default where it is not given."""
        return self.options.get(name, default)

    def but(self, **changes: Any) -> Address:
        """Return this address with some of scheme, host, port, path and options changed, checked as `parse` does.

        Raises:
            AddressError: the changed address would not be one.
            TypeError: there is no such part.

        >>> from wiretalk.address import parse
        >>> str(parse("tcp://:0?nodelay").but(host="::1", port=5))
        'tcp://[::1]:5?nodelay'
        """
        from wiretalk.address.grammar import parse
        from wiretalk.address.writing import write

        parts = {name: getattr(self, name) for name in ("scheme", "host", "port", "path", "options")}
        for name in changes:
            if name not in parts:
                raise TypeError(f"an address has no part {name!r} to change")
        return parse(write(**(parts | changes)))

    def _key(self) -> tuple[object, ...]:
        # The type counts: keepalive=1s is not keepalive=1, though 1.0 == True.
        options = frozenset((name, type(value), value) for name, value in self.options.items())
        return (self.scheme, self.host, self.port, self.path, options)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Address) and self._key() == other._key())

    def __hash__(self) -> int:
        return hash(self._key())

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"an address never changes: address.but({name}={value!r}) returns another")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"an address never changes: {name} cannot be deleted")

    def __reduce__(self) -> tuple[Callable[[str], Address], tuple[str]]:
        from wiretalk.address.grammar import parse

        return parse, (self.text,)

    def __str__(self) -> str:
        from wiretalk.address.writing import write

        return write(self.scheme, self.host, self.port, self.path, self.options)

    def __repr__(self) -> str:
        return f"<Address {self}>"
