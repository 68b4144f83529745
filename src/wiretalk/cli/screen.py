"""What peers say and how they come and go, as lines of a terminal: each with the peer's name in front, in its colour.

Text alone: a `Voice` is fed with messages, or with pieces of a stream, and gives text; who shows it is not its matter.
"""

from __future__ import annotations

from wiretalk.cli.escaping import printable
from wiretalk.errors import CodecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.cli.words import Words

COLOURS = (36, 33, 35, 32, 34, 31)
"""Cyan, yellow, magenta, green, blue, red: one peer after another."""

UNFINISHED_S = 0.2
"""The beginning of a line is shown when its rest has not come for so long: it is a prompt, or a slow peer."""

MAX_UNFINISHED_BYTES = 4096
"""The beginning of a line is shown at once when it is longer."""


def short_name(peer: str) -> str:
    """Return a peer's address without what all of them have: "127.0.0.1:8888" of "tcp://127.0.0.1:8888"."""
    scheme, _, rest = peer.partition(":")
    return rest.removeprefix("//") or scheme


class Voice:
    """What one peer says.

    Args:
        name: its name, as shown.
        words: how a message is written.
        colour: a number of COLOURS, counted round; None: no colours.
    """

    def __init__(self, name: str, words: Words, colour: int | None) -> None:
        self._words = words
        self._marked = colour is not None
        self._indent = " " * (len(name) + 2)
        self._name = f"{name}: "
        if colour is not None:
            self._name = f"\x1b[{COLOURS[colour % len(COLOURS)]}m{name}\x1b[0m: "
        self._held = b""

    def message(self, message: bytes) -> str:
        """Return the lines of a whole message; one that is no value of the codec is shown as it is, with a word."""
        try:
            shown = self._words.shown(message)
        except CodecError as error:
            return f"{self._lines(message)}\n{self._indent}({error})"
        return self._lines(shown)

    def _lines(self, data: bytes) -> str:
        lines = data.removesuffix(b"\n").split(b"\n")
        texts = [printable(line.removesuffix(b"\r"), marked=self._marked) for line in lines]
        return self._name + f"\n{self._indent}".join(texts)

    @property
    def unfinished(self) -> bool:
        """Whether the beginning of a line is held, to be shown by `rest` if nothing more comes."""
        return bool(self._held)

    def piece(self, data: bytes) -> str:
        """Return the lines that a piece of a stream completes; "" where there are none."""
        whole, mark, self._held = (self._held + data).rpartition(b"\n")
        texts = [self._lines(line) for line in whole.split(b"\n")] if mark else []
        if len(self._held) > MAX_UNFINISHED_BYTES:
            texts.append(self.rest())
        return "\n".join(texts)

    def rest(self) -> str:
        """Return the beginning of a line that was held, as a line."""
        held, self._held = self._held, b""
        return self._lines(held)
