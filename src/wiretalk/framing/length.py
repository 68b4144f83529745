"""length:u8, u16be, u16le, u32be, u32le: a count of 1, 2 or 4 bytes, then that many bytes."""

from __future__ import annotations

import struct

from wiretalk.errors import MalformedError
from wiretalk.framing.counted import Counted

COUNTS = {
    "u8": struct.Struct("B"),
    "u16be": struct.Struct(">H"),
    "u16le": struct.Struct("<H"),
    "u32be": struct.Struct(">I"),
    "u32le": struct.Struct("<I"),
}


class Length(Counted):
    """Messages with a count of fixed size in front. The count counts the message alone, not itself."""

    __slots__ = ("_count",)

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        super().__init__(spec, max_message_bytes)
        self._count = COUNTS[spec.partition(":")[2]]

    def feed(self, data: bytes) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        messages: list[bytes] = []
        start = 0
        if self._need >= 0:
            start = self._resume(data)
            if self._need >= 0:
                return messages
            messages.append(self._take())
        elif self._head:
            data = self._head + data
            self._head = b""
        width = self._count.size
        count_at = self._count.unpack_from
        greatest = self.max_message_bytes
        size = len(data)
        while (body := start + width) <= size:
            (count,) = count_at(data, start)
            if count > greatest:
                self._over(count, messages)
            start = body + count
            if start > size:
                self._need = count
                self._held += data[body:]
                return messages
            messages.append(data[body:start])
        self._head = data[start:]
        return messages

    def encode_all(self, messages: list[bytes]) -> bytes:
        # Counts and messages alternate: both are laid down by slices, which run in C.
        parts: list[bytes] = [b""] * (2 * len(messages))
        try:
            parts[::2] = map(self._count.pack, map(len, messages))
        except struct.error:
            self._refuse(messages)
        parts[1::2] = messages
        wire = b"".join(parts)
        if len(wire) > self.max_message_bytes:
            self._check_sizes_out(messages)
        return wire

    def _refuse(self, messages: list[bytes]) -> None:
        """Raise for the first message that is too long for the limit, or for the count."""
        self._check_sizes_out(messages)
        most = (1 << 8 * self._count.size) - 1
        worst = max(map(len, messages))
        reason = f"{self.spec} counts to {most}: a message of {worst} bytes cannot be sent; use length:u32be"
        raise MalformedError(reason, by="us")
