"""What peers may ask for: commands with a name, whose arguments are checked word by word before anything is run.

An argument becomes one word of the argument vector, or a part of one; nobody splits or expands it again.
"""

from __future__ import annotations

import re
from importlib import import_module

from wiretalk.errors import UsageError
from wiretalk.limits import EXEC_ARGUMENT_CHARACTERS, EXEC_PATTERN_WAYS
from wiretalk.service.template import Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from wiretalk.service.exec.running import Manner

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
"""What commands and arguments may be called."""


class RefusalError(Exception):
    """A request that is not fulfilled; its text is a clause for the peer."""


class Argument:
    """One argument of a command.

    Args:
        name: what it is called.
        pattern: a regular expression that has to match all of it.

    Raises:
        UsageError: the pattern is none, or could take too long.
    """

    __slots__ = ("_match", "_may_begin_with_dash", "name", "pattern")

    def __init__(self, name: str, pattern: str) -> None:
        self.name = name
        self.pattern = pattern
        try:
            self._match = re.compile(pattern).fullmatch
        except re.error as error:
            raise UsageError(pattern, error.pos or 0, f"the pattern of {name} is none: {error.msg}") from None
        except (OverflowError, RecursionError) as error:
            raise UsageError("", reason=f"the pattern of {name} is none: {error}") from None
        check_pace(name, pattern)
        self._may_begin_with_dash = pattern.startswith(("-", "\\-"))

    def check(self, word: str) -> None:
        """Refuse a word that is not such an argument.

        Raises:
            RefusalError: it says why.
        """
        if "\0" in word:
            raise RefusalError(f"{self.name} holds a NUL")
        if len(word) > EXEC_ARGUMENT_CHARACTERS:
            raise RefusalError(f"{self.name} is longer than {EXEC_ARGUMENT_CHARACTERS} characters")
        if word.startswith("-") and not self._may_begin_with_dash:
            raise RefusalError(f"{self.name} begins with -, and would be taken for an option")
        if not self._match(word):
            raise RefusalError(f"{self.name} does not match {self.pattern}")


class Command:
    """One command.

    Args:
        name: what peers call it.
        run: the words to run: the program first, then arguments, in which {NAME} stands for one of the peer's.
        patterns: the peer's arguments, in their order: name to pattern.
        manner: how it is run.
        description: one line of help.

    Raises:
        UsageError: one of them is wrong.
    """

    __slots__ = ("_words", "arguments", "description", "manner", "name", "program")

    def __init__(
        self, name: str, run: Sequence[str], patterns: Mapping[str, str], manner: Manner, description: str = ""
    ) -> None:
        self.name = name
        self.manner = manner
        self.description = description
        self.arguments = [Argument(one, pattern) for one, pattern in patterns.items()]
        used: set[str] = set()

        def value(one: str) -> Callable[[Mapping[str, bytes]], bytes]:
            def of(given: Mapping[str, bytes]) -> bytes:
                used.add(one)
                return given[one]

            return of

        fields = {one: value(one) for one in patterns}
        self._words = [Template(word, fields) for word in run]
        self.program = (
            self._words[0].fill(dict.fromkeys(patterns, b"")).decode("utf-8", "surrogateescape") if run else ""
        )
        if used:
            raise UsageError(run[0], 0, "the program itself is not for peers to choose", length=len(run[0]))
        if not self.program:
            raise UsageError("", reason="run names no program")
        self._filled(list(patterns))
        for one in patterns:
            if one not in used:
                raise UsageError("", reason=f"does not use its argument {one} in run", hint=f"write {{{one}}} there")

    @property
    def usage(self) -> str:
        """How it is asked for."""
        return " ".join([self.name, *(argument.name.upper() for argument in self.arguments)])

    def fill(self, words: Sequence[str]) -> list[str]:
        """Return the argument vector for a peer's words.

        Raises:
            RefusalError: they are too few, too many, or not as they have to be.
        """
        count = len(self.arguments)
        if len(words) != count:
            takes = "no arguments" if not count else f"{count} argument{'s' if count > 1 else ''}: {self.usage}"
            raise RefusalError(f"{self.name} takes {takes}")
        for argument, word in zip(self.arguments, words, strict=True):
            argument.check(word)
        return self._filled(words)

    def _filled(self, words: Sequence[str]) -> list[str]:
        given = {
            argument.name: word.encode("utf-8", "surrogateescape")
            for argument, word in zip(self.arguments, words, strict=True)
        }
        return [word.fill(given).decode("utf-8", "surrogateescape") for word in self._words]


def check_pace(name: str, pattern: str) -> None:
    """Refuse a pattern that could try so many ways to match one argument that everybody else would wait.

    Python matches by trying, and nothing can stop it once it does. So the ways are counted before: each repetition
    multiplies them by the counts that it may have.

    Raises:
        UsageError: there are too many, or they cannot be counted.
    """
    # Not public, and there is no other way to have a pattern's parts without parsing it ourselves.
    parsed = import_module("re._parser").parse(pattern)
    ways = _ways_of_all(parsed, name)
    if ways > EXEC_PATTERN_WAYS:
        raise UsageError(
            pattern,
            0,
            f"the pattern of {name} could take too long to match",
            "bound its repetitions, like {1,20}, and do not repeat what repeats",
            len(pattern),
        )


def _ways_of_all(parts: Any, name: str) -> int:
    ways = 1
    for operation, value in parts:
        ways = min(ways * _ways(str(operation), value, name), EXEC_PATTERN_WAYS + 1)
    return ways


def _ways(operation: str, value: Any, name: str) -> int:
    """Return in how many ways one part of a pattern may try to match."""
    if operation in {"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"}:
        return 1
    if operation in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        low: int = value[0]
        body = value[2]
        inner: int = _ways_of_all(body, name)
        high = min(int(value[1]), EXEC_ARGUMENT_CHARACTERS)
        if inner == 1:
            return max(1, high - low + 1)
        ways = 0
        for count in range(low, high + 1):
            ways += inner**count
            if ways > EXEC_PATTERN_WAYS:
                break
        return max(1, ways)
    if operation == "SUBPATTERN":
        return _ways_of_all(value[-1], name)
    if operation == "ATOMIC_GROUP":
        return _ways_of_all(value, name)
    if operation == "BRANCH":
        return sum(_ways_of_all(branch, name) for branch in value[1])
    raise UsageError("", reason=f"the pattern of {name} looks around or back, which cannot be bounded")
