"""`make -C examples` builds every C program, with the compiler and the flags it is told, and says nothing wrong."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from .conftest import EXAMPLES

PROGRAMS = sorted(str(path.relative_to(EXAMPLES).with_suffix("")) for path in EXAMPLES.glob("*/*.c"))


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_make_builds_them_all(require, tmp_path, compiler):
    for tool in (compiler, "make"):
        require(shutil.which(tool), f"{tool} is not installed")
    command = ["make", "-C", str(EXAMPLES), "-j2", f"BUILD={tmp_path}/b", f"CC={compiler}", "CFLAGS=-O0 -DTOLD"]
    # What a make around this one told its own children is not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    for name in PROGRAMS:
        assert os.access(tmp_path / "b" / name, os.X_OK)
        told = next(line for line in ran.stdout.splitlines() if line.endswith(f"{name}.c {tmp_path}/b/c/libwiretalk.a"))
        assert told.startswith(f"{compiler} ")
        assert "-O0 -DTOLD" in told
        assert "-Werror" in told
    again = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert compiler not in again.stdout, "it builds again what is built"


def test_every_program_is_there_in_both_languages():
    in_python = {str(path.relative_to(EXAMPLES).with_suffix("")) for path in EXAMPLES.glob("*/*.py")}
    assert set(PROGRAMS) == in_python
