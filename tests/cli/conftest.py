"""The shell face as processes, plain sockets as their peers, and a terminal of our own."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

import pytest

WIRETALK = os.path.join(os.path.dirname(sys.executable), "wiretalk")
PATIENCE_S = 60
LEAVING_S = 10


@pytest.fixture
def shell():
    """Run `wiretalk WORDS…` to its end: `shell("send", address, "hello", said=b"")`."""

    def run(*words, said=b"", **settings):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        if "stdin" not in settings:
            pipes["input"] = said
        return subprocess.run([WIRETALK, *words], timeout=PATIENCE_S, check=False, **pipes | settings)

    return run


@pytest.fixture
def started(program):
    """Start `wiretalk WORDS…`: a `Program`, which has `address` once it listens."""

    def start(*words, **settings):
        one = program([WIRETALK, *words], **settings)
        if words[0] == "listen":
            one.wait_for("listening on ", "\n", where="err")
            one.address = one.err.partition("listening on ")[2].split()[0]
        return one

    return start


class Server:
    """A plain server on 127.0.0.1 that gives each connection to a function, in a thread."""

    def __init__(self, handler, count):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.errors = []
        self._handler = handler
        self._thread = threading.Thread(target=self._serve, args=(count,), daemon=True)
        self._thread.start()

    def _serve(self, count):
        with self.socket:
            for _ in range(count):
                try:
                    connection, _ = self.socket.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(PATIENCE_S)
                    try:
                        self._handler(connection)
                    except BaseException as error:
                        self.errors.append(error)

    def wait(self):
        """Wait until as many connections as it serves have come and are over."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        assert self.errors == []

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join(PATIENCE_S)
        assert self.errors == []


@pytest.fixture
def served():
    """Serve connections by a function of a plain socket: `served(handler).address`; one, unless told."""
    servers = []

    def serve(handler, count=1):
        servers.append(Server(handler, count))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def read_to_end(sock):
    """Return all that a peer sends until its end."""
    data = bytearray()
    while piece := sock.recv(65536):
        data += piece
    return bytes(data)


def echo(sock):
    """Send back what comes, then the end."""
    while data := sock.recv(65536):
        sock.sendall(data)


@pytest.fixture
def udp():
    """A plain UDP socket on 127.0.0.1, with its `address`."""

    class Udp(socket.socket):
        @property
        def address(self):
            return f"udp://127.0.0.1:{self.getsockname()[1]}"

    with Udp(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(PATIENCE_S)
        yield sock


class Typist:
    """`wiretalk WORDS…` on a terminal of its own: typed to, and read as the bytes that reach the terminal."""

    def __init__(self, words, *, columns=100, **environment):
        self.status = None
        self.seen = ""
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            for name, value in ({"TERM": "xterm"} | environment).items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            os.execv(WIRETALK, [WIRETALK, *words])

    def type(self, text):
        os.write(self.terminal, text if isinstance(text, bytes) else text.encode())

    def wait_for(self, *texts):
        """Wait until these texts have been shown, each after the one before and after what was waited for last."""
        give_up = time.monotonic() + PATIENCE_S
        for text in texts:
            while text not in self.seen:
                ready, _, _ = select.select([self.terminal], [], [], max(0, give_up - time.monotonic()))
                assert ready, f"{text!r} was not shown, but {self.seen!r}"
                try:
                    data = os.read(self.terminal, 65536)
                except OSError:
                    data = b""
                assert data, f"{text!r} was not shown before the end, but {self.seen!r}"
                self.seen += self._decode(data)
            before, _, self.seen = self.seen.partition(text)
        return before

    def wait(self):
        """Wait until it has left; return its exit status, and what it had shown since."""
        shown = self.seen
        while self.status is None:
            try:
                shown += self._decode(os.read(self.terminal, 65536))
            except OSError:
                self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status, shown

    def signal(self, number):
        os.kill(self.pid, number)

    def close(self):
        """Leave nothing behind; let it leave in good order, if it does in time."""
        if self.status is None:
            os.kill(self.pid, signal.SIGINT)
            killer = threading.Timer(LEAVING_S, os.kill, (self.pid, signal.SIGKILL))
            killer.start()
            self.wait()
            killer.cancel()
            killer.join()
        os.close(self.terminal)


@pytest.fixture
def typed(tmp_path):
    """Start `wiretalk WORDS…` on a terminal: a `Typist`."""
    typists = []

    def start(*words, **settings):
        typists.append(Typist(words, **{"XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1"} | settings))
        return typists[-1]

    yield start
    for typist in typists:
        typist.close()
