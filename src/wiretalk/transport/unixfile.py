"""The files of Unix sockets: taking a path, replacing what is stale, removing what is ours and nothing else."""

from __future__ import annotations

import errno
import os
import socket
import stat
import time

from wiretalk.errors import InUseError
from wiretalk.transport.names import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address

LOCK_WAIT_S = 0.5
"""How long to wait for another process that is taking a path in the same directory."""

LOCK_RETRY_S = 0.01


class SocketFile:
    """A socket file that this process has made, known by its inode.

    Args:
        path: its path; kept absolute, so that it is found after a change of directory.
    """

    __slots__ = ("_identity", "_owner", "path")

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self._identity = identity(self.path)
        self._owner = os.getpid()

    def remove(self) -> None:
        """Remove it, if it is still the one we made, and we are who made it (not a forked child)."""
        ours, self._identity = self._identity, None
        if ours is not None and self._owner == os.getpid() and identity(self.path) == ours:
            try:
                os.unlink(self.path)
            except OSError:
                # Somebody was faster, or the directory is read-only by now: there is nothing left to do about it.
                pass


class NamedSocket(socket.socket):
    """A Unix socket that takes the file it is bound to with it when it closes."""

    __slots__ = ("file",)

    file: SocketFile | None

    def close(self) -> None:
        """Remove the socket file if it is still ours, and close."""
        file, self.file = getattr(self, "file", None), None
        if file is not None:
            file.remove()
        super().close()


def identity(path: str) -> tuple[int, int] | None:
    """Return device and inode, which tell one file from another as long as it is there; None: there is none.

    A socket keeps the inode of the file it is bound to, so nobody else's file can have it before the socket closes.
    """
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _look(path: str) -> tuple[int, int, int] | None:
    """Return what tells one file from another even when nobody keeps it: an inode's number is soon used again."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_ctime_ns


def temporary_path() -> str:
    """Return a path for a socket of our own, in the system's directory for such."""
    import tempfile

    return os.path.join(tempfile.gettempdir(), f"wiretalk-{os.getpid()}-{os.urandom(6).hex()}.sock")


def bind_file(sock: NamedSocket, address: Address, path: str, backlog: int | None) -> None:
    """Bind to a path, replacing a socket file behind which nobody listens, and listen if a backlog is given.

    Between finding a file stale and binding anew, another server could take the path, and we would remove its file.
    Binding under another name and renaming would be atomic, but the socket would then go by the other name in
    getsockname, and a datagram's receiver could not answer it. A lock file would be left behind. So the directory is
    locked (flock) while a path in it is taken: that keeps servers of wiretalk apart. Against any other program, the
    file is looked at again, by inode, right before it is removed.

    Raises:
        InUseError: somebody listens there, or what is there is no socket.
        OSError: from bind.
    """
    mode = address.option("mode")
    lock = _lock(os.path.dirname(path) or ".")
    try:
        if mode is not None and hasattr(os, "fchmod"):
            try:
                # On Linux the file is born with the mode of the socket (less the umask), so it never admits too many.
                os.fchmod(sock.fileno(), int(mode))
            except OSError:
                pass
        try:
            sock.bind(path)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            _remove_stale(address, path, sock.type)
            sock.bind(path)
        sock.file = SocketFile(path)
        if mode is not None:
            os.chmod(path, int(mode))
        if backlog is not None and sock.type != socket.SOCK_DGRAM:
            sock.listen(backlog)
    finally:
        if lock is not None:
            os.close(lock)


def _remove_stale(address: Address, path: str, kind: int) -> None:
    """Remove a socket file behind which nobody is; refuse if somebody is, or if it is not a socket."""
    before = _look(path)
    other = what_is_at(path, follow=False)
    if other:
        raise InUseError(told(address), f"there is {other} of that name, not a socket; it is left alone")
    with socket.socket(socket.AF_UNIX, kind) as probe:
        probe.settimeout(0)
        code = probe.connect_ex(path)
    if code == errno.ENOENT:
        return
    if code != errno.ECONNREFUSED or _look(path) != before:
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    os.unlink(path)


def what_is_at(path: str, *, follow: bool = True) -> str:
    """Return what a path that is no socket is, with its article: "a directory"; "" for a socket or nothing."""
    try:
        mode = os.stat(path, follow_symlinks=follow).st_mode
    except OSError:
        return ""
    if stat.S_ISSOCK(mode):
        return ""
    for test, what in (
        (stat.S_ISREG, "a regular file"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a named pipe"),
    ):
        if test(mode):
            return what
    return "a device"


def _lock(directory: str) -> int | None:
    """Lock a directory; None where that cannot be had in time: others may hold it for ever, and it is a courtesy."""
    import fcntl

    try:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    give_up = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK or time.monotonic() > give_up:
                os.close(lock)
                return None
            time.sleep(LOCK_RETRY_S)
        else:
            return lock
