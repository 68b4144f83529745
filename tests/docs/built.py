"""The folder of the examples as it is after `make`, for the commands that the documentation shows."""

from __future__ import annotations

import os
import re

from tests.c.building import ROOT
from tests.compiling import Compiler, find_compiler

PROGRAM = re.compile(r"\bbuild/(\w+/\w+)")


def lay_out_examples(folder, texts):
    """Make a folder look like that one.

    Args:
        folder: where.
        texts: what is to be run; the programs that are named there are compiled.
    """
    folder.mkdir(exist_ok=True)
    for source in (ROOT / "examples").iterdir():
        if source.name != "build":
            (folder / source.name).symlink_to(source)
    compiler = Compiler(find_compiler())
    for name in sorted({name for text in texts for name in PROGRAM.findall(text)}):
        built = folder / "build" / name
        built.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(compiler.compile([ROOT / "examples" / f"{name}.c"]), built)


def lay_out_repository(folder, texts):
    """Make a folder look like the repository, as far as `docs/usual` and the examples go.

    Args:
        folder: where.
        texts: what is to be run; the programs of the examples that are named there are compiled.
    """
    (folder / "docs").mkdir()
    (folder / "docs/usual").symlink_to(ROOT / "docs/usual")
    if any("examples/" in text for text in texts):
        lay_out_examples(folder / "examples", texts)
