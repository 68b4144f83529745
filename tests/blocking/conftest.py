"""Plain sockets at one end, the blocking face at the other; threads whose failures fail the test."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from types import SimpleNamespace

import pytest

from wiretalk import blocking
from wiretalk.errors import WiretalkError
from wiretalk.limits import Limits

PATIENCE_S = 30


def until(condition, seconds=PATIENCE_S):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


def reset(sock):
    """Break off a TCP connection, as a process that is killed with input unread does."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Running:
    """A call in a thread; `result` returns or raises what it did."""

    def __init__(self, function, *arguments):
        self._outcome = []
        self.thread = threading.Thread(target=self._run, args=(function, *arguments), daemon=True)
        self.thread.start()

    def _run(self, function, *arguments):
        try:
            self._outcome.append((function(*arguments), None))
        except BaseException as error:
            self._outcome.append((None, error))

    def result(self, seconds=PATIENCE_S):
        self.thread.join(seconds)
        assert self._outcome, "it did not end in time"
        value, error = self._outcome[0]
        if error is not None:
            raise error
        return value


@pytest.fixture
def running():
    """`running(function, *arguments)` calls it in a thread."""
    threads = []

    def start(function, *arguments):
        threads.append(Running(function, *arguments))
        return threads[-1]

    yield start
    for one in threads:
        one.thread.join(PATIENCE_S)
        assert not one.thread.is_alive(), "a thread of the test never ended"


@pytest.fixture
def opened():
    """`opened(thing)` returns the thing, and closes it at the end of the test."""
    things = []

    def keep(thing):
        things.append(thing)
        return thing

    yield keep
    for thing in reversed(things):
        with contextlib.suppress(WiretalkError):
            thing.close()


@pytest.fixture
def listening(opened):
    """Return a plain TCP listener."""

    def listen(backlog=16):
        sock = opened(socket.create_server(("127.0.0.1", 0), backlog=backlog))
        sock.settimeout(PATIENCE_S)
        return sock

    return listen


def address_of(sock, scheme="tcp"):
    host, port = sock.getsockname()[:2]
    return f"{scheme}://{host}:{port}"


@pytest.fixture
def wired(listening, opened):
    """`wired(**options)` returns a connection and the plain socket at its other end."""

    def wire(query="", **options):
        listener = listening()
        connection = opened(blocking.connect(address_of(listener) + query, **options))
        peer = opened(listener.accept()[0])
        peer.settimeout(PATIENCE_S)
        return connection, peer

    return wire


@pytest.fixture
def serving(opened):
    """`serving(addresses, session, **options)` returns a started server, which does not drain for long."""

    def serve(addresses, session=None, *, drain_s=0.1, **options):
        options["limits"] = options.get("limits", Limits()).but(drain_s=drain_s)
        return opened(blocking.serve(addresses, session, **options).start())

    return serve


@pytest.fixture
def peer_of(opened):
    """`peer_of(server)` returns a plain socket connected to its first address."""

    def connect(server, index=0):
        host, _, port = server.addresses[index].partition("://")[2].rpartition(":")
        return opened(socket.create_connection((host.strip("[]"), int(port)), PATIENCE_S))

    return connect


def receive_exactly(sock, count):
    """Return exactly so many bytes."""
    data = bytearray()
    while len(data) < count:
        piece = sock.recv(min(count - len(data), 1 << 20))
        assert piece, f"it ended after {len(data)} of {count} bytes"
        data += piece
    return bytes(data)


def receive_all(sock):
    """Return all bytes up to the end of input."""
    data = bytearray()
    while piece := sock.recv(1 << 20):
        data += piece
    return bytes(data)


def fill(sock):
    """Send until the system takes no more; return how much that was."""
    sock.setblocking(False)
    sent = 0
    try:
        while True:
            sent += sock.send(b"x" * 65536)
    except BlockingIOError:
        return sent


def is_readable(sock, seconds=0.0):
    return bool(select.select([sock], [], [], seconds)[0])


@pytest.fixture
def ends():
    """What tests do with the plain end of a conversation: `ends.until(condition)`, `ends.reset(sock)`, ….

    A fixture, since tests cannot import one another.
    """
    return SimpleNamespace(
        PATIENCE_S=PATIENCE_S,
        address_of=address_of,
        fill=fill,
        is_readable=is_readable,
        receive_all=receive_all,
        receive_exactly=receive_exactly,
        reset=reset,
        until=until,
    )
