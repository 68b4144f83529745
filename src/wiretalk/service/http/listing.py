"""What is in a directory, as a page for people and as JSON for programs. No HTTP here.

Names are whatever bytes somebody has called a file: on the page they are escaped, what does not print is replaced, and
the link has every byte of them.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import stat
import time
from urllib.parse import quote_from_bytes

from wiretalk.limits import HTTP_LISTED
from wiretalk.service.http.target import write_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #666; --link: #0a58ca; }
@media (prefers-color-scheme: dark) { :root { --quiet: #aaa; --link: #8ab4f8; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { font-weight: normal; text-align: left; }
th a, .size, .date, p { color: var(--quiet); }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .5rem; }
.name { overflow-wrap: anywhere; width: 99%; }
.size, .date { text-align: right; white-space: nowrap; }
@media (max-width: 36rem) { .date { display: none; } }
"""

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)
"""The Content-Security-Policy of a page: it may do nothing, and look as said above."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
<h1>{way}</h1>
<table>
<tr><th class="name"><a href="?sort={by_name}">Name</a><th class="size"><a href="?sort={by_size}">Size</a>\
<th class="date"><a href="?sort={by_date}">Changed</a>
{rows}</table>
<p>{sum}
</html>
"""

ROW = '<tr><td class="name"><a href="{href}">{name}</a><td class="size" title="{bytes}">{size}<td class="date">{date}\n'

UNITS = ("kB", "MB", "GB", "TB", "PB")


class Entry:
    """One name in a directory.

    Args:
        name: its bytes.
        kind: "directory", "file", "link" or "other". Where a link leads is not looked at.
        size: in bytes; None for what has none that would tell something.
        changed: Unix time.
    """

    __slots__ = ("changed", "kind", "name", "size")

    def __init__(self, name: bytes, kind: str, size: int | None, changed: float) -> None:
        self.name = name
        self.kind = kind
        self.size = size
        self.changed = changed

    @property
    def text(self) -> str:
        """The name for people; a directory's ends in a slash."""
        name = self.name.decode("utf-8", "replace")
        shown = "".join(character if character.isprintable() else "\ufffd" for character in name)
        return f"{shown}/" if self.kind == "directory" else shown

    @property
    def href(self) -> str:
        """The name for a link beside it."""
        return f"./{quote_from_bytes(self.name, safe='')}" + ("/" if self.kind == "directory" else "")


SORTS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.text.casefold(),
    "size": lambda entry: entry.size or 0,
    "date": lambda entry: entry.changed,
}


def read_entries(descriptor: int, *, hidden: bool) -> tuple[list[Entry], bool]:
    """Return what is in an open directory, and whether that is all.

    Args:
        descriptor: of the directory.
        hidden: whether names that begin with a dot count.

    Raises:
        OSError: it cannot be read.
    """
    entries: list[Entry] = []
    with os.scandir(descriptor) as found:
        for one in found:
            name = os.fsencode(one.name)
            if name.startswith(b".") and not hidden:
                continue
            if len(entries) == HTTP_LISTED:
                return entries, False
            try:
                status = one.stat(follow_symlinks=False)
            except FileNotFoundError:
                # It has gone since.
                continue
            entries.append(Entry(name, _kind(status.st_mode), _size(status), status.st_mtime))
    return entries, True


def sort_entries(entries: list[Entry], query: str) -> tuple[str, bool]:
    """Sort entries as a query says ("sort=-date"), directories first; return by what, and whether backwards."""
    word = next((part[5:] for part in query.split("&") if part.startswith("sort=")), "name")
    by, backwards = word.lstrip("-"), word.startswith("-")
    if by not in SORTS:
        by, backwards = "name", False
    entries.sort(key=SORTS["name"])
    entries.sort(key=SORTS[by], reverse=backwards)
    entries.sort(key=lambda entry: entry.kind != "directory")
    return by, backwards


def page(names: Sequence[bytes], entries: list[Entry], query: str, *, whole: bool) -> bytes:
    """Return a directory as a page of HTML.

    Args:
        names: the way to it.
        entries: what is in it; they are sorted.
        query: of the request.
        whole: whether these are all.
    """
    by, backwards = sort_entries(entries, query)
    path = "/" + "".join(f"{Entry(name, 'directory', None, 0).text}" for name in names)
    rows = [] if not names else [ROW.format(href="../", name="../", bytes="", size="", date="")]
    rows += [_row(entry) for entry in entries]
    count = len(entries)
    told = f"{count:,} {'entry' if count == 1 else 'entries'}" if count else "There is nothing here."
    if not whole:
        told = f"There is more here: these are {count:,} of the entries."
    return PAGE.format(
        title=html.escape(path),
        style=STYLE,
        way=_way(names),
        rows="".join(rows),
        sum=told,
        **{f"by_{one}": f"-{one}" if one == by and not backwards else one for one in SORTS},
    ).encode("utf-8", "replace")


def as_json(names: Sequence[bytes], entries: list[Entry], query: str, *, whole: bool) -> bytes:
    """Return a directory as JSON; for the arguments see `page`."""
    sort_entries(entries, query)
    told = [
        {"name": entry.text, "href": entry.href, "kind": entry.kind, "size": entry.size, "changed": entry.changed}
        for entry in entries
    ]
    return json.dumps({"path": write_path(names, slash=True), "entries": told, "whole": whole}).encode() + b"\n"


def human(size: int) -> str:
    """Return a size as people read it.

    >>> human(999), human(1000), human(123_456_789)
    ('999 B', '1.0 kB', '123 MB')
    """
    if size < 1000:
        return f"{size} B"
    value, unit = float(size), ""
    for unit in UNITS:  # noqa: B007  # the last one that was needed
        value /= 1000
        if value < 999.5:
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def _row(entry: Entry) -> str:
    return ROW.format(
        href=entry.href,
        name=html.escape(entry.text),
        bytes="" if entry.size is None else f"{entry.size:,} bytes",
        size=human(entry.size) if entry.size is not None else "" if entry.kind == "directory" else entry.kind,
        date=time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.changed)),
    )


def _way(names: Sequence[bytes]) -> str:
    """Return the way to a directory, each step of it a link."""
    steps = ['<a href="/">/</a>']
    for at, name in enumerate(names, 1):
        text = html.escape(Entry(name, "directory", None, 0).text)
        steps.append(f'<a href="{write_path(names[:at], slash=True)}">{text}</a>')
    return "".join(steps)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "directory"
    return "file" if stat.S_ISREG(mode) else "link" if stat.S_ISLNK(mode) else "other"


def _size(status: os.stat_result) -> int | None:
    return status.st_size if stat.S_ISREG(status.st_mode) else None
