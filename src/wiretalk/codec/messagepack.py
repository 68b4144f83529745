"""msgpack: the value is what MessagePack says; `bytes` and `str` are told apart, and a map's keys are one of the two.

Nothing that a message claims is believed beyond its own size: an array or map of 2^32 - 1 things in 5 bytes is refused.
Numbers as keys are refused too, for a peer can choose them so that all fall on one place of a table.
"""

from __future__ import annotations

from wiretalk.codec.base import Codec
from wiretalk.errors import CodecError, MissingPackageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

try:
    import msgpack
except ImportError:
    raise MissingPackageError("msgpack", "msgpack", "the msgpack codec") from None


class MessagePack(Codec):
    """MessagePack."""

    __slots__ = ()

    def decode(self, message: bytes) -> Any:
        try:
            return msgpack.unpackb(message)
        except (ValueError, TypeError, RecursionError, MemoryError) as error:
            raise CodecError(f"not MessagePack: {error or type(error).__name__}") from None

    def encode(self, value: Any) -> bytes:
        try:
            packed: bytes = msgpack.packb(value)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise CodecError(f"no MessagePack can be made of it: {error}", by="us") from None
        return packed
