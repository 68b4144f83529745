"""delimiter:HEX: a message ends in these bytes, the first of which that come count (as `bytes.split` finds them)."""

from __future__ import annotations

from wiretalk.errors import MalformedError, TruncatedError, UsageError
from wiretalk.framing.base import Framing

MAX_DELIMITER_BYTES = 16


class Delimiter(Framing):
    """Messages that end in a delimiter of 1 to 16 bytes."""

    __slots__ = ("_borders", "_delimiter")

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        super().__init__(spec, max_message_bytes)
        self._delimiter = d = _delimiter(spec)
        # Where the delimiter's beginning is also its end (as in 0d0a0d), a message's last bytes and the delimiter's
        # first may together make one delimiter too early; such delimiters want a look at every message that is sent.
        self._borders = any(d.startswith(d[at:]) for at in range(1, len(d)))

    def feed(self, data: bytes) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        held = self._held
        if held:
            # The delimiter may have begun in what is held, but only in its last bytes.
            edge = max(0, len(held) - len(self._delimiter) + 1)
            messages = (bytes(held[edge:]) + data).split(self._delimiter)
            del held[edge:]
        else:
            messages = data.split(self._delimiter)
        tail = messages.pop()
        if held and messages:
            held += messages[0]
            messages[0] = bytes(held)
            held.clear()
        if len(data) + len(held) > self.max_message_bytes or (messages and len(messages[0]) > self.max_message_bytes):
            self._check_sizes_in(messages)
        if tail:
            held += tail
            if len(held) > self.max_message_bytes:
                self._check_tail(messages)
        return messages

    def finish(self) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        if self._held:
            rest = bytes(self._held)
            self._fail(TruncatedError(len(rest), None, rest), [])
        return []

    def encode_all(self, messages: list[bytes]) -> bytes:
        if not messages:
            return b""
        wire = self._delimiter.join(messages) + self._delimiter
        if wire.count(self._delimiter) != len(messages) or self._borders or len(wire) > self.max_message_bytes:
            self._check_all_out(messages)
        return wire

    def _check_tail(self, messages: list[bytes]) -> None:
        """Raise the LimitError for a message without an end, leaving out what may be its delimiter's beginning."""
        d = self._delimiter
        begun = next((size for size in range(len(d) - 1, 0, -1) if self._held.endswith(d[:size])), 0)
        known = len(self._held) - begun
        if known > self.max_message_bytes:
            self._over(known, messages, at_least="at least ")

    def _check_out(self, message: bytes) -> None:
        # It would not arrive as it was sent.
        if b"".join((message, self._delimiter)).find(self._delimiter) != len(message):
            reason = f"a message cannot be sent that holds its delimiter, {self._delimiter.hex(' ')}, or half of it"
            raise MalformedError(reason, by="us")
        super()._check_out(message)


def _delimiter(spec: str) -> bytes:
    name, _, digits = spec.partition(":")
    at = len(name) + 1
    for index, digit in enumerate(digits):
        if digit not in "0123456789abcdefABCDEF":
            raise UsageError(spec, at + index, f'"{digit}" is no hexadecimal digit', "a delimiter is written like 0d0a")
    if len(digits) % 2:
        hint = "write two digits a byte, like 0a"
        raise UsageError(spec, at, "a delimiter must be whole bytes", hint, len(digits))
    if not 1 <= len(digits) // 2 <= MAX_DELIMITER_BYTES:
        hint = "it is written like delimiter:0d0a"
        raise UsageError(spec, at, f"a delimiter has 1 to {MAX_DELIMITER_BYTES} bytes", hint, len(digits))
    return bytes.fromhex(digits)
