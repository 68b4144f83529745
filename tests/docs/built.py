"""The folder of the examples as it is after `make`, for the commands that the documentation shows."""

from __future__ import annotations

import os
import re

from tests.c.building import ROOT
from tests.compiling import Compiler, find_compiler

PROGRAM = re.compile(r"\bbuild/(\w+/\w+)")


def lay_out_examples(place, texts):
    """Make a place look like that folder.

    Args:
        place: where.
        texts: what is to be run; the programs that are named there are compiled.
    """
    for source in (ROOT / "examples").iterdir():
        if source.name != "build":
            place.path(source.name).symlink_to(source)
    compiler = Compiler(find_compiler())
    for name in sorted({name for text in texts for name in PROGRAM.findall(text)}):
        built = place.path("build") / name
        built.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(compiler.compile([ROOT / "examples" / f"{name}.c"]), built)
