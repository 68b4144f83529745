"""file: a file, as a connected stream socket. Two threads carry the bytes, for a disk cannot be waited for in a loop.

Read is what is there, then the end (`follow`: what is appended later, for ever). Written is what comes, after what is
there (`append`) or in its place (`write`); a file that is written is not read, so its side ends when the other has.
Without an option it is read, and what is said to it is dropped.
"""

from __future__ import annotations

import atexit
import errno
import os
import socket
import stat
import threading

from wiretalk.errors import NotPermittedError, OpenError, UnreachableError
from wiretalk.limits import FOLLOW_LOOK_S
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.lone import LoneListener
from wiretalk.transport.names import told
from wiretalk.transport.stdio import EXIT_FLUSH_S, Pump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

_writing: set[FilePump] = set()
"""Those that may still have bytes to write, so that none is lost at the end of the process."""

_writing_lock = threading.Lock()


class FilePump(Pump):
    """Carry bytes between a file and a socket pair.

    Args:
        source: a file to read, or a pipe that ends when the writing does.
        sink: what is written to.
        follow: whether a file that has been read to its end is looked at again, as `tail -f` does.
        closing: closed when nothing more is written, besides the sink.
    """

    def __init__(self, source: int, sink: int, *, follow: bool, closing: int | None) -> None:
        self._follow = follow
        self._closing = closing
        self._unfollow = threading.Event()
        with _writing_lock:
            _writing.add(self)
        super().__init__(source, sink)

    def _read(self) -> bytes:
        while not (data := super()._read()):
            if not self._follow or self._unfollow.wait(FOLLOW_LOOK_S):
                break
            _rewind(self._source)
        return data

    def _carry_in(self) -> None:
        super()._carry_in()
        os.close(self._source)

    def _carry_out(self) -> None:
        super()._carry_out()
        self._unfollow.set()
        os.close(self._sink)
        if self._closing is not None:
            os.close(self._closing)
        with _writing_lock:
            _writing.discard(self)


def _rewind(descriptor: int) -> None:
    """Begin again where the file has become shorter than what was read of it: somebody has emptied it."""
    if os.fstat(descriptor).st_size < os.lseek(descriptor, 0, os.SEEK_CUR):
        os.lseek(descriptor, 0, os.SEEK_SET)


@atexit.register
def _flush_all() -> None:
    """Give what was said to files the time to be written."""
    with _writing_lock:
        pumps = list(_writing)
    for pump in pumps:
        pump.flushed(EXIT_FLUSH_S)


def candidates(address: Address, *, passive: bool) -> list[Candidate]:  # noqa: ARG001  # as every family's
    """Return the one way to try."""
    return [Candidate(socket.AF_UNIX, socket.SOCK_STREAM, 0, None, address)]


def open_socket(candidate: Candidate) -> socket.socket:
    """Open the file; return the socket that reads from it, or writes to it.

    Raises:
        UnreachableError: there is no such file, or no such directory; or it is a directory.
        NotPermittedError: this user may not.
        OpenError: the system says something else.
    """
    address = candidate.address
    append, write = bool(address.option("append")), bool(address.option("write"))
    if append or write:
        sink = _open(address, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC))
        # Its input ends when its output has: by itself a file that is written says nothing.
        source, closing = os.pipe()
        return FilePump(source, sink, follow=False, closing=closing).sock
    source = _open(address, os.O_RDONLY)
    return FilePump(source, os.open(os.devnull, os.O_WRONLY), follow=bool(address.option("follow")), closing=None).sock


def _open(address: Address, flags: int) -> int:
    name = told(address)
    try:
        number = os.open(address.path, flags | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _refused(error, name) from None
    if stat.S_ISDIR(os.fstat(number).st_mode):
        os.close(number)
        raise UnreachableError(name, "that is a directory")
    return number


def _refused(error: OSError, name: str) -> OpenError:
    if error.errno == errno.ENOENT:
        return UnreachableError(name, "there is no such file, or no such directory")
    if error.errno == errno.EISDIR:
        return UnreachableError(name, "that is a directory")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return NotPermittedError(name, "this user may not open it so")
    return OpenError(name, error.strerror or "the system does not open it")


def listen(address: Address) -> list[Listener]:
    """Open the file; return a listener whose one connection it is."""
    (candidate,) = candidates(address, passive=True)
    return [LoneListener(address, lambda: open_socket(candidate))]
