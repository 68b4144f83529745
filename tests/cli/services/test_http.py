"""`wiretalk serve http`: what its options make of the service, and what is refused before anything is opened."""

from __future__ import annotations

import pytest

from wiretalk.cli import main


@pytest.fixture(autouse=True)
def _no_token_around(monkeypatch):
    monkeypatch.delenv("WIRETALK_TOKEN", raising=False)


def told(capfd, *words):
    assert main(["serve", "http", *words]) == 2
    return capfd.readouterr().err


def test_every_interface_needs_a_word(capfd, tmp_path):
    sentence = told(capfd, ":8080", "--directory", str(tmp_path))
    assert sentence == (
        "wiretalk: tcp://:8080 is every interface of this machine, and whoever reaches it could read all that is in "
        f"{tmp_path}; say localhost:8080 to serve programs of this machine alone, --token @FILE to serve those who "
        "know a secret, or --public to serve everybody\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--upload",), "--upload without a token would let anybody write; say --token @FILE"),
        (("--overwrite",), "--overwrite is about files that are taken; say --upload, too"),
        (("--directory", "/none/such"), "there is no directory /none/such; say which with --directory DIR"),
        (("--max-upload", "much"), "is not a size"),
        (("--greet", "hello"), "--greet is an option of reply, and http has no use for it"),
        (("--frame", "line"), "HTTP has messages of its own; leave out --frame and --codec"),
        (("--token", ""), "the token is empty"),
    ],
)
def test_what_is_refused(capfd, words, sentence):
    assert sentence in told(capfd, "localhost:0", *words)


@pytest.mark.parametrize(
    ("option", "value"), [("--public", ()), ("--hidden", ()), ("--upload", ()), ("--max-upload", ("1k",))]
)
def test_other_services_have_no_use_for_its_options(capfd, option, value):
    assert main(["serve", "echo", "localhost:0", option, *value]) == 2
    assert f"{option} is an option of http, and echo has no use for it" in capfd.readouterr().err


def test_the_directory_is_an_option_of_several(capfd):
    assert main(["serve", "echo", "localhost:0", "--directory", "."]) == 2
    assert "--directory is an option of exec and http, and echo has no use for it" in capfd.readouterr().err


def test_the_token_may_be_around(monkeypatch, shell_server, tmp_path):
    monkeypatch.setenv("WIRETALK_TOKEN", "t")
    server = shell_server("http", ["tcp://127.0.0.1:0"], "--directory", str(tmp_path), "--upload", "--hidden")
    server.wait_for(f"serving {tmp_path} at http://127.0.0.1:")
    server.wait_for(", to those who know the token")
    assert server.end() == 0
