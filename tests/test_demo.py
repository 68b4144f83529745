"""`make demo`: servers on TCP, UDP and a Unix socket together; Python's two faces, the shell and C talking to them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

DEMO = Path(__file__).parent.parent / "examples" / "demo.py"
ROOT_LINE = "ROOT = Path(__file__).resolve().parent.parent"


def run_demo(tmp_path, *, script=DEMO, **environment):
    return subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"} | environment,
    )


@pytest.fixture
def without_compiler(tmp_path_factory):
    """A PATH on which there is no C compiler."""
    return {"PATH": str(tmp_path_factory.mktemp("bin")), "CC": ""}


def broken(tmp_path, right, wrong):
    """Return the demo with something in it replaced."""
    text = DEMO.read_text(encoding="utf-8")
    assert right in text
    assert ROOT_LINE in text
    script = tmp_path / "broken.py"
    script.write_text(text.replace(right, wrong).replace(ROOT_LINE, f"ROOT = Path({str(DEMO.parent.parent)!r})"))
    return script


def test_the_demo_shows_c_with_python_and_leaves_nothing_behind(tmp_path, c_compiler):
    assert c_compiler
    before = time.monotonic()
    ran = run_demo(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    assert time.monotonic() - before < 60
    for scheme in ("tcp", "udp", "unix"):
        assert ran.stdout.count(f"\n  {scheme:5} → ") == 8
        assert ran.stdout.count(f"← heard over {scheme}: ") == 4
    assert ran.stdout.count("← server rec: ") == 12
    assert ran.stdout.count("The server left with status 0, and left nothing behind.\n") == 2
    assert ran.stdout.endswith("\n24 answers were right.\n")
    assert os.listdir(tmp_path) == []


def test_without_a_c_compiler_it_says_so(tmp_path, without_compiler):
    ran = run_demo(tmp_path, **without_compiler)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    for scheme in ("tcp ", "udp ", "unix"):
        assert ran.stdout.count(f"  {scheme}  → ") == 3
    assert ran.stdout.count("← server rec: ") == 9
    assert ran.stdout.endswith(
        "The server left with status 0, and left nothing behind.\n"
        "There is no C compiler here (cc, or what CC names), so the programs in C are left out.\n"
        "9 answers were right.\n"
    )
    assert os.listdir(tmp_path) == []


def test_a_wrong_answer_shows_and_fails(tmp_path, without_compiler):
    script = broken(tmp_path, '"server rec: {message}"', '"something else: {message}"')
    ran = run_demo(tmp_path, script=script, **without_compiler)
    assert ran.returncode == 1
    assert ran.stdout.count("WRONG, expected: server rec: ") == 9
    assert "0 answers were right, 9 WRONG" in ran.stdout
    assert os.listdir(tmp_path) == ["broken.py"]


def test_a_wrong_answer_of_c_shows_and_fails(tmp_path, c_compiler):
    assert c_compiler
    ran = run_demo(tmp_path, script=broken(tmp_path, 'f"heard over {address', 'f"not heard over {address'))
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert ran.stdout.count("WRONG, expected: not heard over ") == 12
    assert "12 answers were right, 12 WRONG" in ran.stdout
    assert os.listdir(tmp_path) == ["broken.py"]


def test_a_compiler_that_does_not_compile_is_told(tmp_path):
    ran = run_demo(tmp_path, CC="false")
    assert ran.returncode == 1
    assert ran.stderr == "false does not compile the programs in C\n"
    assert os.listdir(tmp_path) == []


def test_a_server_that_does_not_start_fails(tmp_path, without_compiler):
    script = broken(tmp_path, '"serve", "reply"', '"serve", "repyl"')
    ran = run_demo(tmp_path, script=script, **without_compiler)
    assert ran.returncode == 1
    assert "the server did not start" in ran.stderr
    assert 'did you mean "reply"?' in ran.stdout + ran.stderr
    assert os.listdir(tmp_path) == ["broken.py"]
