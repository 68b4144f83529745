"""What the framings with a count in front share: a message whose count has come and whose bytes have not all.

No count is read or written here; that is each framing's own.
"""

from __future__ import annotations

from wiretalk.errors import TruncatedError
from wiretalk.framing.base import Framing


class Counted(Framing):
    """Hold what came of an unfinished message: `_head` of its count, or, once that is known, `_held` of its body.

    `_need` is the size of that body, with what closes it; -1 while no count is known.
    """

    __slots__ = ("_head", "_need")

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        super().__init__(spec, max_message_bytes)
        self._head = b""
        self._need = -1

    def _resume(self, data: bytes) -> int:
        """Take what `data` has of the unfinished body, and return how many. `_need` is -1 once it is whole."""
        held = self._held
        missing = self._need - len(held)
        if len(data) < missing:
            held += data
            return len(data)
        held += data[:missing]
        self._need = -1
        return missing

    def _take(self) -> bytes:
        """Return the body that has become whole, and hold it no longer."""
        body = bytes(self._held)
        self._held = bytearray()
        return body

    def finish(self) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        if self._need >= 0:
            self._fail(self._truncated(), [])
        if self._head:
            self._fail(TruncatedError(len(self._head), None, self._head), [])
        return []

    def _truncated(self) -> TruncatedError:
        """Return the error for a body that is not whole."""
        return TruncatedError(len(self._held), self._need, bytes(self._held))
