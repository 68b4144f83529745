"""All the files of a program, as texts by name. Nothing is written to disk here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.programs.wanted import Wanted


def program(wanted: Wanted) -> str:
    """Return the program alone."""
    if wanted.language == "c":
        from wiretalk.programs import cprogram

        return cprogram.source(wanted)
    from wiretalk.programs import pythonprogram

    return pythonprogram.source(wanted)


def files(wanted: Wanted) -> dict[str, str]:
    """Return the program, and what belongs beside it: the program is the first."""
    made = {wanted.file: program(wanted)}
    if wanted.language == "c":
        from wiretalk.programs import amalgamation
        from wiretalk.programs.cprogram import makefile

        made["Makefile"] = makefile()
        if not wanted.plain:
            made["wiretalk.h"] = amalgamation.header()
            made["wiretalk.c"] = amalgamation.source()
    return made
