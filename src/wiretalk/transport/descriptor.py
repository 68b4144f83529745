"""A file descriptor that is no socket (a terminal, a serial line), with the methods of a socket that transports use.

Only descriptors that poll can wait for; files, which it cannot, are in `file`.
"""

from __future__ import annotations

import errno
import os
import select
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

GONE = frozenset((errno.EIO, errno.ENXIO, errno.ENODEV))
"""What the system says of a terminal or a device whose other side is gone."""


class Descriptor:
    """A descriptor in a socket's clothes.

    Args:
        number: open for reading and writing; owned from now on. It is made non-blocking.
    """

    family = socket.AF_UNIX
    type = socket.SOCK_STREAM
    splices = False
    """Not every system moves bytes within the kernel to and from a terminal."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._over = False
        os.set_blocking(number, False)

    def end_reason(self) -> OSError | None:
        """Return what to raise once the other side is gone; None: that is an end in good order."""
        return None

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """Return what there is, b"" at the end: the other side is gone."""
        data = b""
        if not self._over:
            try:
                data = os.read(self._number, size)
            except OSError as error:
                if error.errno not in GONE:
                    raise
        if not data:
            self._over = True
            reason = self.end_reason()
            if reason is not None:
                raise reason
        return data

    def send(self, data: bytes | memoryview, _flags: int = 0) -> int:
        """Write as much as goes at once."""
        return self._write(lambda: os.write(self._number, data))

    def sendmsg(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Write several pieces, as much as goes at once."""
        return self._write(lambda: os.writev(self._number, pieces))

    def _write(self, write: Any) -> int:
        if self._over:
            raise self.loss_reason()
        try:
            written: int = write()
        except BlockingIOError:
            # A terminal takes what nobody will ever read, until it is full: then it must not be waited for.
            if self._hung_up():
                raise self.loss_reason() from None
            raise
        except OSError as error:
            if error.errno not in GONE:
                raise
            raise self.loss_reason() from None
        return written

    def loss_reason(self) -> OSError:
        """Return what to raise where no more is taken."""
        return BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._number, 0)
        return bool(poll.poll(0))

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
