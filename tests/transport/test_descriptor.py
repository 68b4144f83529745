"""A terminal in a socket's clothes."""

from __future__ import annotations

import errno
import os
import socket
import tty

import pytest

from wiretalk.transport.descriptor import Descriptor


@pytest.fixture
def pair():
    """One of ours, and the other side's number."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    descriptor = Descriptor(ours)
    open_ = [theirs]

    class Pair:
        one = descriptor
        other = theirs

        @staticmethod
        def hang_up():
            os.close(open_.pop())

    yield Pair
    descriptor.close()
    for number in open_:
        os.close(number)


def test_both_ways(pair, readable):
    assert pair.one.send(b"out") == 3
    assert pair.one.sendmsg([b" and", b" more"]) == 9
    heard = b""
    while len(heard) < 12:
        heard += os.read(pair.other, 100)
    assert heard == b"out and more"
    with pytest.raises(BlockingIOError):
        pair.one.recv(100)
    os.write(pair.other, b"in")
    readable(pair.one)
    assert pair.one.recv(100) == b"in"


def test_it_has_what_transports_ask_of_a_socket(pair):
    pair.one.settimeout(0)
    pair.one.shutdown(socket.SHUT_WR)
    pair.one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"")
    assert pair.one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def test_when_the_other_side_is_gone_it_is_at_its_end(pair):
    os.write(pair.other, b"last words")
    pair.hang_up()
    assert pair.one.recv(100) == b"last words"
    assert pair.one.recv(100) == b""
    assert pair.one.recv(100) == b""
    with pytest.raises(BrokenPipeError):
        pair.one.send(b"too late")


def test_full_it_blocks_and_full_and_hung_up_it_is_broken(pair):
    with pytest.raises(BlockingIOError):
        while pair.one.send(b"x" * 1024):
            pass
    pair.hang_up()
    with pytest.raises(BrokenPipeError):
        while pair.one.send(b"x" * 1024):
            pass


@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL])
def test_what_the_system_says(pair, monkeypatch, number):
    def fails(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fails)
        with pytest.raises(OSError, match="Broken pipe" if number == errno.EIO else "Invalid"):
            pair.one.send(b"x")
    with monkeypatch.context() as patch:
        patch.setattr(os, "read", fails)
        if number == errno.EIO:
            assert pair.one.recv(1) == b""
        else:
            with pytest.raises(OSError, match="Invalid"):
                pair.one.recv(1)


def test_closing_twice_closes_once(pair):
    number = pair.one.fileno()
    pair.one.close()
    assert pair.one.fileno() == -1
    again = os.open(os.devnull, os.O_RDONLY)
    pair.one.close()
    os.fstat(again)
    os.close(again)
    assert number >= 0
