"""A file descriptor that is no socket (a terminal, a serial line), with the methods of a socket that transports use.

Only descriptors that poll can wait for; files, which it cannot, are in `file`.
"""

from __future__ import annotations

import errno
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Descriptor:
    """A descriptor in a socket's clothes.

    Args:
        number: open for reading and writing; owned from now on. It is made non-blocking.
    """

    family = socket.AF_UNIX
    type = socket.SOCK_STREAM

    def __init__(self, number: int) -> None:
        self._number = number
        self._over = False
        os.set_blocking(number, False)

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """Return what there is, b"" at the end; a terminal whose other side is gone is at its end."""
        if self._over:
            return b""
        try:
            return os.read(self._number, size)
        except OSError as error:
            if error.errno == errno.EIO:
                return b""
            raise

    def send(self, data: bytes | memoryview, _flags: int = 0) -> int:
        """Write as much as goes at once."""
        return os.write(self._number, data)

    def sendmsg(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Write several pieces, as much as goes at once."""
        return os.writev(self._number, pieces)

    def shutdown(self, how: int) -> None:
        """End our side. There is no half-close here: see the families for what it is instead."""

    def getsockopt(self, _level: int, _name: int) -> int:
        """Return 0: no error is held back by a descriptor."""
        return 0

    def setsockopt(self, *_arguments: Any) -> None:
        """Do nothing: there are no socket options."""

    def settimeout(self, _seconds: float | None) -> None:
        """Do nothing: it never blocks."""

    def fileno(self) -> int:
        """Return the number, -1 once closed."""
        return self._number

    def close(self) -> None:
        """Close. A second call does nothing."""
        number, self._number = self._number, -1
        if number >= 0:
            os.close(number)
