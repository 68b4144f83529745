"""Compile C for the tests: programs with all of libwiretalk in them, each compiled once, whoever asks for it first.

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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACES = (ROOT / "c" / "include", ROOT / "c" / "src", ROOT / "c" / "tests")
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
        self.command = command
        self._version = subprocess.run([*command, "--version"], capture_output=True, check=True).stdout

    def compile(self, sources, *flags, sanitize=True):
        """Return the path of a program made of these sources and all of c/src, warnings being errors.

        Args:
            sources: the program's own.
            flags: more for the compiler: -DNAME, say.
            sanitize: whether ASan and UBSan watch it.
        """
        sources = [Path(source) for source in sources]
        flags = (*(SANITIZERS if sanitize else ()), *flags)
        library = sorted((ROOT / "c" / "src").rglob("*.c"))
        beside = [header for source in sources for place in source.parents[:2] for header in place.glob("*.h")]
        headers = sorted({*beside, *(header for place in PLACES for header in place.rglob("*.h"))})
        known = self._digest(flags, [header.read_bytes() for header in headers])
        with ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(lambda source: self._object(source, flags, known), [*sources, *library]))
        name = f"{sources[0].stem}-{self._digest(flags, map(str, objects))}"
        return self._made(name, [*objects, *(flag for flag in flags if flag.startswith("-f")), "-pthread"])

    def _object(self, source, flags, known):
        places = [word for place in PLACES for word in ("-I", place)]
        name = f"{source.stem}-{self._digest(known, source.read_bytes(), str(source))}.o"
        return self._made(name, [*PLAIN, *flags, *places, "-c", source])

    def _made(self, name, words):
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
            ran = subprocess.run(
                [*self.command, *words, "-o", unfinished], capture_output=True, text=True, errors="replace", check=False
            )
            assert ran.returncode == 0, f"{shlex.join(map(str, ran.args))}\n{ran.stdout}{ran.stderr}"
            os.replace(unfinished, path)
        return path

    def _digest(self, *parts):
        digest = hashlib.sha256(repr((self.command, self._version, PLAIN)).encode())
        for part in parts:
            digest.update(repr(list(part) if not isinstance(part, (str, bytes)) else part).encode())
        return digest.hexdigest()[:20]


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
