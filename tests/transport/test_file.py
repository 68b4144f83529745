"""A file as a socket."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

import wiretalk
import wiretalk.blocking
from wiretalk.address import parse
from wiretalk.errors import EndedError, LimitError, NotPermittedError, OpenError, UnreachableError
from wiretalk.transport import explain, listen, open_socket, resolve
from wiretalk.transport import file as files

WAIT_S = 20
WIRETALK = os.path.join(os.path.dirname(sys.executable), "wiretalk")


def start(text):
    (candidate,) = resolve(parse(text))
    return open_socket(candidate)


def until(condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.002)


def all_of(sock):
    said = b""
    while True:
        assert select.select([sock], [], [], WAIT_S)[0], "nothing came"
        data = sock.recv(65536)
        if not data:
            return said
        said += data


def heard(sock, size):
    said = b""
    while len(said) < size:
        assert select.select([sock], [], [], WAIT_S)[0], f"only {said} came"
        said += sock.recv(65536)
    return said


@pytest.fixture
def run(opened):
    return lambda text: opened(start(text))


@pytest.fixture(autouse=True)
def nothing_left():
    before = len(os.listdir("/proc/self/fd"))
    yield
    until(lambda: not files._writing)
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_read_to_its_end(run, tmp_path):
    (tmp_path / "f").write_bytes(bytes(range(256)) * 1000)
    sock = run(f"file:{tmp_path}/f")
    assert all_of(sock) == bytes(range(256)) * 1000
    sock.send(b"dropped")
    sock.shutdown(socket.SHUT_WR)
    sock.close()
    assert (tmp_path / "f").stat().st_size == 256000


@pytest.mark.parametrize(("option", "result"), [("write", b"new"), ("append", b"old new")])
@pytest.mark.parametrize("there", [True, False], ids=["there", "not-there"])
def test_written(run, tmp_path, option, result, there):
    path = tmp_path / "f"
    if there:
        path.write_bytes(b"old ")
    sock = run(f"file:{path}?{option}")
    sock.send(b"new")
    sock.shutdown(socket.SHUT_WR)
    # Its side ends once all is written.
    assert all_of(sock) == b""
    assert path.read_bytes() == (result if there else b"new")


def test_what_has_been_sent_is_written_though_we_leave(run, tmp_path):
    sock = run(f"file:{tmp_path}/f?write")
    sock.send(b"x" * 100000)
    sock.close()
    until(lambda: (tmp_path / "f").stat().st_size == 100000)


def test_followed(run, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"one\n")
    sock = run(f"file:{path}?follow")
    # We have nothing to say, and still hear it.
    sock.shutdown(socket.SHUT_WR)
    assert heard(sock, 4) == b"one\n"
    with open(path, "ab") as file:
        file.write(b"two\n")
    assert heard(sock, 4) == b"two\n"
    # It is emptied,
    path.write_bytes(b"")
    until_looked_at(sock)
    path.write_bytes(b"3\n")
    assert heard(sock, 2) == b"3\n"
    # and rotated, with a last line in the old one.
    with open(path, "ab") as file:
        path.rename(tmp_path / "old")
        file.write(b"four\n")
    assert heard(sock, 5) == b"four\n"
    path.write_bytes(b"five\n")
    assert heard(sock, 5) == b"five\n"
    path.unlink()
    path.write_bytes(b"six\n")
    assert heard(sock, 4) == b"six\n"


def until_looked_at(sock):
    """Give the file's thread two looks."""
    assert not select.select([sock], [], [], 2.5 * files.FOLLOW_LOOK_S)[0]


def test_followed_into_a_file_that_cannot_be_read(run, tmp_path, monkeypatch, caplog):
    path = tmp_path / "f"
    path.write_bytes(b"one\n")
    sock = run(f"file:{path}?follow")
    assert heard(sock, 4) == b"one\n"
    real = os.stat

    def fails(name, *arguments, **options):
        if name == str(path):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(name, *arguments, **options)

    monkeypatch.setattr(os, "stat", fails)
    until(lambda: caplog.messages)
    assert caplog.messages[0].endswith("the new file cannot be read: Permission denied")
    monkeypatch.undo()
    with open(path, "ab") as file:
        file.write(b"two\n")
    assert heard(sock, 4) == b"two\n"


def test_a_pipe_that_nobody_has_opened_yet(run, tmp_path):
    os.mkfifo(tmp_path / "p")
    sock = run(f"file:{tmp_path}/p")
    with open(tmp_path / "p", "wb") as pipe:
        pipe.write(b"through a pipe")
    assert all_of(sock) == b"through a pipe"


def test_a_pipe_that_nobody_ever_opens(run, tmp_path):
    os.mkfifo(tmp_path / "p")
    run(f"file:{tmp_path}/p").close()


def test_a_pipe_to_be_written(run, tmp_path):
    os.mkfifo(tmp_path / "p")
    with pytest.raises(UnreachableError, match="nobody reads that pipe yet"):
        start(f"file:{tmp_path}/p?write")
    reader = os.open(tmp_path / "p", os.O_RDONLY | os.O_NONBLOCK)
    sock = run(f"file:{tmp_path}/p?write")
    sock.send(b"hello")
    until(lambda: select.select([reader], [], [], 0)[0])
    assert os.read(reader, 100) == b"hello"
    os.close(reader)
    sock.send(b"to nobody")
    error = ended(sock)
    assert error.ending.reason == "nobody reads that pipe any more"


def ended(sock):
    with pytest.raises(EndedError) as caught:
        all_of(sock)
    return explain(caught.value, "file:x", "receive")


def test_a_full_disk(run):
    sock = run("file:/dev/full?append")
    sock.send(b"x" * 1000)
    error = ended(sock)
    assert isinstance(error, EndedError)
    assert (error.how, error.by, error.ending.reason) == ("failed", "system", "the disk is full")
    assert error.peer == "file:/dev/full"
    for send in (lambda: sock.send(b"x"), lambda: sock.sendmsg([b"x"])):
        with pytest.raises(EndedError) as caught:
            send()
        assert "the disk is full" in str(caught.value)


def test_a_full_disk_is_logged_for_who_has_left(run, caplog):
    sock = run("file:/dev/full?append")
    sock.send(b"x" * 1000)
    sock.close()
    until(lambda: caplog.messages)
    assert caplog.messages == ["file:/dev/full: failed by the system (the disk is full)"]


def test_a_fault_that_has_been_told_is_not_logged(run, caplog):
    sock = run("file:/dev/full?append")
    sock.send(b"x")
    ended(sock)
    sock.close()
    assert not caplog.messages


def test_a_fault_before_the_socket_is_there(run, tmp_path, monkeypatch):
    (tmp_path / "f").touch()
    made = files.FilePump.socket

    def late(pump):
        until(lambda: pump._fault is not None)
        return made(pump)

    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files.FilePump, "socket", late)
    with monkeypatch.context() as patch:
        patch.setattr(os, "read", fails)
        sock = run(f"file:{tmp_path}/f")
    assert ended(sock).ending.reason == "Input/output error"


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("there-is-none", UnreachableError, "there is no such file"),
        ("there/is/none?write", UnreachableError, "there is no such file, or no such directory"),
        (".", UnreachableError, "that is a directory"),
        (".?write", UnreachableError, "that is a directory"),
        ("f/x", UnreachableError, "a part of that path is not a directory"),
        ("x" * 300, UnreachableError, "too long a name"),
    ],
)
def test_what_cannot_be_opened(tmp_path, path, kind, words):
    (tmp_path / "f").touch()
    with pytest.raises(kind, match=words):
        start(f"file:{tmp_path}/{path}")


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.EACCES, NotPermittedError), (errno.EMFILE, LimitError), (errno.EIO, OpenError)],
)
def test_what_the_system_says(tmp_path, monkeypatch, number, kind):
    def fails(*_):
        raise OSError(number, os.strerror(number))

    (tmp_path / "f").touch()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fails)
        with pytest.raises(kind):
            start(f"file:{tmp_path}/f")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pipe", fails)
        with pytest.raises((LimitError, OpenError)):
            start(f"file:{tmp_path}/f?append")


def test_listening_is_one_conversation_that_is_there(opened, readable, tmp_path):
    (tmp_path / "f").write_bytes(b"hello")
    (listener,) = opened(listen(parse(f"file:{tmp_path}/f")))
    readable(listener)
    sock, _ = listener.accept()
    assert listener.accept() is None
    assert all_of(opened(sock)) == b"hello"


# in both faces


async def test_asyncio_tells_of_a_full_disk():
    connection = await wiretalk.connect("file:/dev/full?append")
    await connection.send(b"x")
    with pytest.raises(EndedError, match="the disk is full"):
        await connection.receive()
    await connection.close()


def test_blocking_tells_of_a_full_disk():
    with wiretalk.blocking.connect("file:/dev/full?append") as connection:
        connection.send(b"x")
        with pytest.raises(EndedError, match="the disk is full"):
            connection.receive()


# through the shell face


def test_a_relay_from_file_to_file(tmp_path):
    content = os.urandom(3_000_000)
    (tmp_path / "in").write_bytes(content)
    relay = [WIRETALK, "relay", f"file:{tmp_path}/in", f"file:{tmp_path}/out?write"]
    done = subprocess.run(relay, check=True, capture_output=True, timeout=60)
    assert done.stderr.decode() == f"connected to file:{tmp_path}/in and file:{tmp_path}/out\n"
    assert (tmp_path / "out").read_bytes() == content


def test_stopped_it_has_written_what_had_come(program, tmp_path):
    relay = program([WIRETALK, "relay", "tcp://127.0.0.1:0", f"file:{tmp_path}/out?append"])
    host, _, port = relay.wait_for("listening on", "\n", where="err").partition("://")[2].split()[0].rpartition(":")
    content = os.urandom(1_000_000)
    with socket.create_connection((host, int(port)), WAIT_S) as sock:
        sock.sendall(content)
        until(lambda: os.path.exists(tmp_path / "out") and os.path.getsize(tmp_path / "out"))
        sock.shutdown(socket.SHUT_WR)
        relay.process.send_signal(signal.SIGTERM)
        relay.wait()
    assert (tmp_path / "out").read_bytes() == content


def test_threads_end_with_their_file(run, tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    for option in ("", "?follow", "?append"):
        sock = run(f"file:{tmp_path}/f{option}")
        if option != "?append":
            heard(sock, 1)
        sock.close()
    until(lambda: not [one for one in threading.enumerate() if one.name.startswith("wiretalk-stdio")])
