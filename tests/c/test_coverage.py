"""The tests run 95 of 100 lines of c/src at least."""

from __future__ import annotations

import re

import pytest

from .building import KEPT, C, run

pytestmark = pytest.mark.timeout(600)


def test_the_tests_run_the_lines(tool, c_compiler):
    tool("make", "gcov")
    assert c_compiler
    told = run(["make", "-s", "-j2", f"BUILD={KEPT / 'coverage'}", "coverage"])
    print(told)
    for path in C.glob("src/**/*.c"):
        assert f"  {path.relative_to(C)}\n" in told, f"no line of {path} was counted"


def test_too_few_lines_fail(tool, tmp_path):
    counted = tmp_path / "counted"
    counted.write_text(
        "File 'src/one.c'\nLines executed:94.00% of 100\n\nFile '/usr/include/x.h'\nLines executed:0.00% of 9\n"
    )
    with pytest.raises(AssertionError, match="fewer than 95 %"):
        run(["awk", "-v", "least=95", "-f", "coverage.awk", counted])
    assert re.search(r"94.00 % of +100 lines  all", run(["awk", "-v", "least=94", "-f", "coverage.awk", counted]))
