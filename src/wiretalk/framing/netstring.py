"""netstring: the count in decimal, a colon, the message, a comma: `5:hello,`.

Source: D. J. Bernstein, "Netstrings" (1997). Digits only, no zero in front but in `0:,`; the count is bounded before it
is read, as that text asks.
"""

from __future__ import annotations

from wiretalk.errors import MalformedError, TruncatedError
from wiretalk.framing.counted import Counted

COMMA = 0x2C

MAX_TOLD_DIGITS = 20
"""Digits of a count that the error for it tells in full: as many as 64 bits have."""


class Netstring(Counted):
    """Netstrings, strictly."""

    __slots__ = ("_most_digits",)

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        super().__init__(spec, max_message_bytes)
        self._most_digits = max(len(str(max_message_bytes)), MAX_TOLD_DIGITS)

    def feed(self, data: bytes) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        messages: list[bytes] = []
        start = 0
        if self._need >= 0:
            start = self._resume(data)
            if self._need >= 0:
                return messages
            body = self._take()
            if body[-1] != COMMA:
                self._no_comma(body[-1], messages)
            messages.append(body[:-1])
        elif self._head:
            data = self._head + data
            self._head = b""
        greatest = self.max_message_bytes
        most_digits = self._most_digits
        size = len(data)
        while start < size:
            colon = data.find(b":", start, start + most_digits + 1)
            digits = data[start : colon if colon >= 0 else start + most_digits + 1]
            if not digits.isdigit() or (digits[0] == 0x30 and len(digits) > 1):
                self._no_count(digits, messages, greatest)
            count = int(digits)
            if count > greatest:
                self._over(count, messages, at_least="" if colon >= 0 else "at least ")
            if colon < 0:
                break
            end = colon + 1 + count
            if end >= size:
                self._need = count + 1
                self._held += data[colon + 1 :]
                return messages
            if data[end] != COMMA:
                self._no_comma(data[end], messages)
            messages.append(data[colon + 1 : end])
            start = end + 1
        self._head = data[start:]
        return messages

    def _no_count(self, digits: bytes, messages: list[bytes], greatest: int) -> None:
        # What is wrong first is what is wrong, as if the bytes had come one by one.
        known = digits[: len(digits) - len(digits.lstrip(b"0123456789"))]
        if known and known[0] != 0x30 and int(known) > greatest:
            self._over(int(known), messages, at_least="at least ")
        reason = "a netstring begins with a count and a colon, without zeros in front"
        self._fail(MalformedError(f"{reason}; this one with {digits.decode('latin-1')!a}"), messages)

    def _no_comma(self, byte: int, messages: list[bytes]) -> None:
        self._fail(MalformedError(f"a netstring ends in a comma; this one in {chr(byte)!a}"), messages)

    def _truncated(self) -> TruncatedError:
        rest = bytes(self._held)
        error = TruncatedError(len(rest), self._need - 1, rest)
        if len(rest) == self._need - 1:
            error.reason = f"the stream ended before the comma of a netstring: all {len(rest)} bytes of it had come"
        return error

    def encode_all(self, messages: list[bytes]) -> bytes:
        wire = b"".join([b"%d:%b," % (len(message), message) for message in messages])
        if len(wire) > self.max_message_bytes:
            self._check_all_out(messages)
        return wire
