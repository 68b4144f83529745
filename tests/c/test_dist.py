"""The two files to copy: they are made of the sources alone, the same every time, and work as the sources do."""

from __future__ import annotations

import re
import sys

import pytest

from .building import ROOT, C, run

pytestmark = pytest.mark.timeout(600)

ADVICE = "Compile it with your program; wiretalk.h, beside it, is"
ROOMS = ("", "framing/", "address/", "connection/", "server/")
PRIVATE = {str(path.relative_to(C / "src")) for path in C.glob("src/**/*.h")}


def is_public(path):
    """Whether a test knows nothing of the library but its header, as Makefile has it."""
    return not PRIVATE & set(re.findall(r'^#include "(.*)"$', path.read_text(encoding="utf-8"), re.MULTILINE))


PUBLIC = sorted(
    str(path.relative_to(C / "tests").with_suffix("")) for path in C.glob("tests/**/*_test.c") if is_public(path)
)


def amalgamation():
    """Return the bytes of wiretalk.c by the rule that amalgamate.awk tells."""
    version = re.search(r'^#define WT_VERSION "(.*)"$', (C / "include/wiretalk.h").read_text(), re.MULTILINE).group(1)
    lines = [
        "/*",
        f" * wiretalk.c: libwiretalk {version}, all of it in one file. {ADVICE}",
        " * the manual. Made from the library's sources, so change those.",
        " *",
    ]
    lines += [f" * {line}".rstrip() for line in (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()]
    lines += [" */", "#define WTI_AMALGAMATION"]
    seen = set()

    def put(name):
        lines.append(f"/* ---------------- {name} */")
        for line in (C / name).read_text(encoding="utf-8").splitlines():
            included = re.fullmatch('#include "(.*)"', line)
            if not included or included.group(1) == "wiretalk.h":
                lines.append(line)
            elif included.group(1) not in seen:
                seen.add(included.group(1))
                put(f"src/{included.group(1)}")

    for room in ROOMS:
        for path in sorted((C / "src" / room).glob("*.c")):
            put(f"src/{room}{path.name}")
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture(scope="session")
def files(made):
    return made("checked", "dist") / "files"


def test_the_header_is_the_librarys_own(files):
    assert (files / "wiretalk.h").read_bytes() == (C / "include/wiretalk.h").read_bytes()


def test_the_source_is_made_by_the_rule(files):
    assert (files / "wiretalk.c").read_bytes() == amalgamation()


def test_it_is_the_same_every_time(files, tool, tmp_path):
    tool("make")
    run(["make", "-s", f"BUILD={tmp_path}", f"DIST={tmp_path / 'again'}", "dist"])
    assert (tmp_path / "again/wiretalk.c").read_bytes() == (files / "wiretalk.c").read_bytes()


def test_wiretalk_new_writes_the_same_two(files, tmp_path):
    run([sys.executable, "-m", "wiretalk", "new", "c", "client", "tcp://localhost:8888", "--directory", tmp_path])
    for name in ("wiretalk.h", "wiretalk.c"):
        assert (tmp_path / name).read_bytes() == (files / name).read_bytes()


def test_every_room_is_in_it(files):
    text = (files / "wiretalk.c").read_text(encoding="utf-8")
    for path in C.glob("src/**/*.[ch]"):
        assert text.count(f"/* ---------------- {path.relative_to(C)} */") == 1, path


def test_nothing_private_is_seen_from_outside(files, tool, tmp_path):
    """Only wt_… comes out of the object file, so that no name of ours meets one of the program's."""
    tool("nm")
    run(["gcc", "-std=c99", "-O1", "-c", files / "wiretalk.c", "-o", tmp_path / "wiretalk.o"])
    seen = {line.split()[-1] for line in run(["nm", "-g", "--defined-only", tmp_path / "wiretalk.o"]).splitlines()}
    assert seen
    assert {name for name in seen if not re.match(r"_?wt_", name)} == set()


@pytest.mark.parametrize("program", PUBLIC)
def test_its_programs(program, made):
    """As a user builds it: optimized, and nobody watching."""
    assert " 0 checks failed" in run([made("plain", "dist-programs") / "dist" / program])


@pytest.mark.parametrize("program", PUBLIC)
def test_its_programs_by_clang(program, made, tool):
    """By the other compiler, with its sanitizers."""
    tool("clang")
    assert " 0 checks failed" in run([made("clang", "dist-programs") / "dist" / program])
