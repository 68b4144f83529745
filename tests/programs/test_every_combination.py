"""Every program that can be had: written as a colleague would, and built without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from wiretalk.programs import amalgamation

from .building import KINDS, WARNINGS, all_combinations, written

OPTIONS = [
    "tcp://:8888?nodelay=0&keepalive=5s&reuseaddr=0&backlog=5&sndbuf=64k&rcvbuf=64k&ttl=5&dscp=3&max_message=4k",
    "tcp://pi.local:8888?keepalive=0&framing=netstring&max_message=70",
    "udp://:8888?ttl=3&rcvbuf=9k",
    "udp4://:8888?broadcast&tos=8&max_message=100",
    "unix:@x",
    "unix:/tmp/a%3F%3F/*b?mode=600&sndbuf=9k",
    "unixgram:@1y",
    "unixgram:y?mode=660",
]
"""What else an address may say."""


def programs(language):
    """Return all programs in a language, by what they are."""
    found = {}
    for kind in KINDS:
        if kind.startswith(language):
            some = [(role, address, frame) for this, role, address, frame in all_combinations() if this == kind] + [
                (role, address, None) for role in ("client", "server") for address in OPTIONS
            ]
            for role, address, frame in some:
                found[f"{kind} {role} {address} {frame}"] = written(kind, role, address, frame)
    return found


def stored(programs, directory, suffix):
    """Write programs into files, and return those: named by number, so that a complaint tells which it is."""
    paths = []
    for number, (what, text) in enumerate(programs.items()):
        paths.append(directory / f"{number:03}{suffix}")
        paths[-1].write_text(f"{text}{'//' if suffix == '.c' else '#'} {what}\n" if suffix == ".txt" else text)
    return paths


@pytest.fixture(scope="module")
def in_c():
    return programs("c")


@pytest.fixture(scope="module")
def in_python():
    return programs("python")


def complaints(done, programs):
    """Return what a tool says, with the name of the first program that it is about."""
    said = done.stdout + done.stderr
    first = next((name for number, name in enumerate(programs) if f"{number:03}." in said), "")
    return f"{first}: {said[:4000]}"


def different(programs):
    """Return one of those programs that differ in texts, in numbers and in the version of IP alone."""
    shapes = {}
    for name, text in programs.items():
        body = text.partition(" */\n")[2]
        shape = re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r"\bAF_(UNSPEC|INET6?)\b", "AF", re.sub(r"\b\d+\b", "1", body)))
        shapes.setdefault(shape, (name, text))
    return dict(shapes.values())


def test_the_compiler_has_nothing_to_say(in_c, c_compiler, tmp_path):
    programs = different(in_c)
    assert 60 < len(programs) < len(in_c)
    check(c_compiler, programs, tmp_path)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_nor_has_any_other(compiler, in_c, c_compiler, require, tmp_path):
    require(shutil.which(compiler), f"{compiler} is not there")
    if version_of([compiler]) == version_of(c_compiler):
        pytest.skip("that is the compiler of the test before")
    check([compiler], different(in_c), tmp_path)


def version_of(compiler):
    """Return what a compiler says of itself, without the name by which it was called."""
    said = subprocess.run([*compiler, "--version"], capture_output=True, check=True, text=True).stdout
    return said.partition(" ")[2]


def check(compiler, programs, directory):
    (directory / "wiretalk.h").write_text(amalgamation.header())
    paths = stored(programs, directory, ".c")
    done = subprocess.run(
        [*compiler, *WARNINGS, "-fsyntax-only", "-I", directory, *paths], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, complaints(done, programs)


def test_lines_of_c_are_short(in_c):
    for name, text in in_c.items():
        long = [line for line in text.split("\n") if len(line) > 118 and not line.startswith("#define ADDRESS")]
        assert not long, name


def test_ruff_has_nothing_to_say(in_python, tmp_path):
    paths = stored(in_python, tmp_path, ".py")
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache", "--target-version", "py311", *paths],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, complaints(done, in_python)


def test_no_slot_is_left(in_c, in_python):
    for name, text in (in_c | in_python).items():
        assert "$" not in text, name
        assert text.endswith("\n"), name
        assert "\n\n\n\n" not in text, name
        assert not any(line.endswith(" ") for line in text.split("\n")), name


def test_no_two_have_the_same_text_unless_they_are_the_same():
    told = {}
    for kind, role, address, frame in all_combinations():
        told.setdefault(written(kind, role, address, frame), []).append((kind, role, address, frame))
    assert all(len(same) == 1 for same in told.values())
