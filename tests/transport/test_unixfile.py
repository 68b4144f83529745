"""Taking the path of a socket: replacing what is stale, and nothing else."""

import errno
import fcntl
import os
import socket
import threading

import pytest

from wiretalk.address import parse
from wiretalk.errors import InUseError
from wiretalk.transport import listen, unixfile

SCHEMES = {"unix": socket.SOCK_STREAM, "unixgram": socket.SOCK_DGRAM, "unixpacket": socket.SOCK_SEQPACKET}


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return "x.sock"


def leave_behind(path, kind=socket.SOCK_STREAM):
    """Leave a socket file as a server that crashed does; return its inode."""
    with socket.socket(socket.AF_UNIX, kind) as crashed:
        crashed.bind(path)
    return unixfile.identity(path)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_stale_file_is_replaced(scheme, path, listening, connecting):
    leave_behind(path, SCHEMES[scheme])
    listening(f"{scheme}:{path}")
    connecting(f"{scheme}:{path}")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("before", SCHEMES)
def test_a_file_behind_which_somebody_is_is_left_alone(scheme, before, path, listening, connecting):
    listening(f"{before}:{path}")
    with pytest.raises(InUseError) as caught:
        listen(parse(f"{scheme}:{path}"))
    assert str(caught.value) == (
        f"{scheme}:{path}: this process itself has it already; stop that, or choose another name"
    )
    connecting(f"{before}:{path}")


def test_a_server_whose_backlog_is_full_is_somebody(path, opened):
    server = opened(socket.socket(socket.AF_UNIX))
    server.bind(path)
    server.listen(0)
    waiting = opened(socket.socket(socket.AF_UNIX))
    waiting.connect(path)
    with pytest.raises(InUseError):
        listen(parse(f"unix:{path}"))


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: os.close(os.open(path, os.O_CREAT)), "a regular file"),
        (os.mkdir, "a directory"),
        (os.mkfifo, "a named pipe"),
        (lambda path: os.symlink("nowhere", path), "a symbolic link"),
        (lambda path: os.symlink("/dev/null", path), "a symbolic link"),
    ],
)
def test_what_is_no_socket_is_left_alone(make, what, path):
    make(path)
    before = unixfile.identity(path)
    with pytest.raises(InUseError) as caught:
        listen(parse(f"unix:{path}"))
    assert str(caught.value) == f"unix:{path}: there is {what} of that name, not a socket; it is left alone"
    assert unixfile.identity(path) == before


def test_what_there_is():
    assert unixfile.what_is_at("/dev/null") == "a device"
    assert unixfile.what_is_at("/nowhere/at/all") == ""
    assert unixfile.identity("/nowhere/at/all") is None
    assert unixfile._look("/nowhere/at/all") is None


def test_a_file_that_changes_hands_between_the_looks_is_left_alone(path, monkeypatch):
    leave_behind(path)
    real = unixfile._look
    looks = []

    def look(at):
        looks.append(at)
        if len(looks) == 2:
            # Another server takes the path after we have found it stale; its file may well get the same inode.
            os.unlink(path)
            other.bind(path)
        return real(at)

    monkeypatch.setattr(unixfile, "_look", look)
    with socket.socket(socket.AF_UNIX) as other:
        with pytest.raises(InUseError):
            listen(parse(f"unix:{path}"))
        assert os.path.exists(path)


def test_a_file_that_goes_by_itself_between_the_looks(path, listening, monkeypatch):
    leave_behind(path)
    real = socket.socket

    class Late(real):
        __slots__ = ()

        def connect_ex(self, at):
            os.unlink(at)
            return super().connect_ex(at)

    monkeypatch.setattr(unixfile.socket, "socket", Late)
    assert listening(f"unix:{path}")


# Several that want one path.


def test_of_many_that_find_it_stale_one_gets_it(path, opened):
    leave_behind(path)
    start = threading.Barrier(8)
    got, refused = [], []

    def take():
        start.wait()
        try:
            got.extend(listen(parse(f"unix:{path}")))
        except InUseError as error:
            refused.append(error)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened(got)
    assert (len(got), len(refused)) == (1, 7)
    with socket.socket(socket.AF_UNIX) as ours:
        ours.connect(path)
        theirs, _ = got[0].accept()
        theirs.close()


def test_who_keeps_the_directory_locked_does_not_keep_us_out(path, listening, monkeypatch):
    monkeypatch.setattr(unixfile, "LOCK_WAIT_S", 0.05)
    lock = os.open(".", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        assert listening(f"unix:{path}")
    finally:
        os.close(lock)


def test_the_lock_is_waited_for(path, listening, monkeypatch):
    lock = os.open(".", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            os.close(lock)

    monkeypatch.setattr(unixfile.time, "sleep", sleep)
    listening(f"unix:{path}")
    assert len(slept) == 3


def test_a_directory_that_cannot_be_locked(path, listening, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert listening(f"unix:{path}")


def test_a_directory_that_cannot_be_read(path, listening, monkeypatch):
    real = os.open

    def refuse(what, *rest):
        if what == ".":
            raise PermissionError(13, "Permission denied")
        return real(what, *rest)

    monkeypatch.setattr(os, "open", refuse)
    assert listening(f"unix:{path}")
