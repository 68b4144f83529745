"""Every verb of the shell has a page, named in the table of commands, which begins with an example that is run."""

from __future__ import annotations

import re

import pytest

from wiretalk.cli.commands import COMMANDS

from .conftest import ROOT, RUN, Page
from .test_links import anchor

SHELL = ROOT / "docs/shell.md"
ROW = re.compile(r"\| `wiretalk (\w+)` \|.*\| \[[^\]]+\]\(([^)\s]*)\)[^|]*\|")
"""A command, and the first link in the last column of its row."""


def places():
    """Return where the page of each command begins: the page, and a heading or nothing."""
    rows = filter(None, map(ROW.fullmatch, SHELL.read_text(encoding="utf-8").split("\n")))
    return {name: target.partition("#")[::2] for name, target in (row.groups() for row in rows)}


def first_of(file, heading):
    """Return the first section with blocks that stands at a place, or None."""
    page = Page(SHELL.parent / file if file else SHELL)
    sections = [section for section in page.sections if section.blocks]
    return next((section for section in sections if not heading or anchor(section.title) == heading), None)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_that_begins_with_an_example(name):
    assert name in places(), f"docs/shell.md names no page of {name}"
    section = first_of(*places()[name])
    assert section is not None, f"the page of {name} has no example"
    first = next((block for block in section.blocks if block.language not in {"", "text"}), section.blocks[0])
    assert first is section.blocks[0], f"{first.where}: a picture stands before the first example"
    assert first.language in RUN, f"{first.where}: the first block is no example"
    assert not first.not_run, f"{first.where}: the first example is not run"
    shown = "\n".join(line for block in section.blocks for line in block.lines if not block.not_run)
    assert re.search(rf"\bwiretalk {name}\b", shown), f"{section!r} shows no {name}"
