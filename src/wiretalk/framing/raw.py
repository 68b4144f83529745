"""raw: whatever arrived, as it arrived. No boundaries are promised, so nothing here is malformed.

`raw:utf8` cuts between characters only, for those who read a raw stream as text. Whether the bytes are UTF-8 at all is
the codec's business: what is none is passed on too.
"""

from __future__ import annotations

from wiretalk.errors import TruncatedError
from wiretalk.framing.base import Framing


class Raw(Framing):
    """Pass on what arrives; a chunk over the limit is cut, since a boundary means nothing here.

    Nothing that is to be sent is too long, for the same reason.
    """

    __slots__ = ()

    def feed(self, data: bytes) -> list[bytes]:
        greatest = self.max_message_bytes
        if len(data) <= greatest:
            return [data] if data else []
        return [data[at : at + greatest] for at in range(0, len(data), greatest)]

    def finish(self) -> list[bytes]:
        return []

    def encode_all(self, messages: list[bytes]) -> bytes:
        return b"".join(messages)


class RawText(Raw):
    """Pass on what arrives, but for the beginning of a character whose end has not come (1 to 3 bytes)."""

    __slots__ = ()

    def feed(self, data: bytes) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        if self._held:
            data = bytes(self._held) + data
            self._held.clear()
        unfinished = _unfinished(data)
        if unfinished:
            self._held += data[-unfinished:]
            data = data[:-unfinished]
        greatest = self.max_message_bytes
        if len(data) <= greatest:
            return [data] if data else []
        chunks = []
        at = 0
        while at < len(data):
            chunk = data[at : at + greatest]
            unfinished = _unfinished(chunk)
            # A limit below the size of a character leaves no place to cut but within it.
            if 0 < unfinished < len(chunk):
                chunk = chunk[:-unfinished]
            chunks.append(chunk)
            at += len(chunk)
        return chunks

    def finish(self) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        if self._held:
            rest = bytes(self._held)
            self._fail(TruncatedError(len(rest), _character_bytes(rest[0]), rest), [])
        return []


def _character_bytes(first: int) -> int:
    """Return how many bytes the character has that begins with this byte; 1 where none does (RFC 3629, section 3)."""
    if first < 0xC2 or first > 0xF4:
        return 1
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4


def _unfinished(data: bytes) -> int:
    """Return how many bytes at the end begin a character without ending it, 0 to 3."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            return back if _character_bytes(byte) > back else 0
    return 0
