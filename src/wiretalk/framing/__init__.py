r"""Bytes into messages, and messages into bytes: a framing gives a byte stream the messages it has not.

    make("line").feed(b"one\r\ntwo\nthr")   -> [b"one", b"two"]
    make("line").encode(b"one")            -> b"one\n"

Sans-IO: nothing in this room knows a connection, a socket, a clock or a loop. One framing a file; `base` says what all
of them promise, `table` finds one by name.
"""

from wiretalk.framing.base import Framing
from wiretalk.framing.table import FRAMINGS, check, make

__all__ = ["FRAMINGS", "Framing", "check", "make"]
