"""bytes: the value is the message itself."""

from __future__ import annotations

from wiretalk.codec.base import Codec


class Octets(Codec):
    """Bytes in, bytes out."""

    __slots__ = ()

    def decode(self, message: bytes) -> bytes:
        return message

    def encode(self, value: bytes | bytearray | memoryview) -> bytes:
        if type(value) is bytes:
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        raise self._not_a_value(value, "bytes")
