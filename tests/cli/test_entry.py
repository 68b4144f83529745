"""Where the shell face begins and ends: commands found or suggested, every mistake one sentence and one number."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys

import pytest

from wiretalk import __version__
from wiretalk.cli import main
from wiretalk.cli.commands import COMMANDS, TOPICS
from wiretalk.cli.entry import INTERRUPTED
from wiretalk.errors import EXIT_STATUS


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command_and_topic(words, capfd):
    assert main(words) == 0
    told = capfd.readouterr()
    assert told.err == ""
    for name, (_, summary) in (COMMANDS | TOPICS).items():
        assert f"  {name}" in told.out
        assert summary in told.out


def test_no_command_is_a_mistake_and_says_what_there_is(capfd):
    assert main([]) == 2
    told = capfd.readouterr()
    assert told.out == ""
    assert "usage: wiretalk COMMAND" in told.err


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version_is_told(word, capfd):
    assert main([word]) == 0
    assert capfd.readouterr().out == f"wiretalk {__version__}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("conect :1", 'there is no command "conect"; did you mean "connect"?'),
        ("xyzzy", 'there is no command "xyzzy"; wiretalk --help lists them'),
        ("--hlep", 'there is no option "--hlep"; did you mean "--help"?'),
        ("-x", 'there is no option "-x"; a command comes first: wiretalk --help lists them'),
        ("--json connect :1", "--json comes before the command; options go after it"),
        (":8888", '":8888" is an address, not a command; say what to do with it: wiretalk connect :8888'),
        ("help conect", 'there is no help on "conect"; did you mean "connect"?'),
        ("help xyzzy", 'there is no help on "xyzzy"; there are listen, connect'),
    ],
)
def test_what_is_no_command_is_told_with_what_would_be_right(words, sentence, capfd):
    assert main(words.split()) == EXIT_STATUS["usage"]
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"wiretalk: {sentence}")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_comes_either_way_however_wrong_the_rest(name, capfd):
    assert main(["help", name]) == 0
    told = capfd.readouterr().out
    assert main([name, "--nonsense", "--help"]) == 0
    assert capfd.readouterr().out == told
    assert told.startswith(f"usage: wiretalk {name}")
    examples = told.partition("\nexamples:\n")[2]
    assert examples.count("wiretalk ") >= 3


@pytest.mark.parametrize("name", TOPICS)
def test_help_of_a_topic(name, capfd):
    assert main(["help", name]) == 0
    told = capfd.readouterr()
    assert told.out.endswith("\n")
    assert told.err == ""


def test_an_error_of_the_system_is_told_in_words(monkeypatch, capfd):
    def fail(*_):
        raise OSError(28, "No space left on device", "standard output")

    monkeypatch.setattr("wiretalk.cli.entry._dispatch", fail)
    assert main(["x"]) == 1
    assert capfd.readouterr().err == "wiretalk: standard output: No space left on device\n"


def test_our_own_mistakes_are_not_hidden(monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("wiretalk.cli.entry._dispatch", fail)
    with pytest.raises(ZeroDivisionError):
        main(["x"])


def test_ctrl_c_is_130(monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("wiretalk.cli.entry._dispatch", fail)
    assert main(["x"]) == INTERRUPTED == EXIT_STATUS["interrupted"]


def test_python_m_wiretalk_is_the_same(monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["wiretalk", "--version"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("wiretalk", run_name="__main__")
    assert left.value.code == 0
    assert capfd.readouterr().out == f"wiretalk {__version__}\n"


def test_a_reader_of_help_who_leaves_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "wiretalk", "--help"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_that_cannot_be_written_is_an_error(require):
    require(os.path.exists("/dev/full"), "no /dev/full")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "wiretalk", "--version"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"wiretalk: standard output: No space left on device\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_not_taken_for_the_conversation(closed, served):
    def greet(sock):
        sock.sendall(b"hello\n")
        assert sock.recv(100) == b""

    server = served(greet)
    command = f'exec "$0" -m wiretalk connect {server.address} {closed}'
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, check=False, timeout=60)
    if ">&-" in closed.replace("2>&-", ""):
        assert done.returncode == 1
        if "2>&-" not in closed:
            assert done.stderr == b"wiretalk: standard output: Bad file descriptor\n"
    else:
        assert (done.returncode, done.stdout) == (0, b"hello\n")
