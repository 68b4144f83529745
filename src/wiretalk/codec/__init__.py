"""A message into a value, and a value into a message.

    make("text").decode("grüß".encode())   -> "grüß"
    make("json").encode({"a": 1})          -> b'{"a":1}'

Nothing in this room knows where messages begin and end (that is `framing`) or how they travel. One codec a file;
`base` says what all of them promise, `table` finds one by name.
"""

from wiretalk.codec.base import Codec
from wiretalk.codec.table import CODECS, make

__all__ = ["CODECS", "Codec", "make"]
