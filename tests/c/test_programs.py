"""Every test program of c/tests, with the address and the undefined-behaviour sanitizer watching."""

from __future__ import annotations

import pytest

from .building import PROGRAMS, C, run

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_it_is_built_here(program, made):
    assert " 0 checks failed" in run([made("checked", "programs") / "tests" / program])


@pytest.mark.parametrize("program", [name for name in PROGRAMS if name.startswith(("connection/", "server/"))])
def test_with_nothing_that_other_systems_lack(program, made):
    """Without epoll, accept4, abstract names and what else is Linux's own: the way that macOS and the BSDs take."""
    assert " 0 checks failed" in run([made("portable", "programs") / "tests" / program])


def test_none_is_forgotten():
    """A test that is not called *_test.c is never built; show_*.c are programs that Python's tests build and ask."""
    for path in C.glob("tests/**/*.c"):
        if not path.name.startswith("show_") and not path.name.endswith("_test.c"):
            assert "int main" not in path.read_text(encoding="utf-8"), path


def test_a_program_that_fails_says_where(tmp_path, compile_c):
    wrong = tmp_path / "wrong_test.c"
    wrong.write_text(
        '#include "check.h"\nTEST(two_and_two) { CHECK_INT(5, 2 + 2); }\n'
        "int main(void) { RUN(two_and_two); return check_done(); }\n",
        encoding="utf-8",
    )
    with pytest.raises(AssertionError, match=r"wrong_test.c:2: in two_and_two: 2 \+ 2 is 4, not 5"):
        run([compile_c([wrong])])
