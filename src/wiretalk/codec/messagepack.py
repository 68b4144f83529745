"""msgpack: the value is what MessagePack says; `bytes` and `str` are told apart, tuples come back as lists.

Nothing that a message claims is believed beyond its own size: an array of 2^32 - 1 things in 5 bytes is refused. What a
value takes in memory is so bounded by the size of its message, if a hundredfold.
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

MAX_NUMBER_KEYS = 1024
"""Keys of a map that has others than str and bytes. Python's hash of a number is no secret: a peer can choose a hundred
thousand of them that all fall on one place of a table, and one message then costs minutes."""

WORDS = {"FormatError": "a byte that begins no value", "StackError": "nested too deep"}
"""msgpack's errors that do not speak."""


class MessagePack(Codec):
    """MessagePack."""

    __slots__ = ()

    def decode(self, message: bytes) -> Any:
        try:
            return msgpack.unpackb(message, strict_map_key=False, object_pairs_hook=_map)
        except (ValueError, TypeError, RecursionError, MemoryError) as error:
            raise CodecError(f"not MessagePack: {_words(error)}") from None

    def encode(self, value: Any) -> bytes:
        try:
            packed: bytes = msgpack.packb(value)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise CodecError(f"no MessagePack can be made of it: {_words(error)}", by="us") from None
        return packed


def _map(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    if len(pairs) > MAX_NUMBER_KEYS and not all(isinstance(key, str | bytes) for key, _ in pairs):
        raise ValueError(f"a map of {len(pairs)} keys, of which some are numbers; at most {MAX_NUMBER_KEYS} may be")
    return dict(pairs)


def _words(error: Exception) -> str:
    name = type(error).__name__
    return str(error) or WORDS.get(name, name)
