"""Texts put together of parts. What is put into them is for others to say; here are the rules of the template alone.

A part is a file of `templates/`. `$name` stands for a value; alone in its line, for lines of their own, which are
indented as it is; without any, the line goes. What a part includes or imports (its lines up to the first empty one)
goes to the head of the whole, where `$includes` or `$imports` stands, once and in order.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = os.path.join(os.path.dirname(__file__), "templates")
HEAD = re.compile(r"(#include <|import |from )")
SLOT = re.compile(r"\$([a-z_]+)")


class Composer:
    """Composes one program.

    Args:
        folder: where its parts are, within `templates/`.
        values: what the names of all parts stand for.
    """

    def __init__(self, folder: str, values: Mapping[str, str]) -> None:
        self._folder = folder
        self._values = dict(values)
        self._heads: set[str] = set()

    def part(self, name: str, **values: str) -> str:
        """Return a part, filled in; what it includes or imports is kept for the head of the whole."""
        lines = read(f"{self._folder}/{name}").split("\n")
        while lines and (HEAD.match(lines[0]) or not lines[0]):
            if lines[0]:
                self._heads.add(lines[0])
            del lines[0]
        return self._filled(lines, values).rstrip("\n")

    def whole(self, name: str, **values: str) -> str:
        """Return the whole text, with a head of what all parts made so far include or import."""
        lines = read(f"{self._folder}/{name}").split("\n")
        for slot in ("$includes", "$imports"):
            if slot in lines:
                begin = end = lines.index(slot)
                while HEAD.match(lines[end + 1]):
                    end += 1
                heads = sorted(self._heads.union(lines[begin + 1 : end + 1]), key=_order)
                lines[begin : end + 1] = heads
        return _tidied(self._filled(lines, values))

    def _filled(self, lines: list[str], values: Mapping[str, str]) -> str:
        known = self._values | dict(values)
        filled = []
        for line in lines:
            alone = SLOT.fullmatch(line.strip())
            if alone is None:
                filled.append(SLOT.sub(lambda slot: known[slot[1]], line))
            elif known[alone[1]]:
                margin = line[: len(line) - len(line.lstrip())]
                filled += [margin + one if one else "" for one in known[alone[1]].split("\n")]
        return "\n".join(filled)


def read(name: str) -> str:
    """Return the text of a template."""
    with open(os.path.join(HERE, f"{name}.in"), encoding="utf-8") as file:
        return file.read()


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line


def _tidied(text: str) -> str:
    """Return a text without the empty lines that slots without lines have left: two are the most, within a body one."""
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    return re.sub(r"\n{3,}(?=[ }])", "\n\n", text).lstrip("\n").rstrip("\n") + "\n"
