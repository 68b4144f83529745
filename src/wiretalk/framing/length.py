"""length:u8, u16be, u16le, u32be, u32le: a count of 1, 2 or 4 bytes, then that many bytes."""

from __future__ import annotations

import struct

from wiretalk.errors import MalformedError
from wiretalk.framing.counted import Counted

COUNTS = {
    name: struct.Struct(layout)
    for name, layout in {"u8": ">B", "u16be": ">H", "u16le": "<H", "u32be": ">I", "u32le": "<I"}.items()
}

RECORDS_KEPT = 64
"""Layouts of records that are shared by all connections; a peer cannot make us keep more."""

_records: dict[tuple[str, int, int], struct.Struct] = {}


def _record(count_format: str, size: int, number: int) -> struct.Struct:
    """Return the layout of `number` messages of `size` bytes, each behind its count."""
    key = count_format, size, number
    record = _records.get(key)
    if record is None:
        if len(_records) >= RECORDS_KEPT:
            _records.clear()
        record = _records[key] = struct.Struct(count_format[0] + f"{count_format[1]}{size}s" * number)
    return record


class Length(Counted):
    """Messages with a count of fixed size in front. The count counts the message alone, not itself.

    Most protocols with a count send much of one size. While they do, sixteen messages and their counts, or four, are
    read as one record, in a third of the time; the counts read tell whether they were of that size, `_usual`, indeed.
    """

    __slots__ = ("_count", "_records", "_usual")

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        super().__init__(spec, max_message_bytes)
        self._count = COUNTS[spec.partition(":")[2]]
        self._records: tuple[tuple[struct.Struct, int], ...] = ()
        self._usual = -1

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
        size = len(data)
        if self._records:
            start = self._feed_records(data, start, messages)
            if start == size:
                return messages
        width = self._count.size
        count_at = self._count.unpack_from
        greatest = self.max_message_bytes
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
        if len(messages) > 3 and len(messages[-1]) == len(messages[-4]) != self._usual:
            self._usual = len(messages[-1])
            self._records = tuple((_record(self._count.format, self._usual, number), number) for number in (16, 4))
        return messages

    def _feed_records(self, data: bytes, start: int, messages: list[bytes]) -> int:
        """Add the messages from `start` on that come in records of the usual size; return where they end."""
        usual = self._usual
        size = len(data)
        for record, number in self._records:
            stride = record.size
            while start + stride <= size:
                fields = record.unpack_from(data, start)
                if fields[::2].count(usual) != number:
                    return start
                messages += fields[1::2]
                start += stride
        return start

    def encode(self, message: bytes | bytearray | memoryview) -> bytes:
        # A session sends its messages one by one, so this is its hot path.
        size = len(message)
        if type(message) is bytes and size <= self.max_message_bytes:
            try:
                return self._count.pack(size) + message
            except struct.error:
                self._check_out(message)
        return super().encode(message)

    def encode_all(self, messages: list[bytes]) -> bytes:
        if not messages:
            return b""
        sizes = list(map(len, messages))
        try:
            if sizes.count(sizes[0]) == len(sizes):
                head = self._count.pack(sizes[0])
                wire = head + head.join(messages)
            else:
                # Counts and messages alternate: both are laid down by slices, which run in C.
                parts: list[bytes] = [b""] * (2 * len(messages))
                parts[::2] = map(self._count.pack, sizes)
                parts[1::2] = messages
                wire = b"".join(parts)
        except struct.error:
            # One has too many bytes for its count, and is refused now.
            wire = b""
            self._check_all_out(messages)
        if len(wire) > self.max_message_bytes:
            self._check_all_out(messages)
        return wire

    def _check_out(self, message: bytes) -> None:
        super()._check_out(message)
        most = (1 << 8 * self._count.size) - 1
        if len(message) > most:
            reason = f"{self.spec} counts to {most}: a message of {len(message)} bytes cannot be sent; use length:u32be"
            raise MalformedError(reason, by="us")
