"""file: a file, as a connected stream socket. Two threads carry the bytes, for a disk cannot be waited for in a loop.

Read is what is there, then the end (`follow`: what is appended later too, for ever, and in the new file when another
one takes its name). Written is what comes, after what is there (`append`) or in its place (`write`); a file that is
written is not read, so its side ends when the other has. Without an option it is read, and what is said is dropped.
"""

from __future__ import annotations

import atexit
import errno
import logging
import os
import select
import socket
import stat
import threading

from wiretalk.errors import NotPermittedError, OpenError, UnreachableError
from wiretalk.limits import FOLLOW_LOOK_S, READ_BYTES
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.lone import LoneListener, SpeakingSocket
from wiretalk.transport.names import told
from wiretalk.transport.oserrors import explain
from wiretalk.transport.reasons import ReasonError
from wiretalk.transport.stdio import EXIT_FLUSH_S, Pump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

log = logging.getLogger("wiretalk")

_writing: set[FilePump] = set()
"""Those that may still have bytes to write, so that none is lost at the end of the process."""

_writing_lock = threading.Lock()

DIRECTORY = "that is a directory"

FAULTS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "this user may store no more on that disk",
    errno.EFBIG: "the file is as large as it may become (ulimit -f)",
    errno.EPIPE: "nobody reads that pipe any more",
}


class FileSocket(SpeakingSocket):
    """The user's end of a file."""

    unread_is_end = False
    fault: ReasonError | None = None
    """Why the file cannot be read or written on."""

    _told = False

    def end_reason(self) -> OSError | None:
        """See `SpeakingSocket`."""
        self._told = self._told or self.fault is not None
        return self.fault

    loss_reason = end_reason

    def failed(self, fault: ReasonError) -> None:
        """Say why it has ended; one who has left already hears of it in the log."""
        self.fault = fault
        self._log()

    def close(self) -> None:
        """Close; what has been sent is still written."""
        super().close()
        self._log()

    def _log(self) -> None:
        if self.fault is not None and self.fileno() < 0 and not self._told:
            self._told = True
            log.warning("%s", self.fault)


class FilePump(Pump):
    """Carry bytes between a file and a socket pair.

    Args:
        name: its address, for errors.
        source: a file to read, or a pipe that ends when the writing does.
        sink: what is written to.
        follow: the path of a file that is to be looked at again when it has been read to its end; "": none.
        closing: closed when nothing more is written, besides the sink.
    """

    def __init__(self, name: str, source: int, sink: int, *, follow: str = "", closing: int | None = None) -> None:
        self._name = name
        self._follow = follow
        self._closing = closing
        self._waits = not stat.S_ISREG(os.fstat(source).st_mode)
        self._socket: FileSocket | None = None
        self._faults = threading.Lock()
        self._fault: ReasonError | None = None
        with _writing_lock:
            _writing.add(self)
        super().__init__(source, sink)

    def socket(self) -> FileSocket:
        """Return the user's end."""
        made = FileSocket(fileno=self.sock.detach())
        made.settimeout(0)
        with self._faults:
            self._socket = made
            if self._fault is not None:
                made.failed(self._fault)
        return made

    def _fail(self, error: OSError) -> None:
        reason = FAULTS.get(error.errno or 0) or str(error.strerror or error)
        with self._faults:
            self._fault = ReasonError(self._name, reason, by="system")
            if self._socket is not None:
                self._socket.failed(self._fault)

    # file to socket

    def _read(self) -> bytes:
        while True:
            if self._waits and not self._come():
                return b""
            try:
                data = os.read(self._source, READ_BYTES)
            except OSError as error:
                self._fail(error)
                return b""
            if data or not self._follow or self._left(FOLLOW_LOOK_S):
                return data
            self._look_again()

    def _come(self) -> bool:
        """Wait until a pipe or a device has something to read; False: nobody takes it any more."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        poll.register(self._end, 0)
        return self._end.fileno() not in [descriptor for descriptor, _ in poll.poll()]

    def _left(self, within_s: float) -> bool:
        """Wait so long, or until the user of the socket has closed it; return whether he has."""
        poll = select.poll()
        try:
            poll.register(self._end, 0)
        except ValueError:
            # It has been reset.
            return True
        return bool(poll.poll(int(within_s * 1000)))

    def _look_again(self) -> None:
        """Go on in another file that has taken its name, or at the beginning of one that somebody has emptied."""
        ours = os.fstat(self._source)
        try:
            there = os.stat(self._follow)
            if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
                # What was written to the old one before it lost its name, and after our last look, comes first.
                if ours.st_size <= os.lseek(self._source, 0, os.SEEK_CUR):
                    new = os.open(self._follow, os.O_RDONLY | os.O_CLOEXEC)
                    os.dup2(new, self._source, inheritable=False)
                    os.close(new)
                return
        except FileNotFoundError:
            # It has been moved away, and the next one is not there yet.
            return
        except OSError as error:
            log.warning("%s: the new file cannot be read: %s", self._name, error.strerror)
            return
        if ours.st_size < os.lseek(self._source, 0, os.SEEK_CUR):
            os.lseek(self._source, 0, os.SEEK_SET)

    def _carry_in(self) -> None:
        super()._carry_in()
        os.close(self._source)

    # socket to file

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._sink, data)
        except BlockingIOError:
            raise
        except OSError as error:
            self._fail(error)
            raise

    def _carry_out(self) -> None:
        super()._carry_out()
        os.close(self._sink)
        if self._closing is not None:
            os.close(self._closing)
        with _writing_lock:
            _writing.discard(self)


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
        UnreachableError: there is no such file, or no such directory; it is a directory, or a pipe that nobody reads.
        NotPermittedError: this user may not.
        LimitError: out of file descriptors.
        OpenError: the system says something else.
    """
    address = candidate.address
    name = told(address)
    append, write = bool(address.option("append")), bool(address.option("write"))
    opened: list[int] = []
    try:
        if append or write:
            sink = _open(address, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC))
            opened.append(sink)
            # Its input ends when its output has: by itself a file that is written says nothing.
            source, closing = os.pipe()
            opened += [source, closing]
            return FilePump(name, source, sink, closing=closing).socket()
        source = _open(address, os.O_RDONLY)
        opened.append(source)
        sink = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        opened.append(sink)
        follow = os.path.abspath(address.path) if address.option("follow") else ""
        return FilePump(name, source, sink, follow=follow).socket()
    except OSError as error:
        for number in opened:
            os.close(number)
        raise explain(error, name, "open") from None


def _open(address: Address, flags: int) -> int:
    name = told(address)
    try:
        # A pipe that has no other end yet must not be waited for here.
        number = os.open(address.path, flags | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK, 0o666)
    except OSError as error:
        raise _refused(error, name) from None
    if stat.S_ISDIR(os.fstat(number).st_mode):
        os.close(number)
        raise UnreachableError(name, DIRECTORY)
    os.set_blocking(number, True)
    return number


def _refused(error: OSError, name: str) -> Exception:
    if error.errno == errno.ENOENT:
        return UnreachableError(name, "there is no such file, or no such directory")
    if error.errno == errno.EISDIR:
        return UnreachableError(name, DIRECTORY)
    if error.errno == errno.ENXIO:
        return UnreachableError(name, "nobody reads that pipe yet, or nothing is behind that device")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return NotPermittedError(name, "this user may not open it so")
    if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}:
        return explain(error, name, "open")
    return OpenError(name, error.strerror or "the system does not open it")


def listen(address: Address) -> list[Listener]:
    """Open the file; return a listener whose one connection it is."""
    (candidate,) = candidates(address, passive=True)
    return [LoneListener(address, lambda: open_socket(candidate))]
