"""libwiretalk's two files are those of `make -C c dist`, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wiretalk.errors import WiretalkError
from wiretalk.programs import amalgamation

ROOT = Path(__file__).parents[2]


def test_the_bytes_are_those_of_make_dist(require, tmp_path):
    require(shutil.which("make") and shutil.which("awk"), "make or awk is not there")
    subprocess.run(
        ["make", "-s", "-C", ROOT / "c", f"BUILD={tmp_path}/build", f"DIST={tmp_path}", "dist"],
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "wiretalk.h").read_text() == amalgamation.header()
    assert (tmp_path / "wiretalk.c").read_text() == amalgamation.source()


def test_the_package_has_its_own_sources(tmp_path, monkeypatch):
    """As it is installed, where no clone is around it."""
    place = tmp_path / "libwiretalk"
    shutil.copytree(ROOT / "c" / "include", place / "include")
    shutil.copytree(ROOT / "c" / "src", place / "src")
    shutil.copy(ROOT / "LICENSE", place)
    expected = amalgamation.source()
    monkeypatch.setattr(amalgamation, "PLACES", (str(place),))
    assert amalgamation.source() == expected


def test_sources_that_are_missing_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(amalgamation, "PLACES", (str(tmp_path),))
    with pytest.raises(WiretalkError, match="--plain"):
        amalgamation.source()
