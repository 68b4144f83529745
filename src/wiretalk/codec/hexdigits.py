"""hex: the value is a string of hexadecimal digits, two a byte: "00ff10"; one to be sent may have spaces between."""

from __future__ import annotations

from wiretalk.codec.base import Codec
from wiretalk.errors import CodecError


class HexDigits(Codec):
    """Hexadecimal digits."""

    __slots__ = ()

    def decode(self, message: bytes) -> str:
        return message.hex()

    def encode(self, value: str) -> bytes:
        if not isinstance(value, str):
            raise self._not_a_value(value, "hexadecimal digits (str)")
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise CodecError(_fault(value), by="us") from None


def _fault(value: str) -> str:
    for at, digit in enumerate(value):
        if digit not in "0123456789abcdefABCDEF" and not (digit.isascii() and digit.isspace()):
            return f"{digit!a} at offset {at} is no hexadecimal digit"
    return "hexadecimal digits come two a byte, with spaces between bytes only"
