r"""What a peer says, made fit for a terminal: a peer must not move the cursor, change colours or retitle the window.

Text stays text in every script; control characters, those that turn the direction of writing among them, and bytes
that are no UTF-8 are shown as escapes: \x1b, \u202e, \xff. For people alone: what is shown cannot be turned back.
"""

from __future__ import annotations

SHORT = {"\r": "\\r", "\t": "\t", "\0": "\\0"}
"""What is not shown by its number; a tab does no harm."""

HARMLESS = "\u00a0\u200d\u3000"
"""Not printable in Python's eyes, and wanted: two spaces, and the joiner within emoji."""


def printable(data: bytes, *, marked: bool = False) -> str:
    """Return one line's text, without anything that controls a terminal.

    Args:
        data: bytes of a peer, usually UTF-8, without a line feed at the end.
        marked: set escapes off from text that looks like one, in reverse video.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="surrogateescape")
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else _escape(c, marked) for c in text])


def printable_lines(data: bytes, *, marked: bool = False) -> str:
    """Return text of any number of lines: as `printable`, but line feeds stay, and a CR before one goes."""
    return "\n".join([printable(line.removesuffix(b"\r"), marked=marked) for line in data.split(b"\n")])


def _escape(character: str, marked: bool) -> str:  # passed on
    if character in HARMLESS:
        return character
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        # A byte that is no UTF-8, as surrogateescape carries it.
        escape = f"\\x{number - 0xDC00:02x}"
    elif character in SHORT:
        escape = SHORT[character]
    elif number < 0x80:
        escape = f"\\x{number:02x}"
    else:
        escape = f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
    return f"\x1b[7m{escape}\x1b[27m" if marked and character != "\t" else escape
