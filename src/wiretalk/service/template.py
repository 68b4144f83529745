"""Texts with fields in braces, as bytes: "server rec: {message}". What is put in is put in byte for byte.

Not Python's format: a template comes from whoever starts a server and a message from whoever connects to it, so there
is nothing in it to be evaluated, and nothing about a message that could be wrong.
"""

from __future__ import annotations

from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    Fields = Mapping[str, Callable[[Any], bytes]]

BRACE_HINT = "write it twice for a brace of the text's own"


class Template:
    r"""A text with fields.

    Args:
        text: the text; a field is its name in braces, a brace itself is written twice. Bytes need not be UTF-8.
        fields: the names there are, each with a function that returns its value from what `fill` is given.

    Raises:
        UsageError: there is no such field, or a brace has no partner; a caret shows where.

    >>> Template("{{{message}}}", {"message": lambda said: said}).fill(b"\xff")
    b'{\xff}'
    """

    __slots__ = ("_parts", "text")

    def __init__(self, text: str | bytes, fields: Fields) -> None:
        self.text = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
        parts = _parts(self.text, fields)
        self._parts = tuple(part if isinstance(part, bytes) else fields[part] for part in parts)

    def fill(self, source: Any) -> bytes:
        """Return the text with each field's value, as its function makes it from `source`, in its place."""
        return b"".join(part if isinstance(part, bytes) else part(source) for part in self._parts)

    def __repr__(self) -> str:
        return f"Template({self.text!r})"


def _parts(text: str, fields: Collection[str]) -> list[bytes | str]:
    """Return the text's literal parts as bytes and its fields as their names."""
    parts: list[bytes | str] = []
    literal = ""
    at = 0
    while at < len(text):
        character = text[at]
        if character not in "{}":
            literal += character
            at += 1
        elif text[at + 1 : at + 2] == character:
            literal += character
            at += 2
        else:
            name = _field(text, at, fields)
            parts += [literal.encode("utf-8", "surrogateescape"), name]
            literal = ""
            at += len(name) + 2
    parts.append(literal.encode("utf-8", "surrogateescape"))
    return [part for part in parts if part]


def _field(text: str, at: int, fields: Collection[str]) -> str:
    """Return the name of the field that begins at a brace."""
    if text[at] == "}":
        raise UsageError(text, at, "this } closes nothing", BRACE_HINT)
    end = text.find("}", at)
    if end < 0:
        raise UsageError(text, at, "this { is never closed", BRACE_HINT)
    name = text[at + 1 : end]
    if name not in fields:
        from wiretalk.spelling import did_you_mean

        hint = did_you_mean(name, fields) or f"there are {', '.join(f'{{{field}}}' for field in fields)}"
        raise UsageError(text, at + 1, f'there is no field "{name}" here', hint, len(name))
    return name
