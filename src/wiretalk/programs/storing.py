"""Files into a directory: all of them or none, and never over one that is there."""

from __future__ import annotations

import contextlib
import os

from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED = frozenset({"Makefile", "wiretalk.h", "wiretalk.c"})
"""What several programs in one directory share: where the very same is there already, there is nothing to write."""


def store(files: Mapping[str, str], directory: str) -> list[str]:
    """Write files; return the names of those that were not there yet.

    Args:
        files: text by name.
        directory: where to; it is made where it is missing.

    Raises:
        UsageError: a file of such a name is there, and nothing was written.
        OSError: the system says no, and nothing was left there.
    """
    there = [name for name in files if os.path.lexists(os.path.join(directory, name))]
    kept = [name for name in there if name in SHARED and _holds(os.path.join(directory, name), files[name])]
    refused = [name for name in there if name not in kept]
    if refused:
        are = "is there already" if len(refused) == 1 else "are there already"
        where = "" if directory == os.curdir else f" in {directory}"
        hint = "nothing was written; --directory DIR says where else"
        raise UsageError("", reason=f"{', '.join(refused)} {are}{where}", hint=hint)
    os.makedirs(directory, exist_ok=True)
    written: list[str] = []
    try:
        for name, text in files.items():
            if name not in kept:
                # "x" fails where somebody else was faster.
                with open(os.path.join(directory, name), "x", encoding="utf-8") as file:
                    written.append(name)
                    file.write(text)
    except BaseException:
        for name in written:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(directory, name))
        raise
    return written


def _holds(path: str, text: str) -> bool:
    """Whether a file holds exactly this text."""
    try:
        with open(path, "rb") as file:
            return file.read() == text.encode()
    except OSError:
        return False
