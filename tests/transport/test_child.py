"""How a program is found and told of. What becomes of one that runs is in `test_exec`, `test_pty` and `test_reaper`."""

from __future__ import annotations

import os

import pytest

from wiretalk.address import parse
from wiretalk.errors import NotPermittedError, UnreachableError
from wiretalk.transport.child import arguments_of, environment, find, in_words


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("exec:sort -u 'a b'", ["sort", "-u", "a b"]),
        ("exec:sort | uniq?shell", ["/bin/sh", "-c", "sort | uniq"]),
        ("pty:sort | uniq?shell=0", ["sort", "|", "uniq"]),
    ],
)
def test_its_arguments(text, arguments):
    assert arguments_of(parse(text)) == arguments


def test_its_environment(monkeypatch):
    monkeypatch.setenv("ONE", "1")
    added = environment(parse("exec:env?env=ONE=2,TWO=a=b,THREE="))
    assert (added["ONE"], added["TWO"], added["THREE"]) == ("2", "a=b", "")
    assert os.environ["ONE"] == "1"


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "ended with status 0"), (3, "ended with status 3"), (-15, "ended by SIGTERM"), (-99, "ended by signal 99")],
)
def test_its_end_in_words(status, words):
    assert in_words(status) == words


def test_where_it_is_found(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "program").touch()
    address = parse(f"exec:program?env=PATH={tmp_path}/none:{tmp_path}/one:{tmp_path}/two")
    with pytest.raises(NotPermittedError):
        find("program", address)
    (tmp_path / "two" / "program").chmod(0o755)
    assert find("program", address) == f"{tmp_path}/two/program"
    assert find("./program", parse(f"exec:./program?directory={tmp_path}/two")) == "./program"
    with pytest.raises(UnreachableError, match="no such program"):
        find("other", address)
    with pytest.raises(UnreachableError, match="there is no directory"):
        find("program", parse(f"exec:program?directory={tmp_path}/none"))
