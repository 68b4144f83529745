"""A room of c/src includes headers from its own folder and from floors below alone, and framing knows no system."""

from __future__ import annotations

import re

import pytest

from .building import C, run

FLOORS = ["", "framing", "address", "connection", "server"]
"""The rooms, from the lowest floor upwards; "" is c/src itself."""

FRAMING_MAY_ASK_FOR = {
    "ctype.h",
    "inttypes.h",
    "limits.h",
    "stdarg.h",
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "stdio.h",
    "string.h",
}
"""Headers that every C compiler has, microcontrollers' too. stdio.h is for snprintf."""

ASKS = ("malloc", "calloc", "realloc", "free", "errno", "printf", "fprintf", "fopen", "abort", "exit")
"""What must not be called in framing: memory, and whatever is somebody's face."""

SOURCES = sorted(C.glob("src/**/*.[ch]"))


def room(path):
    return path.parent.name if path.parent.name != "src" else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(C / "src")))
def test_includes_go_downwards(path):
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r'^#include "(.*)"$', text, re.MULTILINE):
        if name != "wiretalk.h":
            target = C / "src" / name
            assert target.exists(), f"{name}: includes are written from c/src"
            assert FLOORS.index(room(target)) <= FLOORS.index(room(path)), name


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if room(path) in {"", "framing"}],
    ids=lambda path: str(path.relative_to(C / "src")),
)
def test_the_lowest_floors_need_no_system(path):
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"^#include <(.*)>", text, re.MULTILINE)) <= FRAMING_MAY_ASK_FOR
    code = re.sub(r"/\*.*?\*/|\"(?:[^\"\\]|\\.)*\"", "", text, flags=re.DOTALL)
    for name in ASKS:
        assert not re.search(rf"(?<!\w){name}\b(?= *\()", code), name


def test_framing_calls_nothing_but_what_moves_and_writes_bytes(made, tool):
    """What a microcontroller's C library has: no memory is asked for, and nothing is opened."""
    tool("nm")
    folder = made("library", "all") / "library"
    objects = [*sorted(folder.glob("*.o")), *sorted(folder.glob("framing/*.o"))]
    told = run(["nm", *objects])
    defined = set(re.findall(r" [A-TV-Z] (\w+)$", told, re.MULTILINE))
    called = set(re.findall(r" U (\w+)$", told, re.MULTILINE)) - defined
    may = {"memchr", "memcmp", "memcpy", "memmove", "memset", "strchr", "strcmp", "strcspn", "strlen", "strncmp"}
    may |= {"snprintf", "vsnprintf", "_GLOBAL_OFFSET_TABLE_"}
    # Where the compiler looks after buffers.
    may |= {"__stack_chk_fail", "__memcpy_chk", "__memmove_chk", "__snprintf_chk", "__vsnprintf_chk"}
    assert len(objects) > 10
    assert called <= may
