"""Two ends on real sockets, and machines of one's own (network namespaces)."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import textwrap

import pytest

from wiretalk.address import parse
from wiretalk.transport import finish_connect, listen, open_socket, resolve, start_connect

WAIT_S = 20


@pytest.fixture
def opened():
    """`opened(thing)` returns the thing, and closes it at the end of the test."""
    things = []

    def keep(thing):
        things.extend(thing if isinstance(thing, list) else [thing])
        return thing

    yield keep
    for thing in things:
        thing.close()


@pytest.fixture
def listening(opened):
    """`listening(text)` returns the listeners of an address."""
    return lambda text: opened(listen(parse(text)))


@pytest.fixture
def connecting(opened):
    """`connecting(text)` returns a socket connected to the first candidate that can be, as a user's runtime would."""

    def connect(text):
        failures = []
        for candidate in resolve(parse(text)):
            sock = opened(open_socket(candidate))
            try:
                if not start_connect(sock, candidate):
                    writable(sock)
                    finish_connect(sock, candidate)
            except OSError as error:
                failures.append(error)
            else:
                return sock
        raise failures[0]

    return connect


def readable(thing):
    """Wait until there is something to read or to accept."""
    assert select.select([thing], [], [], WAIT_S)[0], "nothing came"


def writable(thing):
    """Wait until a connecting socket has become one, or has failed."""
    assert select.select([], [thing], [], WAIT_S)[1], "never writable"


@pytest.fixture(name="readable")
def _readable():
    return readable


@pytest.fixture(name="writable")
def _writable():
    return writable


@pytest.fixture
def accepting(opened):
    """`accepting(listener)` returns the next connection and its peer's socket address."""

    def accept(listener):
        readable(listener)
        sock, sockaddr = listener.accept()
        return opened(sock), sockaddr

    return accept


@pytest.fixture
def machine(require):
    """`machine(setup, script)` runs a Python script on a network of its own, and returns what it prints.

    The setup is shell commands, the prefix a command that runs the interpreter. In the script, `wait(thing)` waits
    until there is something to read.
    """
    allowed = shutil.which("unshare") and shutil.which("ip")
    allowed = allowed and subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode == 0
    require(allowed, "needs network namespaces: unshare --net, and ip")

    def run(setup, script, prefix=""):
        program = PRELUDE + textwrap.dedent(script)
        shell = f'set -e; ip link set lo up; {setup}\nexec {prefix} "$0" -c "$1"'
        done = subprocess.run(
            ["unshare", "--net", "sh", "-c", shell, sys.executable, program],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


PRELUDE = """
import select, socket
from wiretalk.address import parse
from wiretalk.transport import *
def wait(thing):
    assert select.select([thing], [], [], 20)[0], "nothing came"
"""
