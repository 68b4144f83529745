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


class Record(Codec):
    """Records of one format.

    Attributes:
        size: bytes of one record.
    """

    __slots__ = ("_struct", "size")

    def __init__(self, spec: str) -> None:
        super().__init__(spec)
        name, _, layout = spec.partition(":")
        at = len(name) + 1
        hint = "it is written like struct:>HHI"
        if not layout.strip():
            raise UsageError(spec, at, "struct needs a format", hint)
        try:
            self._struct = struct.Struct(layout)
        except (struct.error, UnicodeEncodeError) as error:
            raise UsageError(spec, at, f"no format of a record: {error}", hint, len(layout)) from None
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
