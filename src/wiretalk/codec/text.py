"""text: the value is a string, the message its UTF-8, strictly: nothing is replaced or left out."""

from __future__ import annotations

from wiretalk.codec.base import Codec
from wiretalk.errors import CodecError


class Text(Codec):
    """UTF-8 text (RFC 3629)."""

    __slots__ = ()

    def decode(self, message: bytes) -> str:
        try:
            return message.decode()
        except UnicodeDecodeError as error:
            raise CodecError(f"not UTF-8: byte {message[error.start]:02x} at offset {error.start}") from None

    def encode(self, value: str) -> bytes:
        if not isinstance(value, str):
            raise self._not_a_value(value, "text (str)")
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            reason = f"no UTF-8 can be made of the surrogate U+{ord(value[error.start]):04X} at offset {error.start}"
            raise CodecError(reason, by="us") from None
