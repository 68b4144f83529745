"""Percent-encoding (RFC 3986, section 2.1): how any byte can stand in an address.

Text is UTF-8 on the way; bytes that are no UTF-8 (a file's name may hold any) travel as surrogates, as `os.fsdecode`
makes them. What may stand where is for the grammar to say.
"""

from __future__ import annotations

from wiretalk.errors import AddressError

HEX = "0123456789ABCDEFabcdef"


def decode(text: str, start: int, end: int) -> str:
    """Return `text[start:end]` with every %XX replaced by its byte.

    Raises:
        AddressError: a % is not followed by two hexadecimal digits.
    """
    if text.find("%", start, end) < 0:
        return text[start:end]
    parts = text[start:end].split("%")
    decoded = [_bytes(parts[0])]
    at = start + len(parts[0])
    for part in parts[1:]:
        digits = part[:2]
        if len(digits) < 2 or digits.strip(HEX):
            reason = "% must be followed by two hexadecimal digits"
            raise AddressError(text, at, reason, "a percent sign itself is written %25")
        decoded += (bytes((int(digits, 16),)), _bytes(part[2:]))
        at += 1 + len(part)
    return b"".join(decoded).decode("utf-8", "surrogateescape")


def encode(text: str, reserved: str) -> str:
    """Return text with %, what is not printable, and the reserved characters written as %XX.

    A space at either end is written so too: a reader would not see it.
    """
    plain = text.isprintable() and "%" not in text and text.strip(" ") == text
    if plain and not any(character in text for character in reserved):
        return text
    last = len(text) - 1
    return "".join(
        character
        if character.isprintable()
        and character not in reserved
        and character != "%"
        and (character != " " or 0 < index < last)
        else "".join(f"%{byte:02X}" for byte in _bytes(character))
        for index, character in enumerate(text)
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
