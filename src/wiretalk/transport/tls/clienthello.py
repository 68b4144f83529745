"""The first words of a TLS client, read from the wire: the host it asks for, the application protocols it offers.

Python's ssl tells a server neither of them before it has answered, and drops the refusal that RFC 7301 wants; so the
server's engine reads them itself. Bytes to fields only: what follows from them is decided in `engine`.
"""

from __future__ import annotations

HANDSHAKE_RECORD = 0x16
CLIENT_HELLO = 1
SERVER_NAME = 0
ALPN = 16

MOST_BYTES = 16 * 1024
"""A longer hello is not looked at (a large one has 2 KiB): it is read anew with every piece that comes."""


class ClientHello:
    """What a client asks for.

    Attributes:
        server_name: the host it wants (SNI, RFC 6066); "" where it names none.
        alpn: the application protocols it offers, best first (RFC 7301); empty where it offers none.
    """

    __slots__ = ("alpn", "server_name")

    def __init__(self, server_name: str, alpn: tuple[str, ...]) -> None:
        self.server_name = server_name
        self.alpn = alpn


def read_client_hello(data: bytes) -> ClientHello | None:
    """Read a client's hello from the first bytes it sent.

    Args:
        data: all bytes so far, TLS records from the first on.

    Returns:
        The hello, or None while it is incomplete.

    Raises:
        ValueError: these bytes are no client's hello.

    Source: RFC 8446, sections 4.1.2 and 5.1.
    """
    handshake = _handshake_bytes(data)
    if len(handshake) < 4:
        return None
    if handshake[0] != CLIENT_HELLO:
        raise ValueError("not a client's hello")
    length = int.from_bytes(handshake[1:4], "big")
    if len(handshake) < 4 + length:
        return None
    fields = _Fields(handshake[4 : 4 + length])
    fields.take(2 + 32)  # version and random
    fields.vector(1)  # session
    fields.vector(2)  # cipher suites
    fields.vector(1)  # compression
    server_name = ""
    alpn: tuple[str, ...] = ()
    extensions = _Fields(fields.vector(2) if fields.rest() else b"")
    while extensions.rest():
        kind = extensions.number(2)
        extension = _Fields(extensions.vector(2))
        if kind == SERVER_NAME:
            server_name = _server_name(extension)
        elif kind == ALPN:
            alpn = _alpn(extension)
    return ClientHello(server_name, alpn)


def _handshake_bytes(data: bytes) -> bytes:
    """Join what the records at the start of `data` carry, the last one perhaps in part."""
    pieces = []
    at = 0
    while len(data) - at >= 5 and data[at] == HANDSHAKE_RECORD:
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        pieces.append(data[at + 5 : at + 5 + length])
        at += 5 + length
    if data[:1] and data[0] != HANDSHAKE_RECORD:
        raise ValueError("not a handshake record")
    return b"".join(pieces)


def _server_name(extension: _Fields) -> str:
    names = _Fields(extension.vector(2))
    while names.rest():
        kind = names.number(1)
        name = names.vector(2)
        if kind == 0:
            return _shown(name)
    return ""


def _alpn(extension: _Fields) -> tuple[str, ...]:
    names = _Fields(extension.vector(2))
    found = []
    while names.rest():
        found.append(_shown(names.vector(1)))
    return tuple(found)


def _shown(name: bytes) -> str:
    """Return the peer's bytes as text that is safe on a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name.decode("ascii", "replace"))


class _Fields:
    """Bytes taken from the front, with their lengths checked."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def rest(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.rest():
            raise ValueError("a field is longer than what holds it")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """Take a count of `width` bytes, and as many bytes as it says."""
        return self.take(self.number(width))
