"""Standard input and output as a socket."""

import os
import select
import socket
import subprocess
import sys
import textwrap

import pytest

from wiretalk.address import parse
from wiretalk.errors import OpenError
from wiretalk.transport import explain, listen, open_socket, open_stdio, resolve, start_connect, stdio
from wiretalk.transport.stdio import Pump

WAIT_S = 20


class Ends:
    """A pump over two pipes: `feed` is its input's other end, `out` its output's."""

    def __init__(self):
        self.source, self.feed = os.pipe()
        self.out, self.sink = os.pipe()
        self.pump = Pump(self.source, self.sink)
        self.sock = self.pump.sock
        self.open = {self.source, self.feed, self.out, self.sink}

    def shut(self, *descriptors):
        for descriptor in descriptors:
            self.open.discard(descriptor)
            os.close(descriptor)

    def ready(self):
        assert select.select([self.sock], [], [], WAIT_S)[0]

    def close(self):
        self.sock.close()
        # Each thread ends when its pipe does.
        self.shut(*self.open & {self.feed, self.out})
        for thread in self.pump.threads:
            thread.join(WAIT_S)
            assert not thread.is_alive()
        self.shut(*self.open)


@pytest.fixture
def ends():
    pair = Ends()
    yield pair
    pair.close()


def test_both_ways(ends):
    os.write(ends.feed, b"in")
    ends.ready()
    assert ends.sock.recv(100) == b"in"
    ends.sock.send(b"out")
    assert ends.pump.flushed(WAIT_S)
    assert os.read(ends.out, 100) == b"out"


def test_it_is_for_the_loop(ends):
    assert ends.sock.gettimeout() == 0
    assert (ends.sock.family, ends.sock.type) == (socket.AF_UNIX, socket.SOCK_STREAM)


def test_the_end_of_input_is_a_half_close(ends):
    os.write(ends.feed, b"last")
    ends.shut(ends.feed)
    ends.ready()
    assert ends.sock.recv(100) == b"last"
    ends.ready()
    assert ends.sock.recv(100) == b""
    ends.sock.send(b"still speaking")
    assert ends.pump.flushed(WAIT_S)
    assert os.read(ends.out, 100) == b"still speaking"


def test_closing_loses_nothing(ends):
    ends.sock.setblocking(True)
    reading = subprocess.Popen(["wc", "-c"], stdin=ends.out, stdout=subprocess.PIPE)
    ends.sock.sendall(b"x" * 5_000_000)
    ends.sock.close()
    assert ends.pump.flushed(WAIT_S)
    ends.shut(ends.sink)
    assert reading.communicate(timeout=WAIT_S)[0].strip() == b"5000000"


def test_closing_without_reading_loses_nothing_either(ends):
    os.write(ends.feed, b"never read")
    ends.ready()
    ends.sock.send(b"said")
    ends.sock.close()
    assert ends.pump.flushed(WAIT_S)
    assert os.read(ends.out, 100) == b"said"


def test_flushed_is_false_while_nobody_reads(ends):
    ends.sock.setblocking(True)
    ends.sock.sendall(b"x" * 100_000)
    assert ends.pump.flushed(0.01) is False
    got = 0
    while got < 100_000:
        got += len(os.read(ends.out, 100_000))
    assert ends.pump.flushed(WAIT_S)


def test_who_closes_the_output_resets(ends):
    ends.shut(ends.out)
    ends.sock.send(b"anybody?")
    ends.ready()
    with pytest.raises(ConnectionResetError) as caught:
        ends.sock.recv(100)
    assert explain(caught.value, "-", "receive").how == "reset"
    assert ends.pump.flushed(WAIT_S) is False


def test_a_reset_comes_though_the_input_waits_to_be_read(ends):
    # The thread that brings in is stuck: the user does not read.
    os.set_blocking(ends.feed, False)
    for _ in range(200):
        try:
            os.write(ends.feed, b"x" * 65536)
        except BlockingIOError:
            if not select.select([], [ends.feed], [], 0.05)[1]:
                break
    ends.shut(ends.out)
    ends.sock.send(b"anybody?")
    assert ends.pump.flushed(WAIT_S) is False
    with pytest.raises(ConnectionResetError):
        while True:
            assert ends.sock.recv(1_000_000)


def test_input_after_a_reset_goes_nowhere(ends):
    ends.shut(ends.out)
    ends.sock.send(b"anybody?")
    assert ends.pump.flushed(WAIT_S) is False
    os.write(ends.feed, b"too late")
    ends.pump.threads[0].join(WAIT_S)
    assert not ends.pump.threads[0].is_alive()


def test_the_end_of_input_after_a_reset_is_no_error(ends):
    ends.shut(ends.out)
    ends.sock.send(b"anybody?")
    assert ends.pump.flushed(WAIT_S) is False
    ends.shut(ends.feed)


def test_pipes_that_somebody_made_non_blocking(ends):
    for descriptor in (ends.source, ends.sink):
        os.set_blocking(descriptor, False)
    os.write(ends.feed, b"wakes the thread")
    ends.ready()
    ends.sock.recv(100)
    os.write(ends.feed, b"in")
    ends.ready()
    assert ends.sock.recv(100) == b"in"
    ends.sock.setblocking(True)
    ends.sock.sendall(b"x" * 200_000)
    got = 0
    while got < 200_000:
        got += len(os.read(ends.out, 200_000))
    assert ends.pump.flushed(WAIT_S)


def test_a_terminal_that_hangs_up_is_an_end(opened):
    ours, theirs = os.openpty()
    null = os.open(os.devnull, os.O_WRONLY)
    pump = Pump(theirs, null)
    opened(pump.sock)
    os.close(ours)
    assert select.select([pump.sock], [], [], WAIT_S)[0]
    assert pump.sock.recv(100) == b""
    pump.sock.close()
    for thread in pump.threads:
        thread.join(WAIT_S)
    os.close(theirs)
    os.close(null)


# The process's own.


def run(script, **streams):
    """Run a script whose output and input are the test's."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        check=False,
        stderr=subprocess.PIPE,
        timeout=60,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **streams},
    )


ECHO = """
from wiretalk.address import parse
from wiretalk.transport import open_socket, resolve, start_connect
(candidate,) = resolve(parse("-"))
sock = open_socket(candidate)
assert start_connect(sock, candidate) is True
sock.setblocking(True)
while data := sock.recv(65536):
    sock.sendall(data)
"""


def test_an_echo_that_just_ends_loses_nothing(tmp_path):
    # A file: it cannot be waited for, and it is all there at once.
    data = os.urandom(1_000_000)
    (tmp_path / "input").write_bytes(data)
    with open(tmp_path / "input", "rb") as file:
        done = run(ECHO, stdin=file)
    assert (done.stdout == data, done.stderr) == (True, b"")


def test_once_per_process():
    done = run(
        ECHO + "try:\n    open_socket(candidate)\nexcept OSError as error:\n    sock.sendall(str(error).encode())"
    )
    assert done.stdout == b"-: standard input and output are in use already, by this very process"


@pytest.mark.parametrize(("descriptor", "what"), [(0, "input"), (1, "output")])
def test_started_without(descriptor, what):
    done = run(
        f"""
        import os, sys
        os.close({descriptor})
        from wiretalk.transport import open_stdio
        try:
            open_stdio()
        except OSError as error:
            sys.stderr.write(str(error))
        """
    )
    assert done.stderr == f"-: this process was started without standard {what}".encode()


def test_listening_has_one_connection():
    done = run(
        """
        import select
        from wiretalk.address import parse
        from wiretalk.transport import flushed, listen, name
        (listener,) = listen(parse("-"))
        assert select.select([listener], [], [], 20)[0]
        sock, sockaddr = listener.accept()
        assert name(sockaddr, "stdio") == "-" == str(listener.address)
        assert listener.accept() is None
        assert not select.select([listener], [], [], 0)[0]
        listener.close()
        sock.send(b"served")
        assert flushed(20)
        """
    )
    assert (done.stdout, done.stderr) == (b"served", b"")


def test_what_a_test_can_see_of_its_own(monkeypatch, ends, opened):
    monkeypatch.setattr(stdio, "_pump", None)
    assert stdio.flushed()  # nothing was ever sent
    monkeypatch.setattr(stdio, "Pump", lambda source, sink: ends.pump)
    monkeypatch.setattr("atexit.register", lambda *_: None)
    (candidate,) = resolve(parse("-"))
    assert open_socket(candidate) is ends.sock
    assert start_connect(ends.sock, candidate) is True
    with pytest.raises(OpenError):
        open_stdio()
    ends.sock.send(b"out")
    assert stdio.flushed(WAIT_S)
    monkeypatch.setattr(stdio, "_pump", None)
    (listener,) = opened(listen(parse("-")))
    assert listener.accept() == (ends.sock, None)
