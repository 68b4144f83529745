"""The echo messages of ICMP, and the errors that quote them: RFC 792 for IPv4, RFC 4443 for IPv6."""

from __future__ import annotations

from struct import Struct

from wiretalk.errors import MalformedError
from wiretalk.transport.ip.checksum import internet_checksum
from wiretalk.transport.ip.ipv4 import header_length

HEADER = Struct("!BBHHH")
"""Type, code, checksum, identifier, sequence number."""

ECHO = {4: 8, 6: 128}
ECHO_REPLY = {4: 0, 6: 129}
UNREACHABLE = {4: 3, 6: 1}
TIME_EXCEEDED = {4: 11, 6: 3}

PROTOCOL = {4: 1, 6: 58}
"""ICMP's own number over IP, by version of IP."""

IPV6_HEADER_BYTES = 40


class Echo:
    """An echo request or its reply.

    Attributes:
        reply: whether it is a reply.
        identifier: whose it is, among those who ask from one host.
        sequence: which of theirs, 0 to 65535.
        payload: what is to come back as it is.
    """

    __slots__ = ("identifier", "payload", "reply", "sequence")

    def __init__(self, identifier: int, sequence: int, payload: bytes, *, reply: bool = False) -> None:
        self.identifier = identifier
        self.sequence = sequence
        self.payload = payload
        self.reply = reply

    def write(self, version: int) -> bytes:
        """Return the message for one version of IP; for IPv6 without its checksum, which the system fills in."""
        kind = (ECHO_REPLY if self.reply else ECHO)[version]
        message = HEADER.pack(kind, 0, 0, self.identifier, self.sequence) + self.payload
        if version == 6:
            return message
        return message[:2] + internet_checksum(message).to_bytes(2) + message[4:]


def read_echo(version: int, message: bytes) -> Echo | None:
    """Return the echo request or reply that an ICMP message is; None where it is something else."""
    if len(message) < HEADER.size:
        return None
    kind, code, _, identifier, sequence = HEADER.unpack_from(message)
    if code != 0 or kind not in {ECHO[version], ECHO_REPLY[version]}:
        return None
    return Echo(identifier, sequence, message[HEADER.size :], reply=kind == ECHO_REPLY[version])


class Trouble:
    """What a router or host says became of an echo request.

    Attributes:
        kind: the type of its message: UNREACHABLE, TIME_EXCEEDED, ….
        code: the finer reason.
        identifier: of the request.
        sequence: of the request.
    """

    __slots__ = ("code", "identifier", "kind", "sequence")

    def __init__(self, kind: int, code: int, identifier: int, sequence: int) -> None:
        self.kind = kind
        self.code = code
        self.identifier = identifier
        self.sequence = sequence


def read_trouble(version: int, message: bytes) -> Trouble | None:
    """Return what an ICMP error says of an echo request that it quotes; None where it is none, or about others."""
    if len(message) < HEADER.size or message[0] in {ECHO[version], ECHO_REPLY[version]}:
        return None
    if version == 6 and message[0] > 127:
        # Not an error (RFC 4443, section 2.1).
        return None
    quoted = message[HEADER.size :]
    try:
        length = header_length(quoted) if version == 4 else IPV6_HEADER_BYTES
    except MalformedError:
        return None
    about = quoted[9:10] if version == 4 else quoted[6:7]
    if about != bytes((PROTOCOL[version],)):
        return None
    echo = read_echo(version, quoted[length:])
    if echo is None or echo.reply:
        return None
    return Trouble(message[0], message[1], echo.identifier, echo.sequence)
