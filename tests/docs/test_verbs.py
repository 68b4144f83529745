"""Every verb of the shell has a page, named in the table of commands, which begins with an example to be pasted.

So has every service of which the table of services names a page. An example that can be pasted shows all that it needs:
no server that only the tests start, nothing that is not run.
"""

from __future__ import annotations

import re

import pytest

from wiretalk.cli.commands import COMMANDS
from wiretalk.service import SERVICES

from .conftest import ROOT, RUN, Page
from .test_links import anchor

DOCS = ROOT / "docs"
ROW = re.compile(r"\| `(?:wiretalk )?(\w+)` \|.*\|([^|]*)\|")
"""A command or a service, and the last column of its row."""

LINK = re.compile(r"\[[^\]]+\]\(([^)\s]*)\)")
OF_NO_PAGE = {"echo", "discard", "chargen", "daytime"}
"""Services of which the table says all."""


def places(page):
    """Return where the page of each row of a page's tables begins: its file, and the anchor of a heading or nothing."""
    found = {}
    for name, cell in filter(None, (row and row.groups() for row in map(ROW.fullmatch, page.prose))):
        for target in LINK.findall(cell)[:1]:
            file, _, heading = target.partition("#")
            found[name] = (DOCS / file if file else page.path, heading)
    return found


def first_of(file, heading):
    """Return the first section with blocks that stands at a place, or None."""
    sections = [section for section in Page(file).sections if section.blocks]
    return next((section for section in sections if not heading or anchor(section.title) == heading), None)


def check(section, shown):
    """See that a section begins with an example to be pasted, in which something is shown."""
    first = section.blocks[0]
    assert first.language in RUN or first.value("file"), f"{first.where}: the first block is no example"
    for block in section.blocks:
        assert not block.not_run, f"{block.where}: this is not run"
        assert not block.value("server"), f"{block.where}: no reader sees {block.value('server')}"
    assert re.search(shown, "\n".join(block.text for block in section.blocks)), f"{section!r} does not show {shown}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_that_begins_with_an_example(name):
    found = places(Page(DOCS / "shell.md"))
    assert name in found, f"docs/shell.md names no page of {name}"
    section = first_of(*found[name])
    assert section is not None, f"the page of {name} has no example"
    check(section, rf"\bwiretalk {name}\b")


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OF_NO_PAGE])
def test_every_service_has_a_page_that_begins_with_an_example(name):
    found = places(Page(DOCS / "serve.md"))
    assert name in found, f"docs/serve.md names no page of {name}"
    section = first_of(*found[name])
    assert section is not None, f"the page of {name} has no example"
    check(section, rf"\bwiretalk serve {name}\b")
