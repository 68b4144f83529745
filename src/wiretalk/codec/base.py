"""What every codec is and promises. No codec itself lives here.

The rules of this room: what `encode` gives, `decode` turns back into the value's like; a message or a value for which
that cannot be is a CodecError, and never another error, whoever sent it and however it is made. A codec holds no state
between messages, so one may serve many connections.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from wiretalk.errors import CodecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_SHOWN = 60
"""Characters of a value or message that an error shows."""


class Codec(ABC):
    """What a message means.

    Args:
        spec: what made it, as the user wrote it ("struct:>HHI").
    """

    __slots__ = ("spec",)

    def __init__(self, spec: str) -> None:
        self.spec = spec

    @abstractmethod
    def decode(self, message: bytes) -> Any:
        """Return the value of a message.

        Raises:
            CodecError: it is no such value (`by` is "peer").
        """

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """Return the message of a value.

        Raises:
            CodecError: the codec has none for it (`by` is "us").
        """

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.spec}>"

    def _not_a_value(self, value: object, wants: str) -> CodecError:
        """Return the error for a value of the wrong type."""
        return CodecError(f"the codec {self.spec} takes {wants}, not {shown(value)}", by="us")


def shown(value: object) -> str:
    """Return a value's type and, where it is short, itself; for errors."""
    kind = type(value).__name__
    small = isinstance(value, int) and value.bit_length() <= 64
    short = isinstance(value, str | bytes | bytearray) and len(value) <= MAX_SHOWN
    return f"{kind} {value!r}" if small or short or isinstance(value, float) else kind
