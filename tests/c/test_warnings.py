"""No compiler has anything to say of our C: two compilers, two languages, and systems that are not Linux."""

from __future__ import annotations

import os
import re
import shlex
from concurrent.futures import ThreadPoolExecutor

import pytest

from .building import ROOT, C, run

pytestmark = pytest.mark.timeout(600)

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
LIBRARY = sorted(C.glob("src/**/*.c"))
TESTS = sorted(C.glob("tests/**/*.c"))
EXAMPLES = sorted(ROOT.glob("examples/*/*.c"))


def check(compiler, sources, *flags, standard="c99"):
    """Look through each source without making anything of it."""
    words = [*shlex.split(compiler), f"-std={standard}", "-fsyntax-only", *WARNINGS, *flags]
    words += [f"-I{C / name}" for name in ("include", "src", "tests")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda source: run([*words, source]), sources))


def test_clang(tool):
    """What gcc has to say of all this, everything that is built here for a test tells: there warnings are errors."""
    tool("clang")
    check("clang", [*LIBRARY, *TESTS, *EXAMPLES])


def test_examples_on_32_bits(tool):
    """Where a size is no long."""
    tool("arm-linux-gnueabihf-gcc")
    check("arm-linux-gnueabihf-gcc", EXAMPLES)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_nothing_of_linux_is_needed(compiler, tool):
    """Without epoll, accept4, abstract names and what else macOS and the BSDs lack, everything is still there."""
    tool(compiler)
    check(compiler, LIBRARY, "-DWTI_PORTABLE", "-DWTI_POLL")


@pytest.mark.parametrize("standard", ["c17", "gnu17"])
def test_later_standards(standard, c_compiler):
    check(shlex.join(c_compiler), LIBRARY, standard=standard)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_program_in_cpp_includes_the_header(compiler, tool, tmp_path):
    tool(compiler)
    program = tmp_path / "program.cpp"
    program.write_text(
        '#include "wiretalk.h"\n'
        'int main() { wt_framing framing; return wt_framing_parse(&framing, "line", 0, nullptr); }\n',
        encoding="utf-8",
    )
    run([compiler, "-std=c++11", *WARNINGS, "-Wno-c99-extensions", f"-I{C / 'include'}", "-fsyntax-only", program])


def test_only_the_first_header_asks_the_system_for_more():
    """In the one file of the amalgamation, whatever is asked for later would come too late."""
    for path in [*LIBRARY, *C.glob("src/**/*.h")]:
        if path.name != "private.h":
            assert not re.search(r"^#define _\w+_SOURCE", path.read_text(encoding="utf-8"), re.MULTILINE), path
