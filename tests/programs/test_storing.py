"""All files or none, and never over one that is there."""

from __future__ import annotations

import os

import pytest

from wiretalk.errors import UsageError
from wiretalk.programs import store

FILES = {"client.c": "program\n", "Makefile": "rules\n", "wiretalk.h": "header\n"}


def test_files_are_written_into_a_directory_that_may_be_new(tmp_path):
    where = tmp_path / "a" / "b"
    assert store(FILES, str(where)) == list(FILES)
    assert {path.name: path.read_text() for path in where.iterdir()} == FILES


@pytest.mark.parametrize("there", ["client.c", "Makefile", "wiretalk.h"])
def test_one_that_is_there_is_named_and_nothing_is_written(there, tmp_path):
    (tmp_path / there).write_text("mine")
    with pytest.raises(UsageError, match=f"^{there} is there already in .*nothing was written"):
        store(FILES, str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_all_that_are_there_are_named(tmp_path):
    (tmp_path / "client.c").write_text("program\n")
    (tmp_path / "Makefile").symlink_to("nowhere")
    with pytest.raises(UsageError, match=r"^client\.c, Makefile are there already"):
        store(FILES, str(tmp_path))


def test_what_programs_share_may_be_there_if_it_is_the_same(tmp_path):
    store(FILES, str(tmp_path))
    assert store(FILES | {"server.c": "other\n"} | {"client.c": ""}, str(tmp_path / "x")) == [*FILES, "server.c"]
    shared = {name: text for name, text in FILES.items() if name != "client.c"}
    assert store({"server.c": "other\n"} | shared, str(tmp_path)) == ["server.c"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    files = FILES | {"no/such/directory": "?"}
    with pytest.raises(FileNotFoundError):
        store(files, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_the_way(tmp_path):
    (tmp_path / "Makefile").mkdir()
    with pytest.raises(UsageError, match="Makefile is there already"):
        store(FILES, str(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"file"):
        store(FILES, os.path.join(tmp_path, "file"))
