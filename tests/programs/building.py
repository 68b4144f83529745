"""Programs as `wiretalk new` writes them, ready to run: those in C are built, each once, whoever asks for it first."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import time

from tests.compiling import KEPT_FOR_S, ROOT

from wiretalk.address import parse
from wiretalk.programs import Wanted, amalgamation
from wiretalk.programs.writing import program

KEPT = ROOT / "build" / "programs"
"""Where programs are kept; what nobody asked for in a day is removed."""

FRAMINGS = (
    *("raw", "raw:utf8", "line", "line:crlf", "delimiter:0d0a0d", "length:u8", "length:u16be", "length:u16le"),
    *("length:u32be", "length:u32le", "length:varint", "netstring", "fixed:16", "slip", "cobs"),
)
"""One of each kind; this delimiter ends as it begins, which is the hard case."""

STREAMS = {"tcp": "//localhost:8888", "tcp4": "//127.0.0.1:8888", "tcp6": "//[::1]:8888", "unix": "x.sock"}
DATAGRAMS = {"udp": "//localhost:8888", "udp4": "//127.0.0.1:8888", "udp6": "//[::1]:8888", "unixgram": "x.sock"}

KINDS = {
    "c": ("c", False),
    "c-plain": ("c", True),
    "python": ("python", False),
    "python-plain": ("python", True),
}
"""In what a program can be written: language, and whether without a library."""

WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")


def written(kind, role, address, frame=None):
    """Return the text of a program."""
    language, plain = KINDS[kind]
    return program(Wanted(language, role, parse(address), frame=frame, plain=plain))


def all_combinations():
    """Yield every kind, role, address and framing."""
    for kind in KINDS:
        for role in ("client", "server"):
            for scheme, place in STREAMS.items():
                for frame in FRAMINGS:
                    yield kind, role, f"{scheme}:{place}", frame
            for scheme, place in DATAGRAMS.items():
                yield kind, role, f"{scheme}:{place}", None


class Builder:
    """Builds programs, and keeps them for the next session and for other processes.

    Args:
        compiler: the C compiler, a list of words; None: there is none.
    """

    def __init__(self, compiler):
        KEPT.mkdir(parents=True, exist_ok=True)
        forget_old()
        self.compiler = compiler
        self._version = b""
        if compiler:
            self._version = subprocess.run([*compiler, "--version"], capture_output=True, check=True).stdout

    def command(self, kind, role, address, frame=None):
        """Return the words that run a program."""
        text = written(kind, role, address, frame)
        if kind == "python":
            return [sys.executable, str(self._stored(text, "py"))]
        if kind == "python-plain":
            # Neither our environment nor wiretalk is there for it.
            return [sys.executable, "-IS", str(self._stored(text, "py"))]
        return [str(self.built(text, library=kind == "c"))]

    def built(self, text, *flags, library=False):
        """Return the path of a program in C."""
        parts = []
        if library:
            header = self._stored(amalgamation.header(), "h", "wiretalk.h")
            source = self._stored(amalgamation.source(), "c", "wiretalk.c", amalgamation.header())
            flags = (*flags, "-I", header.parent)
            parts = [self._made("o", [*WARNINGS, "-O1", "-I", header.parent, "-c", source], source.read_text())]
        source = self._stored(text, "c")
        words = [*WARNINGS, "-g", *flags, "-pthread", source, *parts]
        return self._made("program", words, text, *map(str, parts))

    def _stored(self, text, suffix, name=None, *more):
        """Return the path of a file with this text."""
        digest = hashlib.sha256(repr((text, more)).encode()).hexdigest()[:20]
        path = KEPT / (f"{digest}.{suffix}" if name is None else f"{digest}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            os.utime(path)
        else:
            unfinished = path.with_name(f"{path.name}.{os.getpid()}")
            unfinished.write_text(text)
            os.replace(unfinished, path)
        return path

    def _made(self, suffix, words, *parts):
        """Return the path of what the compiler makes of these words, which is there already or is made now."""
        key = repr((self.compiler, self._version, [str(word) for word in words], parts)).encode()
        path = KEPT / f"{hashlib.sha256(key).hexdigest()[:20]}.{suffix}"
        with open(f"{path}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                os.utime(path)
            else:
                ran = subprocess.run(
                    [*self.compiler, *words, "-o", f"{path}.unfinished"],
                    capture_output=True,
                    text=True,
                    errors="replace",
                    check=False,
                )
                assert ran.returncode == 0, ran.stderr
                os.replace(f"{path}.unfinished", path)
        return path


def forget_old():
    """Remove what nobody asked for in a long time; another process may do so too."""
    limit = time.time() - KEPT_FOR_S
    for path in KEPT.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink()
