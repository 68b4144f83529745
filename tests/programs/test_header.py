"""The first comment of a program: its commands are right commands, whatever the address holds."""

from __future__ import annotations

import ast
import shlex
import subprocess

import pytest

from wiretalk.address import parse
from wiretalk.cli.parser import make_parser
from wiretalk.programs import Wanted, amalgamation
from wiretalk.programs.otherside import commands

from .building import KINDS, WARNINGS, all_combinations, written

STRANGE = (
    "unix:/tmp/*/x",
    "unix:/tmp/a%22b%5C",
    "unix:/tmp/grüße und 🙂",
    "unix:/tmp/%FF%0A%3F%3F/x",
    "unixgram:it's",
)
"""What could end a comment or a text of either language."""


def asked(kind, role, address, frame=None):
    language, plain = KINDS[kind]
    return Wanted(language, role, parse(address), frame=frame, plain=plain)


def read(line):
    """Return the arguments that a command line says."""
    program, command, *words = shlex.split(line)
    assert program == "wiretalk"
    return make_parser(command)[0].read(words)


def test_the_other_end_is_a_command_that_fits():
    for kind, role, address, frame in all_combinations():
        talking, writing = commands(asked(kind, role, address, frame))
        text = written(kind, role, address, frame)
        for line in (talking, writing):
            assert f"    {line}\n" in text
            said = read(line)
            end = said.addresses[0] if "addresses" in said else said.address
            assert end.scheme == parse(address).scheme
            assert end.port == parse(address).port
            assert said.frame == (frame if frame != "raw" else None)
        assert (read(writing).role == "server") == (role == "client")


@pytest.mark.parametrize(
    ("role", "address", "talking"),
    [
        ("client", "tcp://pi.local:8888", "wiretalk serve echo tcp://:8888 --frame line"),
        ("server", "tcp://:8888", "wiretalk connect tcp://localhost:8888 --frame line"),
        (
            "server",
            ":8888?max_message=2MiB",
            "wiretalk connect tcp://localhost:8888 --frame line --max-message 2097152",
        ),
        ("server", "tcp://192.0.2.7:1?ttl=3", "wiretalk connect tcp://192.0.2.7:1 --frame line"),
        ("server", "tcp6://[::]:1", "wiretalk connect tcp6://localhost:1 --frame line"),
        ("server", "tcp://:0", "wiretalk connect tcp://localhost:PORT --frame line"),
        ("client", "udp://239.1.2.3:5000", "wiretalk serve echo udp://239.1.2.3:5000"),
        ("client", "unix:a b", "wiretalk serve echo 'unix:a b' --frame line"),
        ("client", "tls://x:1", "wiretalk serve echo 'tls://:1?self_signed' --frame line"),
        ("server", "tls://:1?cert=a.pem", "wiretalk connect 'tls://localhost:1?insecure' --frame line"),
        ("client", "vsock://host:1", "wiretalk serve echo vsock://:1 --frame line"),
    ],
)
def test_the_other_end(role, address, talking):
    assert commands(asked("python", role, address))[0] == talking


@pytest.mark.parametrize("address", STRANGE)
def test_strange_names_end_no_comment_and_no_text_of_python(address):
    for kind in ("python", "python-plain"):
        for role in ("client", "server"):
            found = ast.parse(written(kind, role, address))
            assert address in ast.get_docstring(found) or any(one in address for one in '%*"')
            names = {
                one.targets[0].id: one.value.value
                for one in found.body
                if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)
            }
            if kind == "python":
                assert names["ADDRESS"] == address
            else:
                assert names["SOCKET_PATH"] == parse(address).path


@pytest.mark.parametrize("address", STRANGE)
def test_strange_names_end_no_comment_and_no_text_of_c(address, c_compiler, tmp_path):
    (tmp_path / "wiretalk.h").write_text(amalgamation.header())
    paths = []
    for kind in ("c", "c-plain"):
        for role in ("client", "server"):
            paths.append(tmp_path / f"{kind}-{role}.c")
            paths[-1].write_text(written(kind, role, address))
    words = [*c_compiler, *WARNINGS, "-fsyntax-only", "-I", tmp_path, *paths]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_strange_name_is_listened_at(serving, client, c_compiler):
    for kind in KINDS:
        server = serving(kind, "unix:%22gr%C3%BC%C3%9Fe%5C%2A%3F%3F%2D.sock", "line")
        assert (server.directory / '"grüße\\*??-.sock').is_socket()
        heard = client(kind, "unix:%22gr%C3%BC%C3%9Fe%5C%2A%3F%3F%2D.sock", "line", "hello", directory=server.directory)
        assert heard.stdout == b"hello\n"
