"""Where a secret may be said: on the command line, in a file, in the environment; and to which services."""

from __future__ import annotations

from argparse import Namespace

import pytest

from wiretalk.cli import main
from wiretalk.cli.services.secret import secret
from wiretalk.errors import UsageError
from wiretalk.service.guarding import Token


def said(text):
    return secret(Namespace(secret=text))


def test_where_it_is_said(monkeypatch, tmp_path):
    monkeypatch.delenv("WIRETALK_TOKEN", raising=False)
    file = tmp_path / "token"
    file.write_bytes(b"from a file\n")
    assert said(None) is None
    assert said("as it is") == "as it is"
    assert said(f"@{file}") == "from a file"
    monkeypatch.setenv("WIRETALK_TOKEN", "from around")
    assert said(None) == "from around"
    assert said("as it is") == "as it is"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError) as raised:
        said(f"@{tmp_path}/none")
    assert str(raised.value) == f"the token cannot be read from {tmp_path}/none: No such file or directory"


def test_no_more_of_a_file_is_read_than_is_needed_to_see_that_it_is_too_long(tmp_path):
    file = tmp_path / "token"
    file.write_bytes(b"x" * 100_000)
    with pytest.raises(UsageError, match="too long"):
        Token(said(f"@{file}"))


def test_services_that_want_no_secret_refuse_one(capfd):
    assert main(["serve", "echo", "--token", "x", "localhost:0"]) == 2
    assert "--token is an option of exec and http, and echo has no use for it" in capfd.readouterr().err
