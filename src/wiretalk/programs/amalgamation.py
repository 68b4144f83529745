"""libwiretalk's two files: `wiretalk.h` as it is, and `wiretalk.c`, made of the library's sources.

The rule is that of `make -C c dist`, whose bytes these are: a banner, then every source, the lowest floor first, each
include of a private header replaced by that header the first time, and left out after that.
"""

from __future__ import annotations

import os
import re

from wiretalk.errors import WiretalkError

PACKAGE = os.path.dirname(os.path.dirname(__file__))

PLACES = (os.path.join(PACKAGE, "libwiretalk"), os.path.join(os.path.dirname(os.path.dirname(PACKAGE)), "c"))
"""Where the sources are: in the package; in a clone, beside it."""

ROOMS = ("", "framing", "address", "connection", "server")
"""The folders of the sources, the lowest floor first."""

BANNER = """\
/*
 * wiretalk.c: libwiretalk {version}, all of it in one file. Compile it with your program; wiretalk.h, beside it, is
 * the manual. Made from the library's sources, so change those.
 *
"""
"""What stands before the licence."""

INCLUDE = re.compile(r'#include "(.*)"')
PUBLIC = "wiretalk.h"


def header() -> str:
    """Return wiretalk.h."""
    return _read(os.path.join(_place(), "include", PUBLIC))


def source() -> str:
    """Return wiretalk.c."""
    place = _place()
    found = re.search(r'^#define WT_VERSION "(.*)"', header(), re.MULTILINE)
    licence = _read(_licence(place)).splitlines()
    lines = [
        *BANNER.format(version=found[1] if found else "").splitlines(),
        *(f" * {line}".rstrip() for line in licence),
    ]
    lines += [" */", "#define WTI_AMALGAMATION"]
    seen: set[str] = set()
    for room in ROOMS:
        folder = os.path.join(place, "src", room)
        for name in sorted(os.listdir(folder)):
            if name.endswith(".c"):
                _put(place, f"{room}/{name}".lstrip("/"), seen, lines)
    return "\n".join(lines) + "\n"


def _put(place: str, name: str, seen: set[str], lines: list[str]) -> None:
    """Add a file's lines, and those of the headers that it includes."""
    lines.append(f"/* ---------------- src/{name} */")
    for line in _read(os.path.join(place, "src", name)).removesuffix("\n").split("\n"):
        include = INCLUDE.fullmatch(line)
        if include is None or include[1] == PUBLIC:
            lines.append(line)
        elif include[1] not in seen:
            seen.add(include[1])
            _put(place, include[1], seen, lines)


def _place() -> str:
    for place in PLACES:
        if os.path.exists(os.path.join(place, "include", PUBLIC)):
            return place
    raise WiretalkError("the sources of libwiretalk are not there: install wiretalk again, or say --plain")


def _licence(place: str) -> str:
    """Return the path of the licence: with the sources in the package, above them in a clone."""
    own = os.path.join(place, "LICENSE")
    return own if os.path.exists(own) else os.path.join(os.path.dirname(place), "LICENSE")


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
