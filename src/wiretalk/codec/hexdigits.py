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
        except ValueError as error:
            raise CodecError(f"not hexadecimal digits, two a byte: {error}", by="us") from None
