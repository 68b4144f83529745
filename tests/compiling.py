"""Compile C programs for the tests, with libwiretalk in them, each once, whoever asks for it first.

What came out of the compiler is kept in build/tests, under a name made of all that went in, so that it holds for the
next session and for other processes. Nothing is run here.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from tests.c.building import ROOT, C, make

PLACES = (C / "include", C / "src", C / "tests")
"""Where headers are found."""

KEPT = ROOT / "build" / "tests"
KEPT_FOR_S = 24 * 3600
"""What nobody asked for in so long is removed when something new is compiled."""

PLAIN = ("-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-pthread")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


def find_compiler():
    """Return the command of the C compiler, $CC or cc, as a list of words; None where there is none."""
    command = shlex.split(os.environ.get("CC", "")) or ["cc"]
    return command if shutil.which(command[0]) else None


class Compiler:
    """A C compiler, and what it has compiled.

    Args:
        command: the compiler, a list of words.
    """

    def __init__(self, command):
        self._words = [*command, *PLAIN, *(word for place in PLACES for word in ("-I", place))]
        self._version = subprocess.run([*command, "--version"], capture_output=True, check=True).stdout
        self._libraries = {}

    def compile(self, sources, *flags, sanitize=True):
        """Return the path of a program made of these sources and libwiretalk, warnings being errors.

        Args:
            sources: the program's own.
            flags: more for the compiler: -DNAME, say.
            sanitize: whether ASan and UBSan watch it, and the library in it.
        """
        sources = [Path(source) for source in sources]
        library, version = self._library(sanitize)
        flags = (*(SANITIZERS if sanitize else ()), *flags)
        digest = hashlib.sha256(repr((self._words, self._version, flags, sources, version)).encode())
        beside = {header for source in sources for place in source.parents[:2] for header in place.glob("*.h")}
        for file in [*sources, *sorted(beside), *sorted(C.glob("include/*.h"))]:
            digest.update(file.read_bytes())
        name = f"{sources[0].stem}-{digest.hexdigest()[:20]}"
        return self._made(name, [*self._words, *flags, *sources, library])

    def _library(self, sanitize):
        """Return the library's path, and what tells one version of it from another. It is made once."""
        if sanitize not in self._libraries:
            way, name = ("checked", "checked/libwiretalk.a") if sanitize else ("library", "libwiretalk.a")
            library = C / "build" / way / name
            make(way, library)
            self._libraries[sanitize] = library, hashlib.sha256(library.read_bytes()).hexdigest()
        return self._libraries[sanitize]

    @staticmethod
    def _made(name, words):
        """Return the path of what the compiler makes of these words, which is there already or is made now."""
        path = KEPT / name
        KEPT.mkdir(parents=True, exist_ok=True)
        with open(KEPT / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                os.utime(path)
                return path
            _forget_old()
            unfinished = KEPT / f"{name}.unfinished"
            ran = subprocess.run([*words, "-o", unfinished], capture_output=True, encoding="utf-8", check=False)
            assert ran.returncode == 0, f"{shlex.join(map(str, ran.args))}\n{ran.stdout}{ran.stderr}"
            os.replace(unfinished, path)
        return path


def _forget_old():
    """Remove what nobody asked for in a long time."""
    limit = time.time() - KEPT_FOR_S
    for path in KEPT.iterdir():
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
        except FileNotFoundError:
            # Another process did.
            continue
