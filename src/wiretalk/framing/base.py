"""What every framing is and promises. No framing itself lives here, and nothing that knows a connection.

The rules of this room:

- `feed` returns whole messages only, in one pass, in time linear in what it is fed however small the pieces are.
- Never more is held than one message of the greatest size and what was read last. A message that will be too long is
  an error as soon as that is known: from its count before its body, from a line without an end once it is over.
- After a fault there are no more messages: nobody can tell where the next would begin.
- What `encode` gives, `feed` turns back into the same message. A message for which that cannot be is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from wiretalk.errors import LimitError, MalformedError, TruncatedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def as_bytes(message: object) -> bytes:
    """Return a message as bytes, whatever holds them.

    Raises:
        TypeError: it is no bytes; it says what to do.
    """
    try:
        return b"".join((message,))  # type: ignore[arg-type]  # that is what is asked here
    except TypeError:
        what = type(message).__name__
        reason = f'a message is bytes, not {what}: encode it, or name a codec that does, like codec="text"'
        raise TypeError(reason) from None


class Framing(ABC):
    """One direction, or both, of one byte stream: bytes in, messages out, and back.

    Args:
        spec: what made it, as the user wrote it ("length:u32be").
        max_message_bytes: the largest message, either way; one byte more is a LimitError.
    """

    __slots__ = ("_fault", "_held", "max_message_bytes", "spec")

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        self.spec = spec
        self.max_message_bytes = max_message_bytes
        self._held = bytearray()
        self._fault: LimitError | MalformedError | TruncatedError | None = None

    @abstractmethod
    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they arrived; return the messages they complete, in order.

        Raises:
            MalformedError: bytes that break the framing; the error's `messages` are those before the fault.
            LimitError: a message over `max_message_bytes`; `messages` likewise.
                After either, every later call raises the same again, with no messages.
        """

    @abstractmethod
    def finish(self) -> list[bytes]:
        """Take the end of the stream; return the messages that it completes (none, for most framings).

        Raises:
            TruncatedError: the stream ended within a message; the error's `rest` is what had come of it, and
                `have_bytes` its length. Where not even the count had come whole, `rest` is what had come of the count.
        """

    @abstractmethod
    def encode_all(self, messages: list[bytes]) -> bytes:
        """Return the wire bytes of many messages, in one pass; all of them, or an error for the first that is none.

        Raises:
            MalformedError: the framing cannot carry one of them (`by` is "us").
            LimitError: one of them is over `max_message_bytes` (`by` is "us").
            TypeError: one of them is not bytes.
        """

    def encode(self, message: bytes | bytearray | memoryview) -> bytes:
        """Return the wire bytes of one message. Raises as `encode_all` does."""
        return self.encode_all([message if type(message) is bytes else as_bytes(message)])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.spec} max_message_bytes={self.max_message_bytes}>"

    def _fail(self, fault: LimitError | MalformedError | TruncatedError, messages: list[bytes]) -> NoReturn:
        """Raise a fault of the peer's, now and at every later call, and let go of what was held."""
        self._held = bytearray()
        self._fault = fault
        fault.messages = messages
        raise fault

    def _again(self) -> LimitError | MalformedError | TruncatedError:
        """Return the fault once more; a copy, so that its messages are not counted twice."""
        fault = self._fault
        assert fault is not None  # noqa: S101 - callers ask only when there is one; this tells mypy
        again = type(fault)(*fault.args)
        again.reason = fault.reason
        return again

    def _over(self, size: int, messages: list[bytes], at_least: str = "") -> NoReturn:
        """Raise the LimitError for a peer's message of `size` bytes."""
        reason = f"a message of {at_least}{size} bytes"
        self._fail(LimitError("max_message_bytes", self.max_message_bytes, reason), messages)

    def _check_sizes_in(self, messages: list[bytes]) -> None:
        """Raise the LimitError for the first received message that is too long."""
        greatest = self.max_message_bytes
        for index, message in enumerate(messages):
            if len(message) > greatest:
                self._over(len(message), messages[:index])

    def _check_out(self, message: bytes) -> None:
        """Raise for a message that cannot be sent; by default, one that is too long."""
        greatest = self.max_message_bytes
        if len(message) > greatest:
            raise LimitError("max_message_bytes", greatest, f"a message of {len(message)} bytes to send", by="us")

    def _check_all_out(self, messages: list[bytes]) -> None:
        """Raise for the first message that cannot be sent, if there is one."""
        for message in messages:
            self._check_out(message)
