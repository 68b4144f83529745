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

from ..twins import stream_module

WAIT_S = 20


@pytest.fixture(scope="session")
def twins(require):
    """`twins("python")` and `twins("c")` return the module `transport.stream` on top of either kind of crossing."""
    return lambda kind: stream_module(kind, require)


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


class HandLoop:
    """An event loop that is turned by hand, so that a transport's steps can be told one by one."""

    def __init__(self):
        self.readers = {}
        self.writers = {}
        self.timers = []

    def add_reader(self, fd, callback):
        self.readers[fd] = callback

    def remove_reader(self, fd):
        return self.readers.pop(fd, None) is not None

    def add_writer(self, fd, callback):
        self.writers[fd] = callback

    def remove_writer(self, fd):
        return self.writers.pop(fd, None) is not None

    def call_later(self, delay, callback, *arguments):
        timer = HandTimer(delay, callback, arguments)
        self.timers.append(timer)
        return timer

    def turn(self):
        """Make one turn: call back for what is ready now."""
        reading, writing, _ = select.select(list(self.readers), list(self.writers), [], 0)
        for fd in reading:
            if fd in self.readers:
                self.readers[fd]()
        for fd in writing:
            if fd in self.writers:
                self.writers[fd]()

    def expire(self):
        """Let all time pass: call every timer that still waits."""
        timers, self.timers = self.timers, []
        for timer in timers:
            if not timer.cancelled:
                timer.callback(*timer.arguments)


class HandTimer:
    def __init__(self, delay, callback, arguments):
        self.delay, self.callback, self.arguments = delay, callback, arguments
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


class Heard:
    """A sink that keeps what it is told, in order."""

    def __init__(self):
        self.told = []

    def opened(self):
        self.told.append("opened")

    def data(self, data):
        self.told.append(data)

    def datagram(self, data, sockaddr):
        self.told.append((data, sockaddr))

    def end(self):
        self.told.append("end")

    def held(self):
        pass  # a step of its own in no transcript: `backlog_bytes` tells

    def drained(self):
        self.told.append("drained")

    def trouble(self, error):
        self.told.append(error)

    def lost(self, error):
        self.told.append(("lost", error))


@pytest.fixture
def loop():
    return HandLoop()


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def hearing():
    """`hearing()` returns a sink of its own."""
    return Heard
