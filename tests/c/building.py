"""Build libwiretalk as its Makefile does, in several ways side by side. Nothing of a test's judgement lives here.

What was built is kept in c/build, a folder for each way, and make builds again what has changed. A lock lets the
processes that run tests at once build each way once.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
C = ROOT / "c"
KEPT = C / "build"
PATIENCE_S = 300
"""Past this, a build or a program does not end. Machines that are busy or emulated need most of it."""

PROGRAMS = sorted(str(path.relative_to(C / "tests").with_suffix("")) for path in C.glob("tests/**/*_test.c"))
"""The test programs, by name: "framing/line_test"."""

HIDDEN = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "DESTDIR", "PREFIX"}
"""What a make around the tests would tell ours."""

QUICK = {"TEST_CFLAGS": "-O0"}
"""For ways whose point is not how it is optimized: the compiler takes half as long."""

WAYS = {
    "checked": {},
    "portable": {"DEFINES": "-DWTI_PORTABLE -DWTI_POLL"} | QUICK,
    "plain": {"SANITIZE": "", "TEST_CFLAGS": "-O1"},
    "clang": {"CC": "clang"} | QUICK,
    "library": {"CFLAGS": "-O2 -g -Werror"},
    "armhf": {"CC": "arm-linux-gnueabihf-gcc", "SANITIZE": ""},
    "arm64": {"CC": "aarch64-linux-gnu-gcc", "SANITIZE": ""} | QUICK,
    "s390x": {"CC": "s390x-linux-gnu-gcc", "SANITIZE": ""} | QUICK,
}
"""What make is told for each way of building."""

EMULATORS = {
    "armhf": ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"],
    "arm64": ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
    "s390x": ["qemu-s390x", "-L", "/usr/s390x-linux-gnu"],
}
"""What runs a program of each machine here."""


def environment():
    """Return the environment for programs that the tests start, without what a make around them has set."""
    return {name: value for name, value in os.environ.items() if name not in HIDDEN}


def run(words, **settings):
    """Run a command to its end; return what it told on standard output. It must not fail."""
    words = [str(word) for word in words]
    settings = {"cwd": C, "env": environment()} | settings
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        **settings,
    ) as process:
        try:
            told, _ = process.communicate(timeout=PATIENCE_S)
        except BaseException:
            # What it has started, a make's compilers say, ends with it.
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 0, f"{shlex.join(words)}: exit status {process.returncode}\n{told}"
    return told


def make(way, *targets, **variables):
    """Make targets in one of the WAYS; return the folder that it is built in."""
    folder = KEPT / way
    folder.mkdir(parents=True, exist_ok=True)
    told = {"BUILD": folder, "DIST": folder / "files"} | WAYS[way] | variables
    with open(KEPT / f"{way}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(["make", "-s", f"-j{os.cpu_count() or 1}", *(f"{name}={value}" for name, value in told.items()), *targets])
    return folder
