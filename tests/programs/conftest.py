"""Programs as somebody runs them: written, built, started in a directory of their own, talked to."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from tests.compiling import find_compiler

from .building import KEPT, KINDS, Builder

PATIENCE_S = 60
ENVIRONMENT = os.environ | {"PYTHONUTF8": "1"}


@pytest.fixture(scope="session")
def builder():
    """Builds programs; a test that needs the C compiler asks for `c_compiler` too."""
    return Builder(find_compiler())


@pytest.fixture
def kind(request, require):
    """In what a program is written: each test with it runs for every kind."""
    require(not request.param.startswith("c") or find_compiler(), "there is no C compiler: cc, or what CC names")
    return request.param


def pytest_generate_tests(metafunc):
    for name in ("kind", "other"):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, list(KINDS), indirect=True)


other = kind


@pytest.fixture
def place():
    """A directory of one's own, short enough for the paths of Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="wt") as directory:
        yield Path(directory)


@pytest.fixture
def serving(program, builder, place):
    """Start a server, and wait until it listens: `serving("c", "unix:x.sock", "line")`; `directory` is where."""

    def start(kind, address, frame=None, name=None):
        directory = place / (name or kind)
        directory.mkdir(exist_ok=True)
        server = program(builder.command(kind, "server", address, frame), cwd=directory, env=ENVIRONMENT)
        server.wait_for("listening on ", "\n")
        server.directory = directory
        return server

    return start


@pytest.fixture
def client(builder, place):
    """Run a client to its end: `client("c", "unix:x.sock", "line", said=b"hello\\n")`, or with words."""

    def run(kind, address, frame=None, *words, said=b"", directory=place, status=0):
        done = subprocess.run(
            [*builder.command(kind, "client", address, frame), *words],
            input=said,
            capture_output=True,
            cwd=directory,
            env=ENVIRONMENT,
            timeout=PATIENCE_S,
            check=False,
        )
        told = done.stderr.decode(errors="replace")
        assert done.returncode == status, f"{kind} left with {done.returncode}: {told}"
        assert status or not told, told
        done.told = told
        return done

    return run


@pytest.fixture
def port():
    """A port that nobody has. It is one of a few, lest the same programs be built again for other ones."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for number in PORTS:
        with open(KEPT / f"port-{number}.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if is_free(number):
                yield number
                return
    raise AssertionError("no port is free")


PORTS = range(18_700, 18_750)
"""Below those that the system gives away."""


def is_free(number):
    """Whether nobody has a port, of TCP or UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            try:
                with socket.socket(family, kind) as sock:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
                    if family == socket.AF_INET6:
                        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    sock.bind((host, number))
            except OSError as error:
                if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                    return False
    return True
