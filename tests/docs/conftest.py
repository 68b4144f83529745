"""The documentation as its tests see it: pages, their sections, and the fenced blocks in them.

What a block shows is run; how, is said in an HTML comment before it, which no reader sees:

    <!-- test: server="wiretalk serve echo :8888" -->    run this in the background first (may be said several times)
    <!-- test: background -->        the last command, or the Python, goes on until the end of the section
    <!-- test: terminal -->          on a terminal of its own; lines after the prompt "> " are typed
    <!-- test: file=server.py -->    written to a file, which a later block runs
    <!-- test: connected="tcp://…" -->    before C that needs a `connection`: this is where it leads
    <!-- test: clone=wiretalk -->    there is a clone of the repository in that folder, as far as C needs one
    <!-- test: examples -->          this is the folder of the examples, in which they have been built
    <!-- test: repository -->        this is the repository, as far as its examples and its usual programs go
    <!-- test: ends=1 -->            the last command, in the background, leaves by itself, with this exit status
    <!-- test: from=PATH -->         a part of that file, compared with it and not run; … alone in a remark is left out
    <!-- test: output -->            what the block before prints
    <!-- not run: the reason -->     shown only

A block of C without `main` is run within one, with `error` and `message` at hand.

Blocks of one section (up to the next heading) are one test, in one empty directory, with ports of their own.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "examples/README.md",
    ROOT / "c/README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "ARCHITECTURE.md",
]
RUN = {"console", "python", "c"}
"""The languages of blocks that are run wherever they stand; of others, those that are written to a file."""

COMMENT = re.compile(r"<!-- (test|not run): (.*?) -->")


class Block:
    """One fenced block: its language, its lines, and what the comment before it says."""

    def __init__(self, where, language, lines, said):
        self.where = where
        self.language = language
        self.lines = lines
        self.text = "\n".join(lines)
        self.not_run = next((words for kind, words in said if kind == "not run"), "")
        words = [word for kind, line in said if kind == "test" for word in shlex.split(line)]
        self.words = {word for word in words if "=" not in word}
        self.values = [tuple(word.split("=", 1)) for word in words if "=" in word]

    def value(self, name):
        return next((value for key, value in self.values if key == name), None)

    @property
    def commands(self):
        """The commands of a console block, each with the lines that it shows."""
        found = []
        for line in self.lines:
            if found and found[-1][0].endswith("\\"):
                found[-1] = (f"{found[-1][0][:-1]}{line.strip()}", [])
            elif line.startswith("$ "):
                found.append((line[2:], []))
            else:
                assert found, f"{self.where}: a console block begins with a command: $ …"
                found[-1][1].append(line)
        return found


class Section:
    """What stands under one heading."""

    def __init__(self, page, title):
        self.page = page
        self.title = title
        self.blocks = []

    def __repr__(self):
        slug = re.sub(r"\W+", "-", self.title.lower()).strip("-")
        return f"{self.page.stem}:{slug}"


class Page:
    """One page: its text, its sections, and what is neither fenced nor a comment."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.sections = [Section(path, "top")]
        self.prose = []
        self._read()

    def __repr__(self):
        return str(self.path.relative_to(ROOT))

    @property
    def blocks(self):
        return [block for section in self.sections for block in section.blocks]

    @property
    def headings(self):
        return [line.lstrip("#").strip() for line in self.prose if line.startswith("#")]

    def _read(self):
        said, language, lines, begin = [], None, [], 0
        for number, line in enumerate(self.text.split("\n"), 1):
            if language is not None:
                if line == "```":
                    block = Block(f"{self}:{begin}", language, lines, said)
                    self.sections[-1].blocks.append(block)
                    said, language, lines = [], None, []
                else:
                    lines.append(line)
            elif line.startswith("```"):
                language, begin = line[3:].strip(), number
            elif comment := COMMENT.fullmatch(line):
                said.append(comment.groups())
            else:
                assert not (said and line.strip()), f"{self}:{number}: the comment before belongs to no block"
                self.prose.append(line)
                if re.match(r"#{1,3} ", line):
                    self.sections.append(Section(self.path, line.lstrip("#").strip()))
        assert language is None, f"{self}: a block without an end"


def pytest_generate_tests(metafunc):
    pages = [Page(path) for path in PAGES]
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", pages, ids=repr)
    if "section" in metafunc.fixturenames:
        runs = [
            section
            for page in pages
            for section in page.sections
            if any(block.language in RUN and not block.not_run for block in section.blocks)
        ]
        metafunc.parametrize("section", runs, ids=repr)


@pytest.fixture(scope="session")
def pages():
    """All pages; README.md first."""
    return [Page(path) for path in PAGES]
