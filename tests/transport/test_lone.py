"""What is there from the beginning, and once."""

from __future__ import annotations

import os
import socket

import pytest

from wiretalk.address import parse
from wiretalk.transport.lone import LoneListener, SpeakingSocket

ADDRESS = parse("exec:cat")


def test_it_is_ready_and_gives_its_connection_once(opened, readable):
    one, other = socket.socketpair()
    opened(other)
    listener = opened(LoneListener(ADDRESS, lambda: one))
    readable(listener)
    assert listener.accept() == (one, None)
    assert listener.accept() is None
    listener.close()
    one.send(b"it stays")
    assert other.recv(100) == b"it stays"
    one.close()


def test_closed_before_anybody_came_it_closes_its_connection():
    one, other = socket.socketpair()
    listener = LoneListener(ADDRESS, lambda: one)
    listener.close()
    listener.close()
    assert one.fileno() == -1
    other.close()


def test_what_cannot_be_opened_leaves_nothing():
    def fails():
        raise OSError("no")

    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="no"):
        LoneListener(ADDRESS, fails)
    assert os.listdir("/proc/self/fd") == before


class Knowing(SpeakingSocket):
    reason = None

    def end_reason(self):
        return self.reason

    loss_reason = end_reason


@pytest.fixture
def knowing(opened):
    """One that knows, and the other end."""
    one, other = socket.socketpair()
    return opened(Knowing(fileno=one.detach())), opened(other)


def test_without_a_reason_it_is_any_socket(opened):
    one, other = socket.socketpair()
    sock = opened(SpeakingSocket(fileno=one.detach()))
    assert sock.send(b"a") == 1
    assert sock.sendmsg([b"b", b"c"]) == 2
    assert other.recv(10) == b"abc"
    other.send(b"last")
    other.close()
    assert sock.recv(10) == b"last"
    assert sock.recv(10) == b""
    for send in (lambda: sock.send(b"x"), lambda: sock.sendmsg([b"x"])):
        with pytest.raises(BrokenPipeError):
            send()


def test_an_end_with_input_unread_is_an_end(knowing):
    sock, other = knowing
    sock.send(b"unread")
    other.send(b"last")
    other.close()
    assert sock.recv(10) == b"last"
    assert sock.recv(10) == b""


def test_the_reason_is_told_at_the_end_and_not_before(knowing):
    sock, other = knowing
    sock.reason = OSError("because")
    other.send(b"last")
    other.close()
    assert sock.recv(10) == b"last"
    for act in (lambda: sock.recv(10), lambda: sock.send(b"x"), lambda: sock.sendmsg([b"x"])):
        with pytest.raises(OSError, match="because"):
            act()
