"""line: a message ends in LF; a CR before it is dropped on input. `line:crlf` writes CR LF, and reads the same.

A message that holds LF cannot be sent: it would arrive as two. One that ends in CR cannot be sent as `line` either, for
the CR would be dropped on arrival; `line:crlf` carries it, since only one CR is dropped.
"""

from __future__ import annotations

from wiretalk.errors import MalformedError, TruncatedError
from wiretalk.framing.base import Framing

# Numbers, because `number in data` takes a tenth of the time of `b"…" in data`: a thing of this floor's hot path.
LF = 0x0A
CR = 0x0D


class Line(Framing):
    """Lines that end in LF, or in CR LF on input. Held is the last line so far, at most one CR over the limit."""

    __slots__ = ()

    _end = b"\n"
    """What ends a line that is sent."""

    _dropped: tuple[bytes, ...] = (b"\r",)
    """With what a message cannot end, for the peer would take it for the beginning of a line's end."""

    def feed(self, data: bytes) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        held = self._held
        if held and held[-1] == CR and data[:1] == b"\n":
            del held[-1]
        if CR in data:
            lines = data.split(b"\r\n")
            if LF in b"".join(lines):
                # Some lines end in LF alone: the slow way is right for all.
                lines = data.replace(b"\r\n", b"\n").split(b"\n")
        else:
            lines = data.split(b"\n")
        tail = lines.pop()
        if held and lines:
            held += lines[0]
            lines[0] = bytes(held)
            held.clear()
            if len(lines[0]) > self.max_message_bytes:
                self._over(len(lines[0]), [])
        if len(data) > self.max_message_bytes:
            self._check_sizes_in(lines)
        if tail:
            held += tail
            if len(held) > self.max_message_bytes:
                self._check_tail(lines)
        return lines

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
        # Joining twice is faster than counting the LF of one.
        inner = b"".join(messages)
        if len(inner) > self.max_message_bytes or LF in inner or CR in inner:
            self._check_all_out(messages)
        return self._end.join(messages) + self._end

    def encode(self, message: bytes | bytearray | memoryview) -> bytes:
        # A session sends its messages one by one, so this is its hot path.
        if type(message) is bytes and LF not in message and CR not in message:
            if len(message) > self.max_message_bytes:
                self._check_out(message)
            return message + self._end
        return super().encode(message)

    def _check_tail(self, lines: list[bytes]) -> None:
        """Raise the LimitError for a line without an end, unless its last byte may be the CR of its end."""
        known = len(self._held) - (self._held[-1] == CR)
        if known > self.max_message_bytes:
            self._over(known, lines, at_least="at least ")

    def _check_out(self, message: bytes) -> None:
        super()._check_out(message)
        if LF in message:
            raise MalformedError("a message that holds LF cannot be sent as a line: it would arrive as two", by="us")
        if message.endswith(self._dropped):
            reason = "a message that ends in CR cannot be sent as a line: the CR would be dropped; line:crlf keeps it"
            raise MalformedError(reason, by="us")


class LineCrlf(Line):
    """Lines that are written with CR LF, as the Internet's text protocols want them."""

    __slots__ = ()

    _end = b"\r\n"
    _dropped = ()
