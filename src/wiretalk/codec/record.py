"""struct:FMT: the value is a tuple, the message a record of fixed size, as the standard module `struct` lays it out.

The format is that module's, its byte order included: without `<`, `>` or `!` in front, numbers lie as this machine lays
them, gaps and all.
"""

from __future__ import annotations

import struct

from wiretalk.codec.base import Codec
from wiretalk.errors import CodecError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_RECORD_BYTES = 1 << 30
"""A record larger than this is a slip of the finger: encoding it would take that much memory."""


class Record(Codec):
    """Records of one format.

    Attributes:
        size: bytes of one record.
    """

    __slots__ = ("_struct", "size")

    def __init__(self, spec: str) -> None:
        super().__init__(spec)
        self._struct = _struct(spec)
        self.size = self._struct.size

    def decode(self, message: bytes) -> tuple[Any, ...]:
        if len(message) != self.size:
            raise CodecError(f"a record {self.spec} has {self.size} bytes; this message has {len(message)}")
        return self._struct.unpack(message)

    def encode(self, value: Any) -> bytes:
        values = value if isinstance(value, tuple | list) else (value,)
        try:
            return self._struct.pack(*values)
        except (struct.error, OverflowError) as error:
            raise CodecError(f"no record {self.spec} can be made of it: {error}", by="us") from None


def _struct(spec: str) -> struct.Struct:
    name, _, layout = spec.partition(":")
    reason = "struct needs a format"
    if layout.strip():
        try:
            made = struct.Struct(layout)
        except struct.error as error:
            reason = f"no format of a record: {error}"
        except UnicodeEncodeError:
            reason = "no format of a record: it has characters that are not ASCII"
        else:
            if 0 < made.size <= MAX_RECORD_BYTES:
                return made
            reason = f"a record has 1 to {MAX_RECORD_BYTES} bytes; this format makes {made.size}"
    raise UsageError(spec, len(name) + 1, reason, "it is written like struct:>HHI", len(layout))
