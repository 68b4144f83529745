"""Where exec may be served, and of what it is made: everything wrong is told before anybody is let in."""

from __future__ import annotations

import math

import pytest

from wiretalk.errors import UsageError
from wiretalk.limits import EXEC_COMMAND_BYTES, EXEC_COMMAND_S, EXEC_SESSION_BYTES, EXEC_SESSION_S
from wiretalk.service import make
from wiretalk.service.exec.running import Manner, ended

LISTED = {"commands": {"x": {"run": ["true"]}}}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "exec runs either a program or listed commands; say -- PROGRAM or --commands"),
        ({"run": ["true"], "commands": LISTED}, "exec runs either a program or listed commands"),
        ({"run": []}, "exec needs a program and its arguments, each a text of its own"),
        ({"run": [""]}, "exec needs a program"),
        ({"run": "true"}, "exec needs a program"),
        ({"run": ["true", "\0"]}, "exec needs a program"),
        ({"run": ["nosuchprogram"]}, "there is no program nosuchprogram"),
        ({"run": ["true"], "token": ""}, "the token is empty"),
        ({"run": ["true"], "max_running": 0}, "max_running must be 1 or more, not 0"),
        ({"run": ["true"], "timeout_s": 0}, "a program's time must be above 0, not 0"),
        ({"run": ["true"], "max_output_bytes": 0}, "a program's output must be 1 byte or more, not 0"),
        ({"run": ["true"], "directory": "/none"}, "there is no directory /none"),
        ({"run": ["true"], "variables": {"A=": "x"}}, '"A=" cannot be a variable of the environment'),
        ({"run": ["true"], "variables": {"A": "\0"}}, '"A" cannot be a variable of the environment'),
        ({"run": ["true"], "errors": "there"}, 'standard error goes to log, output, none, not "there"'),
        ({"commands": {}}, "there are no commands"),
        ({"commands": "/none/commands.toml"}, "/none/commands.toml cannot be read"),
    ],
)
def test_what_it_cannot_be_made_of(options, sentence):
    with pytest.raises(UsageError) as raised:
        make("exec", **options)
    assert str(raised.value).startswith(sentence)


def test_commands_in_a_file(tmp_path):
    file = tmp_path / "commands.toml"
    file.write_text('[commands.x]\nrun = ["true"]\n')
    for path in (file, str(file)):
        assert make("exec", commands=path).framing == "line"
    assert make("exec", run=["true"]).framing == "raw"


def manner_of(service):
    return service.session.__self__._manner


def test_limits_are_usual_said_or_none():
    usual = manner_of(make("exec", run=["true"]))
    assert (usual.timeout_s, usual.max_output_bytes) == (EXEC_SESSION_S, EXEC_SESSION_BYTES)
    none = manner_of(make("exec", run=["true"], timeout_s=math.inf, max_output_bytes=math.inf))
    assert (none.timeout_s, none.max_output_bytes) == (None, None)
    said = manner_of(make("exec", run=["true"], timeout_s=2, max_output_bytes=3))
    assert (said.timeout_s, said.max_output_bytes) == (2, 3)
    listed = make("exec", commands=LISTED).session.__self__._commands["x"].manner
    assert (listed.timeout_s, listed.max_output_bytes) == (EXEC_COMMAND_S, EXEC_COMMAND_BYTES)


@pytest.mark.parametrize(
    ("made_of", "address", "settings", "sentence"),
    [
        ("run", "tcp://:0", {}, "anybody who reaches tcp://:0 could have commands run; say --token @FILE"),
        ("run", "tls://:0?self_signed", {}, "anybody who reaches tls://:0?self_signed could have commands run"),
        ("run", "ws://127.0.0.1:0", {}, "any web page in a browser of this machine could use ws://127.0.0.1:0: it"),
        ("run", "udp://127.0.0.1:0", {}, "a program's input and output are streams, and udp has none; list commands"),
        ("run", "tcp://127.0.0.1:0?framing=line", {}, "a program's input and output are bytes, not messages"),
        ("run", "tcp://127.0.0.1:0", {"framing": "line"}, "a program's input and output are bytes, not messages"),
        ("run", "tcp://127.0.0.1:0", {"codec": "text"}, "exec speaks bytes, and has no use for the codec text"),
        ("run", "tcp://127.0.0.1:0?codec=hex", {}, "exec speaks bytes, and has no use for the codec hex"),
        ("commands", "udp://:0", {}, "anybody who reaches udp://:0 could have commands run"),
        ("commands", "tcp://127.0.0.1:0", {"framing": "raw"}, "answers cannot be told apart in the framing raw; take"),
        ("commands", "tcp://127.0.0.1:0?framing=fixed:3", {}, "answers cannot be told apart in the framing fixed:3"),
        ("commands", "tcp://127.0.0.1:0", {"framing": "delimiter:00"}, "answers cannot be told apart"),
    ],
)
def test_where_it_is_not_served(made_of, address, settings, sentence):
    service = make("exec", run=["true"]) if made_of == "run" else make("exec", commands=LISTED)
    with pytest.raises(UsageError) as raised:
        service.serve(["tcp://127.0.0.1:0", address], **settings)
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    ("token", "address"),
    [
        ("secret", "tcp://:0"),
        ("secret", "udp://:0"),
        (None, "tls://:0?cert=c&key=k&ca=a"),
        (None, "ws://127.0.0.1:0?origin=https://example.org"),
        (None, "-"),
    ],
)
def test_where_it_is(token, address):
    # Made, and not started: nothing is opened.
    assert make("exec", commands=LISTED, token=token).serve(address).addresses == []


@pytest.mark.parametrize(
    ("status", "text"),
    [(0, "ok"), (1, "exit 1"), (255, "exit 255"), (-11, "killed SIGSEGV"), (-99, "killed signal 99")],
)
def test_statuses(status, text):
    assert str(ended(status)) == text


def test_what_a_program_is_given_is_little(monkeypatch):
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("LD_PRELOAD", "x")

    class Client:
        peer, local = "them", "us"

    given = Manner(timeout_s=1, max_output_bytes=1, variables={"PATH": "/own"}).environment(Client)
    assert given["PATH"] == "/own"
    assert (given["WIRETALK_PEER"], given["WIRETALK_LOCAL"]) == ("them", "us")
    assert "LD_PRELOAD" not in given
