"""cobs: Consistent Overhead Byte Stuffing, each frame ended by 0x00, so that no zero byte stands within one.

Source: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7 (2), 1999.
A frame is blocks of a code byte n and n - 1 bytes; a zero follows each but one of code 0xFF, and but the last. A frame
of nothing at all (two zeros in a row, or one in front, as some send to begin afresh) is no message, and is passed over;
an empty message is `01 00`. A block of 254 bytes at the end may be followed by `01` or not: both are read, the shorter
is written.
"""

from __future__ import annotations

from wiretalk.errors import MalformedError, TruncatedError
from wiretalk.framing.base import Framing

ZERO = b"\x00"
FULL = 254
CODES = [bytes((code,)) for code in range(256)]


class Cobs(Framing):
    """COBS frames. What is held is the last frame so far as it came, which is at most 1/254 more than its message."""

    __slots__ = ()

    def feed(self, data: bytes) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        frames = data.split(ZERO)
        tail = frames.pop()
        held = self._held
        messages: list[bytes] = []
        greatest = self.max_message_bytes
        for frame in frames:
            if held:
                held += frame
                frame = bytes(held)  # noqa: PLW2901 - the first frame continues what is held
                held.clear()
            if frame:
                message, missing = _unstuffed(frame)
                if len(message) > greatest:
                    self._over(len(message), messages)
                if missing:
                    reason = f"a COBS block of {missing} bytes more than its frame has"
                    self._fail(MalformedError(reason), messages)
                messages.append(message)
        if tail:
            held += tail
            # The least that so many bytes can stand for: one of 255 is a code, when no message is shorter for it.
            known = len(held) - 1 - (len(held) - 1) // 255
            if known > greatest:
                self._over(known, messages, at_least="at least ")
        return messages

    def finish(self) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        if self._held:
            rest, _ = _unstuffed(bytes(self._held))
            self._fail(TruncatedError(len(rest), None, rest), [])
        return []

    def encode_all(self, messages: list[bytes]) -> bytes:
        wire = b"".join([part for message in messages for part in _stuffed(message)])
        if len(wire) > self.max_message_bytes:
            self._check_all_out(messages)
        return wire


def _unstuffed(frame: bytes) -> tuple[bytes, int]:
    """Return the message of a frame, and how many bytes its last block lacks."""
    code = frame[0]
    size = len(frame)
    if code == size and code < 255:
        return frame[1:], 0
    parts = [frame[1:code]]
    at = code
    while at < size:
        if code < 255:
            parts.append(ZERO)
        code = frame[at]
        parts.append(frame[at + 1 : at + code])
        at += code
    return b"".join(parts), at - size


def _stuffed(message: bytes) -> list[bytes]:
    """Return the frame of a message in pieces, its closing zero included."""
    size = len(message)
    if size < FULL and 0 not in message:
        return [CODES[size + 1], message, ZERO]
    parts = []
    for run in message.split(ZERO):
        size = len(run)
        at = 0
        while size - at >= FULL:
            parts.append(b"\xff")
            parts.append(run[at : at + FULL])
            at += FULL
        parts.append(CODES[size - at + 1])
        parts.append(run[at:] if at else run)
    if size and at == size:
        # The last block was full: the one of nothing after it says nothing.
        del parts[-2:]
    parts.append(ZERO)
    return parts
