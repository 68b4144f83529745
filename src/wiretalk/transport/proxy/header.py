"""The PROXY protocol, versions 1 and 2, without I/O: a header before a connection's first byte that says who comes.

A proxy that passes a connection on writes it, so that the server learns whose connection it is. Read strictly: a
header that is not one by the letter is refused, since whoever may write one may say to be anybody.

Source: the HAProxy project's "The PROXY protocol, versions 1 & 2", sections 2.1 and 2.2.
"""

from __future__ import annotations

import socket
from struct import Struct

from wiretalk.address.hosts import DIGITS, ipv4_number, ipv6_groups
from wiretalk.errors import MalformedError
from wiretalk.limits import PROXY_HEADER_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.candidate import SockAddr

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
"""What version 2 begins with; no other protocol's text does."""

V1_MOST_BYTES = 107
"""The longest line of version 1, its end counted in (section 2.1)."""

FIXED = Struct("!12sBBH")
"""Version 2's fixed part: signature, version and command, family and protocol, length of the rest."""

LOCAL, PROXY = 0x20, 0x21
INET, INET6, UNIX = 0x10, 0x20, 0x30
STREAM, DGRAM = 0x01, 0x02
LENGTHS = {INET: 12, INET6: 36, UNIX: 216}
"""How long the addresses of a family are."""

UNIX_PATH_BYTES = 108


class Proxied:
    """Who a connection is from, and what for.

    Attributes:
        source: the client's socket address, as `accept` would give it; None where the header does not tell.
        destination: the socket address that it had connected to; None likewise.
        datagram: whether it comes over UDP, or as Unix datagrams.
    """

    __slots__ = ("datagram", "destination", "source")

    def __init__(
        self, source: SockAddr | None = None, destination: SockAddr | None = None, *, datagram: bool = False
    ) -> None:
        self.source = source
        self.destination = destination
        self.datagram = datagram

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proxied) and (self.source, self.destination, self.datagram) == (
            other.source,
            other.destination,
            other.datagram,
        )

    __hash__ = None  # type: ignore[assignment]  # a record that is compared, and never a key

    def __repr__(self) -> str:
        return f"Proxied({self.source!r}, {self.destination!r}, datagram={self.datagram})"


# reading


class HeaderReader:
    """Read one header, of either version, in whatever pieces it comes.

    Attributes:
        done: whether it is whole.
        proxied: what it says, once it is.
    """

    __slots__ = ("_have", "done", "proxied")

    def __init__(self) -> None:
        self._have = b""
        self.done = False
        self.proxied = Proxied()

    def outgoing(self) -> bytes:
        """Return nothing: the header is not answered."""
        return b""

    def broken(self) -> MalformedError:
        """See `driving.Preface`."""
        return MalformedError("it left before its PROXY header was whole")

    def feed(self, data: bytes) -> int:
        """Take the header's bytes; return how many of `data` they were. The bytes after it are left.

        Raises:
            MalformedError: this is no header.
        """
        before = len(self._have)
        have = self._have + data
        if have[:1] == SIGNATURE[:1]:
            end = self._version_2(have)
        elif have.startswith(b"PROXY "[: len(have)]):
            end = self._version_1(have)
        else:
            raise MalformedError("it began without a PROXY header")
        self.done = end <= len(have)
        self._have = have[:end]
        return len(self._have) - before

    def _version_1(self, have: bytes) -> int:
        """Return where the line ends, or a number that is more than there is."""
        end = have.find(b"\n", 0, V1_MOST_BYTES) + 1
        if not end:
            if len(have) >= V1_MOST_BYTES:
                raise MalformedError(f"its PROXY header is longer than {V1_MOST_BYTES} bytes")
            return V1_MOST_BYTES + 1
        self.proxied = _read_line(have[:end])
        return end

    def _version_2(self, have: bytes) -> int:
        """Return where the header ends; where that is not known yet, where its fixed part does."""
        if not have.startswith(SIGNATURE[: len(have)]):
            raise MalformedError("it began without a PROXY header")
        if len(have) < FIXED.size:
            return FIXED.size
        _, command, family, length = FIXED.unpack_from(have)
        end = FIXED.size + int(length)
        if command not in {LOCAL, PROXY}:
            raise MalformedError(f"its PROXY header has version and command 0x{command:02x}, and 0x20 or 0x21 exist")
        if end > PROXY_HEADER_BYTES:
            raise MalformedError(f"its PROXY header has {end} bytes, more than {PROXY_HEADER_BYTES}")
        if end <= len(have) and command == PROXY:
            self.proxied = _read_block(family, have[FIXED.size : end])
        return end


def _read_line(line: bytes) -> Proxied:
    if not line.endswith(b"\r\n") or not line.isascii():
        raise MalformedError("its PROXY header does not end in CR LF")
    words = line[:-2].decode("ascii").split(" ")
    if words[1] == "UNKNOWN":
        # The rest of the line, whatever it is, counts for nothing.
        return Proxied()
    if len(words) != 6 or words[1] not in {"TCP4", "TCP6"}:
        raise MalformedError(f"its PROXY header is no such line: {line!a}")
    make = _inet if words[1] == "TCP4" else _inet6
    source = make(words[2], _port(words[4]))
    destination = make(words[3], _port(words[5]))
    if source is None or destination is None:
        raise MalformedError(f"its PROXY header holds no {words[1]} addresses: {line!a}")
    return Proxied(source, destination)


def _port(word: str) -> int:
    if not word or word.strip(DIGITS) or len(word) > 5 or (word[0] == "0" and word != "0") or int(word) > 65535:
        raise MalformedError(f"its PROXY header has the port {word!a}")
    return int(word)


def _inet(host: str, port: int) -> SockAddr | None:
    return (host, port) if ipv4_number(host) is not None else None


def _inet6(host: str, port: int) -> SockAddr | None:
    return (host, port, 0, 0) if ipv6_groups(host) is not None else None


def _read_block(family: int, block: bytes) -> Proxied:
    """Return what the block after the fixed part says; what follows the addresses (TLVs) counts for nothing."""
    if family == 0:
        return Proxied()
    kind, protocol = family & 0xF0, family & 0x0F
    length = LENGTHS.get(kind)
    if length is None or protocol not in {STREAM, DGRAM}:
        raise MalformedError(f"its PROXY header has the family and protocol 0x{family:02x}")
    if len(block) < length:
        raise MalformedError(f"its PROXY header has {len(block)} bytes for addresses of {length}")
    datagram = protocol == DGRAM
    if kind == UNIX:
        return Proxied(_path(block[:UNIX_PATH_BYTES]), _path(block[UNIX_PATH_BYTES:length]), datagram=datagram)
    size = (length - 4) // 2
    hosts = [block[:size], block[size : 2 * size]]
    ports = [int.from_bytes(block[at : at + 2]) for at in (2 * size, 2 * size + 2)]
    if kind == INET:
        ends: list[SockAddr] = [(socket.inet_ntoa(host), port) for host, port in zip(hosts, ports, strict=True)]
    else:
        ends = [(socket.inet_ntop(socket.AF_INET6, host), port, 0, 0) for host, port in zip(hosts, ports, strict=True)]
    return Proxied(*ends, datagram=datagram)


def _path(field: bytes) -> str:
    """Return a Unix socket's name as the socket module gives it; "" for one without a name."""
    # An abstract name begins with a zero byte, and may hold others; the ones at the end only fill the field.
    name = field.rstrip(b"\0") if field[:1] == b"\0" else field.partition(b"\0")[0]
    return name.decode("utf-8", "surrogateescape")


# writing


def write_header(version: int, proxied: Proxied) -> bytes:
    """Return the header of one connection.

    Args:
        version: 1 or 2.
        proxied: who it is from. Where it does not tell, or not two ends of one kind, the header says so.
    """
    return _write_1(proxied) if version == 1 else _write_2(proxied)


def _write_1(proxied: Proxied) -> bytes:
    pair = _pair(proxied)
    if pair is None or proxied.datagram:
        return b"PROXY UNKNOWN\r\n"
    family, hosts, ports = pair
    word = "TCP4" if family == socket.AF_INET else "TCP6"
    source, destination = (socket.inet_ntop(family, host) for host in hosts)
    return f"PROXY {word} {source} {destination} {ports[0]} {ports[1]}\r\n".encode()


def _write_2(proxied: Proxied) -> bytes:
    protocol = DGRAM if proxied.datagram else STREAM
    pair = _pair(proxied)
    if pair is not None:
        family, hosts, ports = pair
        kind = INET if family == socket.AF_INET else INET6
        block = b"".join(hosts) + b"".join(port.to_bytes(2) for port in ports)
        return FIXED.pack(SIGNATURE, PROXY, kind | protocol, len(block)) + block
    names = [
        # Abstract names come as bytes.
        (end.encode("utf-8", "surrogateescape") if isinstance(end, str) else end).ljust(UNIX_PATH_BYTES, b"\0")
        for end in (proxied.source, proxied.destination)
        if isinstance(end, str | bytes)
    ]
    if [len(name) for name in names] == [UNIX_PATH_BYTES, UNIX_PATH_BYTES]:
        return FIXED.pack(SIGNATURE, PROXY, UNIX | protocol, LENGTHS[UNIX]) + b"".join(names)
    return FIXED.pack(SIGNATURE, PROXY, 0, 0)


def _pair(proxied: Proxied) -> tuple[int, list[bytes], list[int]] | None:
    """Return family, packed hosts and ports; None where they are not two IP addresses."""
    ends = [end for end in (proxied.source, proxied.destination) if isinstance(end, tuple) and isinstance(end[0], str)]
    if len(ends) < 2:
        return None
    texts = [end[0].partition("%")[0] for end in ends]
    if all(":" not in text for text in texts):
        family: int = socket.AF_INET
    else:
        # One of each: IPv4 as IPv6 writes it (RFC 4291, section 2.5.5.2).
        family = socket.AF_INET6
        texts = [text if ":" in text else f"::ffff:{text}" for text in texts]
    return family, [socket.inet_pton(family, text) for text in texts], [end[1] for end in ends]


class Greeting:
    """Bytes that are sent before all else, and not answered."""

    __slots__ = ("_wire", "done")

    def __init__(self, wire: bytes) -> None:
        self._wire = wire
        self.done = True

    def outgoing(self) -> bytes:
        """Return them, once."""
        wire, self._wire = self._wire, b""
        return wire

    def feed(self, data: bytes) -> int:  # noqa: ARG002  # see `driving.Preface`
        """Take nothing."""
        return 0

    def broken(self) -> MalformedError:
        """See `driving.Preface`."""
        return MalformedError("it left before it had taken the PROXY header")
