"""Every link of the documentation leads somewhere: to a file of the repository, and to a heading that is there."""

from __future__ import annotations

import re

from .conftest import ROOT, Page

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
TARGET = re.compile(r"^([a-z]+):.*$", re.MULTILINE)


def anchor(heading):
    """Return a heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links(page):
    return [target for line in page.prose for target in LINK.findall(line) if not target.startswith("https://")]


def test_every_link_leads_somewhere(page):
    for target in links(page):
        name, _, heading = target.partition("#")
        file = (page.path.parent / name).resolve() if name else page.path
        assert file.is_relative_to(ROOT), f"{page}: {target} leads out of the repository"
        assert file.exists(), f"{page}: {target}: there is no such file"
        if heading:
            assert heading in [anchor(one) for one in Page(file).headings], f"{page}: {target}: no such heading"


def test_every_page_is_linked_from_the_readme(pages):
    targets = {(ROOT / target.partition("#")[0]).resolve() for target in links(pages[0])}
    for page in pages[1:]:
        assert page.path in targets, f"README.md does not link to {page}"


def test_every_target_of_make_that_is_named_is_there(page):
    targets = [
        target
        for name in ("Makefile", "c/Makefile")
        for target in TARGET.findall((ROOT / name).read_text(encoding="utf-8"))
    ]
    for target in re.findall(r"`make (\w+)`|^\$ make (\w+)", page.text, re.MULTILINE):
        assert "".join(target) in targets
