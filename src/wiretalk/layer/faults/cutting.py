"""Cutting a byte stream where its messages end, so that a fault can happen to a whole message. The bytes stay as is."""

from __future__ import annotations

from wiretalk import framing as framings
from wiretalk.errors import LimitError, MessageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Cutter:
    """Cut one direction of a stream into its messages, each with all the bytes that its framing has around it.

    What breaks the framing is passed on as it comes, from there to the end: that is for the receiver to tell.

    Args:
        spec: the framing.
        max_message_bytes: the largest message.
    """

    __slots__ = ("_broken", "_framing", "_rest", "_spec")

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        self._spec = spec, max_message_bytes
        self._framing = framings.make(spec, max_message_bytes)
        self._rest = b""
        self._broken = False

    @property
    def held_bytes(self) -> int:
        """Bytes of a message that has not come whole."""
        return len(self._rest)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Yield messages, and whether they are (what breaks the framing is not)."""
        if self._broken:
            yield data, True
            return
        try:
            messages = self._framing.feed(data)
        except (MessageError, LimitError) as error:
            messages = error.messages
            self._broken = True
        data = self._rest + data
        at = 0
        for message in messages:
            end = at + self._length(data, at, message)
            yield data[at:end], True
            at = end
        self._rest = data[at:]
        if self._broken and self._rest:
            rest, self._rest = self._rest, b""
            yield rest, True

    def _length(self, data: bytes, at: int, message: bytes) -> int:
        """Return how many bytes the first message takes up."""
        wire = framings.make(*self._spec).encode(message)
        if data.startswith(wire, at):
            return len(wire)
        # Written in another way than we would (CR LF, say): taken byte by byte until it is whole.
        framing = framings.make(*self._spec)
        for length in range(1, len(data) - at + 1):
            if framing.feed(data[at + length - 1 : at + length]):
                return length
        return len(data) - at

    def finish(self) -> bytes:
        """Return what is left at the end."""
        rest, self._rest = self._rest, b""
        return rest
