"""Two transports between which the kernel moves the bytes, step by step, in a loop that is turned by hand."""

from __future__ import annotations

import errno
import os
import socket
import struct

import pytest

from wiretalk.errors import ResetError
from wiretalk.limits import KIB, READ_BYTES, SPARE_PIPES

splicing = pytest.importorskip("wiretalk.transport.splicing") if hasattr(os, "splice") else None
pytestmark = pytest.mark.skipif(splicing is None, reason="this system has no splice")


@pytest.fixture
def tcp_pair(opened):
    def make():
        with socket.create_server(("127.0.0.1", 0)) as server:
            theirs = opened(socket.create_connection(server.getsockname()))
            ours = opened(server.accept()[0])
        ours.setblocking(False)
        theirs.setblocking(False)
        return ours, theirs

    return make


class Joint:
    """Two transports, and their peers; what is read from the left one goes to the right one."""

    def __init__(self, loop, left, right, sinks):
        self.loop = loop
        self.sinks = sinks
        self.left_peer, self.right_peer = left[1], right[1]
        self.left = splicing.SplicingTransport(loop, left[0], sinks[0], "left")
        self.right = splicing.SplicingTransport(loop, right[0], sinks[1], "right")
        for transport in (self.left, self.right):
            transport.start()
        self.left.carry_to(self.right)
        self.right.carry_to(self.left)

    def say(self, data):
        """Send from the left, as much as goes; return the rest."""
        while data:
            try:
                data = data[self.left_peer.send(data) :]
            except BlockingIOError:
                break
        return data

    def hear(self):
        """Return what has come out at the right."""
        whole = b""
        while True:
            try:
                piece = self.right_peer.recv(1 << 20)
            except BlockingIOError:
                return whole
            if not piece:
                return whole + b"<end>"
            whole += piece

    def clog(self):
        """Say so much that some of it waits in a pipe; return what was said."""
        block = bytes(range(256)) * 1024
        said = b""
        while not self.right._pipe:
            said += block[: len(block) - len(self.say(block))]
            self.loop.turn()
        return said

    def rest(self, said):
        """Return all that comes out, until nothing more does."""
        heard = b""
        while len(heard) < len(said):
            heard += self.hear()
            self.loop.turn()
        return heard


@pytest.fixture
def joint(loop, tcp_pair, hearing):
    drop_spare_pipes()
    made = Joint(loop, tcp_pair(), tcp_pair(), (hearing(), hearing()))
    yield made
    for transport in (made.left, made.right):
        transport.abort()
    drop_spare_pipes()


def drop_spare_pipes():
    """Other relays of this process may have left some."""
    while splicing._spare:
        splicing.drop(splicing._spare.pop())


def test_small_pieces_go_straight_through(joint, loop):
    joint.left_peer.send(b"hello")
    loop.turn()
    assert joint.hear() == b"hello"
    assert not splicing._spare
    assert (joint.left.bytes_received, joint.right.bytes_sent) == (5, 5)


def test_what_fills_a_read_is_moved_by_the_kernel_until_it_is_small_again(joint, loop):
    data = os.urandom(8 * READ_BYTES)
    rest, heard = joint.say(data), b""
    while len(heard) < len(data):
        loop.turn()
        heard += joint.hear()
        rest = joint.say(rest)
    assert heard == data
    assert joint.left._bulk
    assert splicing._spare
    for _ in range(splicing.SMALL_IN_A_ROW):
        joint.left_peer.send(b"x")
        loop.turn()
    assert joint.hear() == b"xxxx"
    assert not joint.left._bulk
    assert joint.right.bytes_sent == len(data) + 4


def test_a_target_that_is_full_holds_its_source_and_nothing_is_lost(joint, loop):
    said = joint.clog()
    assert joint.right.backlog_bytes
    assert not joint.left._reading
    assert joint.rest(said) == said
    assert joint.left._reading
    assert not joint.right.backlog_bytes


@pytest.mark.parametrize("last", ["write", "half_close", "close"])
def test_what_is_in_a_pipe_leaves_before_what_comes_after_it(joint, loop, last):
    said = joint.clog()
    if last == "write":
        joint.right.write(b"after")
        expected = b"after"
    else:
        getattr(joint.right, last)()
        expected = b"<end>"
    assert joint.rest(said + expected).startswith(said)
    assert joint.right.bytes_sent >= len(said)


def test_a_peer_that_breaks_off_with_bytes_on_their_way(joint, loop):
    joint.clog()
    joint.right_peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    joint.right_peer.close()
    loop.turn()
    assert joint.right._pipe is None
    what, error = joint.sinks[1].told[-1]
    assert what == "lost"
    assert isinstance(error, ResetError)


def test_a_peer_that_breaks_off_while_it_is_not_read(joint, loop):
    joint.clog()
    joint.right.pause()
    joint.right_peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    joint.right_peer.close()
    loop.turn()
    assert isinstance(joint.right.broken, ResetError)
    assert (joint.right._pipe, joint.right.backlog_bytes) == (None, 0)
    # What is said from now on is read, and goes nowhere: its sink has been told.
    assert joint.left._reading


def test_a_source_that_breaks_off(joint, loop):
    joint.clog()
    joint.left_peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    joint.left_peer.close()
    joint.hear()
    for _ in range(10):
        loop.turn()
        joint.hear()
    assert joint.left.sink is None


def test_ending_at_once_drops_what_is_in_the_pipe(joint):
    joint.clog()
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    joint.right.abort()
    if before:
        # The pipe's two ends, and the socket.
        assert len(os.listdir("/proc/self/fd")) == before - 3


def test_out_of_descriptors_bytes_go_through_python(joint, loop, monkeypatch):
    joint.left._bulk = True

    def no_pipe():
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(splicing, "take_pipe", no_pipe)
    joint.left_peer.send(b"hello")
    loop.turn()
    loop.turn()
    assert joint.hear() == b"hello"


def test_a_pipe_of_the_usual_size_will_do(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "not permitted")

    monkeypatch.setattr(splicing.fcntl, "fcntl", refuse)
    splicing.drop(splicing.take_pipe())


def test_no_more_spare_pipes_than_the_limit():
    pipes = [splicing.take_pipe() for _ in range(SPARE_PIPES + 2)]
    for pipe in pipes:
        splicing.give_back(pipe)
    assert len(splicing._spare) == SPARE_PIPES
    while splicing._spare:
        splicing.drop(splicing._spare.pop())


def test_the_end_of_input_and_waking_up_for_nothing(joint, loop):
    joint.left._readable()
    joint.left._bulk = True
    joint.left._readable()
    joint.left_peer.send(bytes(KIB))
    loop.turn()
    joint.left_peer.shutdown(socket.SHUT_WR)
    loop.turn()
    assert joint.left._ended
    assert joint.hear() == bytes(KIB)
