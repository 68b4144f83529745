"""Bytes as `hexdump -C` shows them, with the direction in front. Text alone; nothing is printed here."""

from __future__ import annotations

WIDTH = 16
"""Bytes a line."""

_SHOWN = bytes(c if 0x20 <= c < 0x7F else ord(".") for c in range(256))


class Dump:
    """The dump of one conversation; offsets count on in each direction."""

    __slots__ = ("_offsets",)

    def __init__(self) -> None:
        self._offsets = {">": 0, "<": 0}

    def lines(self, direction: str, data: bytes) -> str:
        """Return the lines for some bytes, each ended by a line feed.

        Args:
            direction: ">" for what we say, "<" for what the peer does.
            data: what passed; an empty message has a line of its own.
        """
        begin = self._offsets[direction]
        self._offsets[direction] = begin + len(data)
        made = []
        for at in range(0, len(data) or 1, WIDTH):
            piece = data[at : at + WIDTH]
            digits = piece[:8].hex(" ") + "  " + piece[8:].hex(" ")
            made.append(f"{direction} {begin + at:08x}  {digits:<49}  |{piece.translate(_SHOWN).decode('ascii')}|\n")
        return "".join(made)
