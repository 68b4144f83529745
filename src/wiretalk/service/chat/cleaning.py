r"""What members say, made fit for the terminals of all others: bytes into lines of text that control nothing.

Control characters (so terminal escapes), those that turn the direction of writing, and bytes that are no UTF-8 become
U+FFFD, whoever is to read them; a tab becomes a space. Joiners and variation selectors stay: emoji are made of them.
"""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the writing around, and what follows it on the line too."""

REPLACED = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""The categories of control characters, lone surrogates, and Unicode's own line ends."""


def clean(text: str) -> str:
    r"""Return text without anything that controls a terminal.

    >>> clean("\x1b[2Jgrüße")
    '�[2Jgrüße'
    """
    return text if text.isprintable() else "".join([c if c.isprintable() else _fit(c) for c in text])


def _fit(character: str) -> str:
    if character == "\t":
        return " "
    if character in DIRECTIONS or unicodedata.category(character) in REPLACED:
        return REPLACEMENT
    return character


def lines_of(text: str) -> list[str]:
    """Return the lines of what was said at once, as they are but for blanks around; empty ones are left out."""
    if "\n" not in text:
        line = text.strip()
        return [line] if line else []
    return [line for part in text.split("\n") if (line := part.strip())]
