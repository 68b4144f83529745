"""`make demo`: a server on TCP, UDP and a Unix socket together, both Python faces and the shell talking to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

DEMO = Path(__file__).parent.parent / "examples" / "demo.py"


def run_demo(tmp_path, *, script=DEMO):
    return subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
    )


def test_the_demo_shows_every_answer_and_leaves_nothing_behind(tmp_path):
    before = time.monotonic()
    ran = run_demo(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    assert time.monotonic() - before < 60
    for scheme in ("tcp ", "udp ", "unix"):
        assert ran.stdout.count(f"  {scheme}  → ") == 3
    assert ran.stdout.count("← server rec: ") == 9
    assert "The server left with status 0, and left nothing behind.\n9 answers were right.\n" in ran.stdout
    assert os.listdir(tmp_path) == []


def test_a_wrong_answer_shows_and_fails(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(DEMO.read_text().replace('"server rec: {message}"', '"something else: {message}"'))
    ran = run_demo(tmp_path, script=broken)
    assert ran.returncode == 1
    assert ran.stdout.count("WRONG, expected: server rec: ") == 9
    assert "0 answers were right, 9 WRONG" in ran.stdout
    assert os.listdir(tmp_path) == ["broken.py"]


def test_a_server_that_does_not_start_fails(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(DEMO.read_text().replace('"serve", "reply"', '"serve", "repyl"'))
    ran = run_demo(tmp_path, script=broken)
    assert ran.returncode == 1
    assert "the server did not start" in ran.stderr
    assert 'did you mean "reply"?' in ran.stdout + ran.stderr
    assert os.listdir(tmp_path) == ["broken.py"]
