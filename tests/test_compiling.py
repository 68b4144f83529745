"""C programs compiled for tests: once for the same sources, again for others, and not at all with a warning."""

from __future__ import annotations

import subprocess

import pytest

PROGRAM = '#include "wiretalk.h"\n#include <stdio.h>\nint main(void) {{ {} return puts(wt_how({})) < 0; }}\n'


def test_a_program_has_the_library_in_it_and_is_compiled_once(compile_c, tmp_path):
    source = tmp_path / "how.c"
    source.write_text(PROGRAM.format("", "WT_EREFUSED"))
    program = compile_c([source])
    made = program.stat().st_ino
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"refused\n"
    assert compile_c([source]).stat().st_ino == made
    assert compile_c([source], sanitize=False) != program
    source.write_text(PROGRAM.format("", "0"))
    changed = compile_c([source])
    assert subprocess.run([changed], capture_output=True, check=True).stdout == b"finished\n"


def test_a_warning_is_an_error(compile_c, tmp_path):
    source = tmp_path / "unused.c"
    source.write_text(PROGRAM.format("int unused;", "0"))
    with pytest.raises(AssertionError, match="unused variable"):
        compile_c([source])
