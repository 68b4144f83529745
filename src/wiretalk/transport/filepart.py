"""A part of a file on its way to a stream socket, within the kernel where that can be (sendfile(2)).

It stands in a transport's backlog among bytes, and is asked for the same: how long it is, and to send what it can.
"""

from __future__ import annotations

import errno
import os

from wiretalk.limits import FILE_BYTES_A_WAKE, READ_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

NOT_HERE = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP))
"""What sendfile says of a file system, or a socket, that it cannot serve."""


class FilePart:
    """Bytes of a file.

    Args:
        descriptor: of the file; a duplicate is kept, and closed with this object, so that nothing else can be sent in
            its place once the caller has closed its own.
        offset: where the part begins.
        count: how long it is, in bytes.

    Raises:
        OSError: out of file descriptors.
    """

    __slots__ = ("_descriptor", "_offset", "_rest")

    def __init__(self, descriptor: int, offset: int, count: int) -> None:
        self._descriptor = -1
        self._offset = offset
        self._rest = count
        self._descriptor = os.dup(descriptor)

    def __len__(self) -> int:
        return self._rest

    def send_to(self, sock: socket.socket) -> int:
        """Return how many of its bytes a non-blocking socket has taken; others get their turn after a few.

        Raises:
            BlockingIOError: none now.
            OSError: the socket is broken, the file cannot be read, or it has become shorter (ENODATA).
        """
        try:
            sent = os.sendfile(sock.fileno(), self._descriptor, self._offset, min(self._rest, FILE_BYTES_A_WAKE))
        except OSError as error:
            if error.errno not in NOT_HERE:
                raise
            data = os.pread(self._descriptor, min(self._rest, READ_BYTES), self._offset)
            sent = sock.send(data) if data else 0
        if not sent and self._rest:
            raise OSError(errno.ENODATA, SHORTER)
        return sent

    def after(self, sent: int) -> FilePart:
        """Return the rest of it."""
        self._offset += sent
        self._rest -= sent
        return self

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


SHORTER = "the file has become shorter while it was being sent"
