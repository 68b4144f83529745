"""length:varint: a count as protobuf writes it (base 128, low bits first), then that many bytes.

Source: Protocol Buffers, "Encoding", "Base 128 Varints": at most 10 bytes, the number below 2^64. A count padded with
zero bits ("80 00" for 0) is read, as protobuf reads it; it is never written.
"""

from __future__ import annotations

from wiretalk.errors import MalformedError
from wiretalk.framing.counted import Counted

MAX_COUNT_BYTES = 10

ONE_BYTE = [bytes((number,)) for number in range(128)]


class Varint(Counted):
    """Messages with a protobuf varint in front."""

    __slots__ = ()

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
        greatest = self.max_message_bytes
        size = len(data)
        while start < size:
            count = data[start]
            body = start + 1
            if count > 127:
                body, count = self._long_count(data, start, messages)
                if not body:
                    break
            if count > greatest:
                self._over(count, messages)
            end = body + count
            if end > size:
                self._need = count
                self._held += data[body:]
                return messages
            messages.append(data[body:end])
            start = end
        self._head = data[start:]
        return messages

    def _long_count(self, data: bytes, start: int, messages: list[bytes]) -> tuple[int, int]:
        """Return where the body begins, and the count; a 0 for the first when the count has not all come."""
        count = shift = 0
        for index in range(start, min(len(data), start + MAX_COUNT_BYTES)):
            byte = data[index]
            count |= (byte & 127) << shift
            if byte < 128:
                if count >> 64:
                    self._fail(MalformedError("the count of a message is over 64 bits"), messages)
                return index + 1, count
            shift += 7
        if shift == 7 * MAX_COUNT_BYTES:
            self._fail(MalformedError(f"the count of a message is longer than {MAX_COUNT_BYTES} bytes"), messages)
        return 0, 0

    def encode_all(self, messages: list[bytes]) -> bytes:
        parts = []
        for message in messages:
            parts.append(_count_bytes(len(message)))
            parts.append(message)
        wire = b"".join(parts)
        if len(wire) > self.max_message_bytes:
            self._check_all_out(messages)
        return wire


def _count_bytes(count: int) -> bytes:
    if count < 128:
        return ONE_BYTE[count]
    digits = bytearray()
    while count > 127:
        digits.append(count & 127 | 128)
        count >>= 7
    digits.append(count)
    return bytes(digits)
