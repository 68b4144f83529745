"""Small pieces from one socket to another, in Python and in C: what is left to do is told alike."""

from __future__ import annotations

import errno
import select
import socket
import struct

import pytest

from wiretalk.chooser import twin
from wiretalk.limits import READ_BYTES

from ..twins import KINDS, serving


@pytest.fixture(params=KINDS)
def pass_on(request, require):
    with serving(request.param, require):
        return twin("wiretalk.transport.passing", "pass_on")


@pytest.fixture
def pairs(opened):
    """Our source and its peer, our target and its peer."""
    made = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as server:
            theirs = opened(socket.create_connection(server.getsockname()))
            ours = opened(server.accept()[0])
        ours.setblocking(False)
        theirs.settimeout(20)
        made += [ours, theirs]
    return made


def wait_for(sock, readable):
    """Wait until a socket of ours can be read, without reading it."""
    sock.setblocking(True)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except OSError:
        assert not readable
    sock.setblocking(False)


def break_off(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_what_came_is_sent(pass_on, pairs):
    source, speaker, target, hearer = pairs
    speaker.sendall(b"hello")
    wait_for(source, readable=True)
    assert pass_on(source, target) == 5
    assert hearer.recv(100) == b"hello"


def test_nothing_to_read(pass_on, pairs):
    source, _, target, _ = pairs
    assert pass_on(source, target) == 0


def test_the_end_of_input(pass_on, pairs):
    source, speaker, target, _ = pairs
    speaker.shutdown(socket.SHUT_WR)
    wait_for(source, readable=True)
    assert pass_on(source, target) == (b"", 0, 0, 0, 0)


def test_a_source_that_is_broken(pass_on, pairs):
    source, speaker, target, _ = pairs
    break_off(speaker)
    # Waiting for it would take the error away.
    while (told := pass_on(source, target)) == 0:
        pass
    assert told == (b"", 0, errno.ECONNRESET, 0, 0)


def test_a_target_that_takes_nothing(pass_on, pairs):
    source, speaker, target, _ = pairs
    filled = 0
    try:
        while True:
            filled += target.send(bytes(65536))
    except BlockingIOError:
        pass
    assert filled
    speaker.sendall(b"hello")
    wait_for(source, readable=True)
    assert pass_on(source, target) == (b"hello", 0, 0, 0, 0)


def test_a_target_that_takes_a_part(pass_on, pairs):
    source, speaker, target, hearer = pairs
    target.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    hearer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    whole, told = b"", 0
    while isinstance(told, int):
        whole += bytes(range(256)) * 256
        speaker.sendall(whole[-65536:])
        wait_for(source, readable=True)
        told = pass_on(source, target)
    data, sent, *errors = told
    assert sent < len(data) <= READ_BYTES
    assert errors == [0, 0, 0]


def test_a_target_that_is_broken(pass_on, pairs):
    source, speaker, target, hearer = pairs
    break_off(hearer)
    wait_for(target, readable=False)
    speaker.sendall(b"hello")
    wait_for(source, readable=True)
    assert pass_on(source, target) == (b"hello", 0, 0, errno.EPIPE, 0)


def test_an_error_behind_what_was_read(pass_on, pairs):
    """What was read is passed on, and the error that came after it is told: a loop may not tell of it again."""
    source, speaker, target, hearer = pairs
    speaker.sendall(b"last words")
    wait_for(source, readable=True)
    break_off(speaker)
    poll = select.poll()
    poll.register(source, 0)
    assert poll.poll(20_000), "no error has come"
    assert pass_on(source, target) == (b"last words", 10, 0, 0, errno.ECONNRESET)
    assert hearer.recv(100) == b"last words"


def test_it_takes_two(pass_on, pairs):
    with pytest.raises(TypeError):
        pass_on(pairs[0])
