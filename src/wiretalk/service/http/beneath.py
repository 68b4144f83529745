"""Opens what is beneath a directory, and nothing else, whoever changes what is there meanwhile.

Every name is opened relative to the directory that has been opened before it, and never as a symbolic link. A link is
read, and its own way is walked by the same rules: inside it may lead anywhere, and up no further than to where we
began, since "up" is a directory that is still open, not one that the system is asked for. So there is no moment between
a check and its use, and nothing outside is opened even to be refused.
"""

from __future__ import annotations

import errno
import os
import stat

from wiretalk.limits import HTTP_DEPTH, HTTP_LINKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""Neither a pipe nor a device can keep us waiting that takes a file's place at the last moment."""


class OutsideError(Exception):
    """A symbolic link leads out of the directory."""


class SpecialError(Exception):
    """It is neither a file nor a directory."""


def open_beneath(root: str, names: Iterable[bytes]) -> int:
    """Return the descriptor of a file or a directory beneath `root`; the caller closes it.

    Args:
        root: the path of the directory; it is trusted, links in it included.
        names: one below the other.

    Raises:
        OutsideError: the way leads out.
        SpecialError: something else is there: a socket, a pipe, a device.
        OSError: it is not there, or may not be read.
    """
    walk = _Walk(root)
    try:
        return walk.to(names)
    finally:
        walk.close()


class _Walk:
    """A way down from a directory: all that is open on it, so that going back up asks nobody."""

    def __init__(self, root: str) -> None:
        self._root = os.fsencode(root)
        self._links = HTTP_LINKS
        self._open = [os.open(root, DIRECTORY)]

    def close(self) -> None:
        while self._open:
            os.close(self._open.pop())

    def to(self, names: Iterable[bytes]) -> int:
        left = list(names)[::-1]
        while left:
            name = left.pop()
            if name in {b"", b"."}:
                continue
            if name == b"..":
                self._up()
                continue
            here = self._open[-1]
            mode = os.stat(name, dir_fd=here, follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                left += self._follow(os.readlink(name, dir_fd=here))[::-1]
            elif stat.S_ISDIR(mode):
                self._down(os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=here))
            elif left:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            elif stat.S_ISREG(mode):
                return self._file(os.open(name, FILE, dir_fd=here))
            else:
                raise SpecialError
        return self._open.pop()

    def _down(self, descriptor: int) -> None:
        self._open.append(descriptor)
        if len(self._open) > HTTP_DEPTH:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))

    def _up(self) -> None:
        if len(self._open) == 1:
            raise OutsideError
        os.close(self._open.pop())

    def _follow(self, leads_to: bytes) -> list[bytes]:
        """Return the names of a link's own way, from the directory that is open last."""
        self._links -= 1
        if self._links < 0:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not leads_to.startswith(b"/"):
            return leads_to.split(b"/")
        for root in (os.path.abspath(self._root), os.path.realpath(self._root)):
            below = root.rstrip(b"/") + b"/"
            if (leads_to + b"/").startswith(below):
                while len(self._open) > 1:
                    self._up()
                return leads_to[len(below) :].split(b"/")
        raise OutsideError

    @staticmethod
    def _file(descriptor: int) -> int:
        """Return the descriptor of what was a file a moment ago, if it still is."""
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise SpecialError
        return descriptor
