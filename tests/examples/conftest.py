"""Examples as their readers run them: processes, addressed by what the server has printed."""

from __future__ import annotations

import os
import pty
import random
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

# What they print must be seen at once, although nobody looks at a terminal.
ENVIRONMENT = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


@pytest.fixture
def example(program):
    """Start one: `example("echo/server.py", "tcp://127.0.0.1:0")`."""

    def start(name, *arguments, **settings):
        return program([sys.executable, str(EXAMPLES / name), *arguments], **{"env": ENVIRONMENT} | settings)

    return start


@pytest.fixture
def serving(example):
    """Start one that serves, and wait until it has told where: returns it with `addresses`."""

    def start(name, *arguments, **settings):
        server = example(name, *arguments, **settings)
        server.wait_for("listening on ", "\n")
        first = server.out.partition("\n")[0]
        server.addresses = first.removeprefix("listening on ").split()
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
            ["setsid", "--ctty", "--wait", *command],
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
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self._reader.join(60)
        os.close(self._main)


@pytest.fixture
def terminal():
    """Start an example on a terminal: `terminal("answering/client.py", address)`."""
    started = []

    def start(name, *arguments):
        one = Terminal([sys.executable, str(EXAMPLES / name), *arguments])
        started.append(one)
        return one

    yield start
    for one in started:
        one.close()
