"""The words of a command (`exec`, `pty`), as a shell would read them, without a shell: no variables, no patterns.

Only addresses of programs load this.
"""

from __future__ import annotations

from wiretalk.errors import AddressError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.address import Address

BLANKS = " \t\n"
ESCAPED_IN_QUOTES = '"\\'
"""What a backslash takes the meaning from within double quotes; before anything else it stands for itself."""


class UnclosedError(ValueError):
    """A quotation that does not end.

    Args:
        at: the index at which it begins.
        reason: a clause.
        hint: what would be right.
    """

    def __init__(self, at: int, reason: str, hint: str) -> None:
        super().__init__(at, reason, hint)
        self.at = at
        self.reason = reason
        self.hint = hint


def words(command: str) -> list[str]:
    """Return the words of a command: blanks part them; quotation marks and backslashes keep them together.

    Raises:
        UnclosedError: a quotation does not end.

    >>> words("grep -e 'two words' file")
    ['grep', '-e', 'two words', 'file']
    """
    found: list[str] = []
    word: list[str] | None = None
    at = 0
    while at < len(command):
        mark = command[at]
        if mark in BLANKS:
            if word is not None:
                found.append("".join(word))
            word = None
            at += 1
            continue
        piece, at = _piece(command, at)
        word = [piece] if word is None else [*word, piece]
    if word is not None:
        found.append("".join(word))
    return found


def _piece(command: str, at: int) -> tuple[str, int]:
    """Return what one character, escape or quotation stands for, and the index after it."""
    mark = command[at]
    if mark == "\\":
        if at + 1 == len(command):
            raise UnclosedError(at, "nothing comes after the backslash", "write \\\\ for a backslash")
        return command[at + 1], at + 2
    if mark == "'":
        end = command.find("'", at + 1)
        if end < 0:
            raise UnclosedError(at, "the quotation is never closed", "close it with '")
        return command[at + 1 : end], end + 1
    if mark == '"':
        return _double(command, at)
    return mark, at + 1


def _double(command: str, start: int) -> tuple[str, int]:
    piece = []
    at = start + 1
    while at < len(command) and command[at] != '"':
        if command[at] == "\\" and command[at + 1 : at + 2] and command[at + 1] in ESCAPED_IN_QUOTES:
            at += 1
        piece.append(command[at])
        at += 1
    if at >= len(command):
        raise UnclosedError(start, "the quotation is never closed", 'close it with "')
    return "".join(piece), at + 1


def check(address: Address, start: int, end: int) -> None:
    """Refuse a command that cannot be read, and an environment that is none.

    Args:
        address: of a program.
        start: where the command begins in the address's text.
        end: where it ends.

    Raises:
        AddressError: the caret stands under the fault.
    """
    if not address.option("shell"):
        text = address.text
        try:
            names = words(address.path)
        except UnclosedError as error:
            # With % in it, what was read is not what is written.
            at, length = (start, end - start) if "%" in text[start:end] else (start + error.at, 1)
            raise AddressError(text, at, error.reason, error.hint, length) from None
        if not names or not names[0]:
            reason = "the command has no name of a program"
            raise AddressError(text, start, reason, f"write {address.scheme}:COMMAND", end - start)
    for pair in variables(address):
        name, equals, _ = pair.partition("=")
        if not name or not equals:
            from wiretalk.address.together import _fault

            raise _fault(address, "env", f'"{pair}" sets no variable', "write env=NAME=VALUE,NAME=VALUE")


def variables(address: Address) -> list[str]:
    """Return the pairs NAME=VALUE of the option `env`."""
    return str(address.option("env", "")).split(",") if address.option("env") else []
