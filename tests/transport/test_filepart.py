"""Files through a stream transport: in their turn among bytes, to peers that leave, of files that are cut meanwhile."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from wiretalk.errors import EndedError, ResetError
from wiretalk.limits import FILE_BYTES_A_WAKE
from wiretalk.transport import filepart
from wiretalk.transport.filepart import FilePart

from ..twins import KINDS

SIZE = 3 * 1024 * 1024 + 17


@pytest.fixture(params=KINDS)
def stream(request, twins):
    """The module of stream transports, with bytes crossing in Python and in C."""
    return twins(request.param)


@pytest.fixture
def sockets(opened):
    ours, theirs = socket.socketpair()
    opened(ours)
    ours.setblocking(False)
    theirs.settimeout(20)
    return ours, opened(theirs)


@pytest.fixture
def transport(stream, loop, sockets, heard):
    transport = stream.StreamTransport(loop, sockets[0], heard, "the peer")
    transport.start()
    return transport


@pytest.fixture
def file(tmp_path):
    """A file of SIZE bytes, no two pages of it alike: its descriptor and its bytes."""
    content = b"".join(b"%016d" % at for at in range(SIZE // 16 + 1))[:SIZE]
    path = tmp_path / "file"
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDWR)
    yield descriptor, content
    os.close(descriptor)


def receive(sock, loop, size):
    data = b""
    while len(data) < size:
        data += sock.recv(min(1 << 20, size - len(data)))
        loop.turn()
    return data


def test_a_file_goes_between_what_is_written_before_and_after(transport, loop, sockets, file):
    descriptor, content = file
    transport.write(b"before")
    assert transport.send_file(descriptor, 0, SIZE)
    transport.write(b"after")
    transport.send_file(descriptor, 100, 50)
    assert 0 < transport.backlog_bytes < SIZE + 55
    whole = b"before" + content + b"after" + content[100:150]
    assert receive(sockets[1], loop, len(whole)) == whole
    assert transport.backlog_bytes == 0
    assert transport.bytes_sent == len(whole)
    assert loop.writers == {}


def test_a_file_waits_for_what_is_held(transport, loop, sockets, file):
    descriptor, content = file
    transport.write(content)
    assert transport.backlog_bytes
    transport.send_file(descriptor, 5, 10)
    transport.close()
    assert receive(sockets[1], loop, SIZE + 10) == content + content[5:15]
    assert sockets[1].recv(1) == b""


def test_the_descriptor_may_be_closed_and_given_to_somebody_else(transport, loop, sockets, file, tmp_path):
    descriptor, content = file
    other = os.dup(descriptor)
    transport.send_file(other, 0, SIZE)
    os.close(other)
    (tmp_path / "secret").write_bytes(bytes(SIZE))
    with open(tmp_path / "secret", "rb"):
        assert receive(sockets[1], loop, SIZE) == content


def test_what_is_dropped_closes_its_descriptor(transport, sockets, file):
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    transport.send_file(file[0], 0, SIZE)
    transport.abort()
    after = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    # The socket has gone with it.
    assert after <= before - 1 or not before


def test_a_peer_that_leaves_amid_it(transport, loop, sockets, heard, file):
    transport.send_file(file[0], 0, SIZE)
    sockets[1].close()
    loop.turn()
    assert heard.told[-1][0] == "lost"
    assert isinstance(heard.told[-1][1], ResetError)
    assert loop.writers == {}


def test_a_file_that_becomes_shorter_breaks_the_connection(transport, loop, sockets, heard, file):
    transport.send_file(file[0], 0, SIZE)
    os.ftruncate(file[0], 10)
    sockets[1].recv(1 << 22)
    loop.turn()
    assert isinstance(transport.broken, EndedError)
    assert "become shorter" in str(transport.broken)
    assert transport.backlog_bytes == 0
    assert loop.writers == {}
    assert heard.told[-1] == "drained"


def test_nothing_of_a_file_is_nothing(transport, file):
    assert transport.send_file(file[0], 0, 0)
    assert transport.backlog_bytes == transport.bytes_sent == 0


def test_nothing_is_sent_after_the_end(transport, sockets, file):
    transport.half_close()
    assert transport.send_file(file[0], 0, 5)
    assert sockets[1].recv(5) == b""


def test_what_lies_on_top_of_it_sends_no_files(stream, loop, sockets, heard, file):
    class OnTop(stream.StreamTransport):
        pass

    assert not OnTop(loop, sockets[0], heard, "the peer").send_file(file[0], 0, SIZE)


def test_where_the_kernel_cannot_they_are_read(monkeypatch, transport, loop, sockets, file):
    def refuse(*_):
        raise OSError(errno.EINVAL, "not here")

    monkeypatch.setattr(filepart.os, "sendfile", refuse)
    transport.send_file(file[0], 7, SIZE - 7)
    assert receive(sockets[1], loop, SIZE - 7) == file[1][7:]


def test_one_turn_sends_a_little(monkeypatch, sockets, file):
    asked = []
    monkeypatch.setattr(filepart.os, "sendfile", lambda _out, _in, _at, count: asked.append(count) or count)
    assert FilePart(file[0], 0, SIZE).send_to(sockets[0]) == FILE_BYTES_A_WAKE
    assert asked == [FILE_BYTES_A_WAKE]


def test_a_socket_without_room(sockets, file):
    part = FilePart(file[0], 0, SIZE)
    with pytest.raises(BlockingIOError):
        while True:
            sockets[0].send(bytes(1 << 16))
    with pytest.raises(BlockingIOError):
        part.send_to(sockets[0])
    assert len(part) == SIZE


def test_without_a_descriptor_there_is_no_part(monkeypatch):
    with pytest.raises(OSError, match="descriptor"):
        FilePart(-1, 0, 1)
