"""A certificate's DER bytes turned into what one says of it to a user: whose, for which names, until when.

Python's ssl describes only certificates it has verified; this reads the ones it refused, and those taken unchecked.
Nothing here decides trust: OpenSSL does that. The bytes are the peer's, so everything shown is made printable.
"""

from __future__ import annotations

import hashlib
import socket

CONTEXT_3 = 0xA3
SEQUENCE = 0x30
SUBJECT_ALT_NAME = b"\x55\x1d\x11"
UTC_TIME = 0x17
ATTRIBUTES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x05": "serialNumber",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01": "emailAddress",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01": "UID",
}
STRINGS = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x14: "latin-1"}  # all others: UTF-8 or a part of it


class Certificate:
    """What a certificate says.

    Attributes:
        subject: whose it is ("O=Example, CN=pi.local"); "" where it names nobody.
        issuer: who signed it.
        not_before: from when it is valid ("2026-01-31 12:00:00 UTC").
        not_after: until when.
        names: the DNS names and IP addresses it is for (its subjectAltName).
        fingerprint: SHA-256 of its DER bytes, 64 hexadecimal digits.
    """

    __slots__ = ("fingerprint", "issuer", "names", "not_after", "not_before", "subject")

    def __init__(self, subject: str, issuer: str, not_before: str, not_after: str, names: list[str], fingerprint: str):
        self.subject = subject
        self.issuer = issuer
        self.not_before = not_before
        self.not_after = not_after
        self.names = names
        self.fingerprint = fingerprint


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate's DER bytes, 64 hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def read_certificate(der: bytes) -> Certificate:
    """Read the fields of a certificate.

    Raises:
        ValueError: these bytes are no X.509 certificate.

    Source: RFC 5280, section 4.1.
    """
    outer = _children(_children(der)[0][1])
    fields = _children(outer[0][1])
    if fields[0][0] == 0xA0:  # the version, left out by version 1
        del fields[0]
    if len(fields) < 6:
        raise ValueError("a certificate has more fields than these")
    _serial, _algorithm, issuer, validity, subject = (content for _tag, content in fields[:5])
    times = _children(validity)
    if len(times) != 2:
        raise ValueError("a validity is two times")
    names: list[str] = []
    for tag, content in fields[6:]:
        if tag == CONTEXT_3:
            names = _alternative_names(content)
    return Certificate(_name(subject), _name(issuer), _time(*times[0]), _time(*times[1]), names, fingerprint(der))


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """Split DER into its elements, (tag, content) each; at least one."""
    found = []
    at = 0
    while at < len(data):
        tag = data[at]
        head = data[at + 1 : at + 2]
        if not head:
            raise ValueError("an element without a length")
        at += 2
        length = head[0]
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(data[at : at + width], "big")
            at += width
        if at + length > len(data):
            raise ValueError("an element is longer than what holds it")
        found.append((tag, data[at : at + length]))
        at += length
    if not found:
        raise ValueError("an element is missing")
    return found


def _name(content: bytes) -> str:
    parts = []
    for _set, attributes in _children(content) if content else ():
        for _sequence, attribute in _children(attributes):
            pair = _children(attribute)
            if len(pair) != 2:
                raise ValueError("an attribute is a type and a value")
            (_tag, oid), (tag, value) = pair
            text = value.decode(STRINGS.get(tag, "utf-8"), "replace")
            parts.append(f"{ATTRIBUTES.get(oid, oid.hex())}={_printable(text)}")
    return ", ".join(parts)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _time(tag: int, content: bytes) -> str:
    """Return a time as "2026-01-31 12:00:00 UTC"; a year of two digits means 1950 to 2049."""
    digits = content.decode("ascii", "replace").removesuffix("Z")
    if tag == UTC_TIME:
        digits = ("19" if digits >= "50" else "20") + digits
    if len(digits) != 14 or not digits.isdecimal():
        raise ValueError("a time is fourteen digits")
    year, month, day, hour, minute, second = (
        digits[a:b] for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
    )
    return f"{year}-{month}-{day} {hour}:{minute}:{second} UTC"


def _alternative_names(content: bytes) -> list[str]:
    names = []
    for _tag, extension in _children(_children(content)[0][1]):
        parts = _children(extension)
        if parts[0][1] != SUBJECT_ALT_NAME:
            continue
        for tag, value in _children(_children(parts[-1][1])[0][1]):
            if tag == 0x82:
                names.append(_printable(value.decode("ascii", "replace")))
            elif tag == 0x87 and len(value) in {4, 16}:
                names.append(socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, value))
    return names
