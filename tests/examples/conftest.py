"""Examples as their readers run them: processes, addressed by what the server has printed.

Every conversation is there in both languages, and every test runs in both: one that asks for `serving` and for
`example` (or `terminal`) in all four pairings of server and client, any other once in each. A test that is for some of
them alone says so: `@pytest.mark.parametrize("languages", [PYTHON_WITH_PYTHON])`.
"""

from __future__ import annotations

import inspect
import os
import pty
import random
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from wiretalk.errors import EXIT_STATUS

EXAMPLES = Path(__file__).parents[2] / "examples"

# What they print must be seen at once, although nobody looks at a terminal.
ENVIRONMENT = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""What a process does to make its standard input its controlling terminal, so that Ctrl-C there reaches it."""


class Languages(NamedTuple):
    """What the programs of a test are written in: "python" or "c"."""

    server: str
    client: str

    def __str__(self):
        return f"{self.server}-{self.client}"


PYTHON_WITH_PYTHON = Languages("python", "python")
C_WITH_C = Languages("c", "c")
EACH = [PYTHON_WITH_PYTHON, C_WITH_C]
PAIRINGS = [*EACH, Languages("python", "c"), Languages("c", "python")]


def pytest_generate_tests(metafunc):
    asked = set(inspect.signature(metafunc.function).parameters)
    told = any("languages" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if asked & {"serving", "example", "terminal"} and not told:
        both = "serving" in asked and asked & {"example", "terminal"}
        metafunc.parametrize("languages", PAIRINGS if both else EACH, ids=str)


@pytest.fixture
def words_of(request):
    """The command that starts an example in a language, by the name of its source without the ending."""

    def words(name, language):
        if language == "python":
            return [sys.executable, str(EXAMPLES / f"{name}.py")]
        return [str(request.getfixturevalue("compile_c")([EXAMPLES / f"{name}.c"]))]

    return words


@pytest.fixture
def example(program, words_of, languages):
    """Start one: `example("echo/client", "tcp://127.0.0.1:1234")`; in the clients' language, unless told another.

    What it is waited for gives is the exit status as a shell tells it; `.status("refused")` is the one that it ought to
    leave with after such an error.
    """

    def start(name, *arguments, language=languages.client, **settings):
        one = program([*words_of(name, language), *arguments], **{"env": ENVIRONMENT} | settings)
        waited = one.wait
        one.language = language
        one.wait = lambda: _as_a_shell_says(waited())
        one.status = lambda how: EXIT_STATUS[how] if language == "c" else 1
        return one

    return start


def _as_a_shell_says(status):
    """Return the exit status; 128 and the signal for a program that a signal ended."""
    return 128 - status if status < 0 else status


@pytest.fixture
def serving(example, languages):
    """Start one that serves, and wait until it has told where: returns it with `addresses`."""

    def start(name, *arguments, **settings):
        server = example(name, *arguments, language=languages.server, **settings)
        # In C, each address has a line of its own.
        count = sum(":" in argument for argument in arguments) if server.language == "c" else 1
        server.wait_for(*("listening on ", "\n") * count)
        told = [line for line in server.out.splitlines() if line.startswith("listening on ")]
        server.addresses = [word for line in told for word in line.split()[2:] if ":" in word]
        server.address = server.addresses[0]
        return server

    return start


@pytest.fixture
def plain():
    """Connect a plain socket to a server: a client that knows nothing of wiretalk."""
    opened = []

    def connect(address):
        host, _, port = address.partition("://")[2].rpartition(":")
        sock = socket.create_connection((host.strip("[]"), int(port)), timeout=60)
        # Every send is a segment of its own.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.append(sock)
        return sock

    yield connect
    for sock in opened:
        sock.close()


def _send_in_pieces(sock, data, seed):
    """Send bytes cut anywhere, differently for every seed."""
    choose = random.Random(seed)
    while data:
        count = choose.randint(1, max(1, min(len(data), choose.choice((1, 3, 40, 1000)))))
        sock.sendall(data[:count])
        data = data[count:]


def _read_lines(sock, count):
    """Return so many lines of what comes, without reading further."""
    lines = b""
    while lines.count(b"\n") < count:
        piece = sock.recv(1)
        assert piece, f"it ended after {lines!r}"
        lines += piece
    return lines.decode().splitlines()


def _read_to_end(sock):
    whole = b""
    while piece := sock.recv(65536):
        whole += piece
    return whole.decode()


@pytest.fixture
def wire():
    """What plain sockets do here."""

    class Wire:
        send_in_pieces = staticmethod(_send_in_pieces)
        read_lines = staticmethod(_read_lines)
        read_to_end = staticmethod(_read_to_end)

    return Wire


@pytest.fixture
def waiting_server():
    """Wait for a client with a plain socket: `waiting_server()` is the address, `.accept()` the client's socket."""
    opened = [socket.create_server(("127.0.0.1", 0))]
    opened[0].settimeout(60)

    def address():
        return f"tcp://127.0.0.1:{opened[0].getsockname()[1]}"

    def accept():
        sock, _ = opened[0].accept()
        sock.settimeout(60)
        opened.append(sock)
        return sock

    address.accept = accept
    yield address
    for one in opened:
        one.close()


class Terminal:
    """An example on a terminal of its own."""

    def __init__(self, command):
        self._main, other = pty.openpty()
        # A session of its own makes the terminal its own, so that what is typed there can interrupt it.
        self.process = subprocess.Popen(
            [sys.executable, "-ISc", ON_TERMINAL, *command],
            stdin=other,
            stdout=other,
            stderr=other,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        os.close(other)
        self.shown = ""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        more = True
        while more:
            try:
                data = os.read(self._main, 4096)
            except OSError:
                # The last who had the terminal open has left.
                data = b""
            with self._changed:
                more = bool(data)
                self.shown += data.decode(errors="replace")
                self._changed.notify_all()

    def type(self, text):
        os.write(self._main, text.encode())

    def wait_for(self, text):
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.shown, 60), self.shown

    def wait(self):
        status = self.process.wait(60)
        self._reader.join(60)
        return _as_a_shell_says(status)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self._reader.join(60)
        os.close(self._main)


@pytest.fixture
def terminal(words_of, languages):
    """Start an example on a terminal: `terminal("answering/client", address)`."""
    started = []

    def start(name, *arguments):
        one = Terminal([*words_of(name, languages.client), *arguments])
        started.append(one)
        return one

    yield start
    for one in started:
        one.close()
