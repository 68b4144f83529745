"""PUT: a file is taken whole or not at all. It comes under another name, and is given its own when it is there."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from wiretalk.service.http import conditions
from wiretalk.service.http.beneath import OutsideError, SpecialError, open_beneath
from wiretalk.service.http.getting import refused
from wiretalk.service.http.messages import Answer, Refusal
from wiretalk.service.http.target import write_path
from wiretalk.units import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.service.http.messages import Request
    from wiretalk.service.http.target import Target

FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
NO_LINKS = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK))
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Putting:
    """Takes files.

    Args:
        root: the path of the directory.
        hidden: whether names that begin with a dot are there.
        overwrite: whether a file may take the place of another.
        most_bytes: the longest file that is taken.
    """

    __slots__ = ("_hidden", "_most_bytes", "_overwrite", "_root")

    def __init__(self, root: str, *, hidden: bool, overwrite: bool, most_bytes: int) -> None:
        self._root = root
        self._hidden = hidden
        self._overwrite = overwrite
        self._most_bytes = most_bytes

    def begin(self, request: Request, target: Target) -> Upload:
        """Return what takes the body of a request.

        Raises:
            Refusal: it is not taken.
        """
        length = request.headers.get("content-length", "0")
        if int(length) > self._most_bytes:
            raise too_long(self._most_bytes)
        if "content-range" in request.headers:
            raise Refusal(400, "a file is taken whole: leave out Content-Range")
        if target.slash or not target.names:
            raise Refusal(400, "name the file: a path that ends in a slash is a directory")
        if target.hidden and not self._hidden:
            raise Refusal(403, "names that begin with a dot are not taken without --hidden")
        *above, name = target.names
        try:
            folder = open_beneath(self._root, above)
        except (OSError, OutsideError, SpecialError) as error:
            raise refused(error) from None
        try:
            if not stat.S_ISDIR(os.fstat(folder).st_mode):
                raise refused(NotADirectoryError(errno.ENOTDIR, ""))
            upload = Upload(folder, name, self._most_bytes, overwrite=self._overwrite)
            upload.check(request)
            upload.open()
        except BaseException:
            os.close(folder)
            raise
        return upload


class Upload:
    """A file that is coming.

    Args:
        folder: the descriptor of its directory; it is closed in the end.
        name: its name there.
        most_bytes: how long it may be.
        overwrite: whether it may take the place of another.
    """

    __slots__ = ("_descriptor", "_folder", "_most_bytes", "_name", "_overwrite", "_size", "_temporary")

    def __init__(self, folder: int, name: bytes, most_bytes: int, *, overwrite: bool) -> None:
        self._folder = folder
        self._name = name
        self._most_bytes = most_bytes
        self._overwrite = overwrite
        self._size = 0
        self._descriptor: int | None = None
        self._temporary = f".wiretalk-{os.urandom(8).hex()}.part".encode()

    def check(self, request: Request) -> bool:
        """Return whether something is there already that it may replace.

        Raises:
            Refusal: it may not, or what is there is not what was meant.
        """
        try:
            there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            there = None
        except OSError as error:
            raise refused(error) from None
        tag = None if there is None else conditions.entity_tag(there)
        modified = 0.0 if there is None else there.st_mtime
        if conditions.judge(request.headers, tag, modified, reading=False) is not None:
            raise Refusal(412, "what is there is not what was meant")
        if there is None:
            return False
        if stat.S_ISDIR(there.st_mode):
            raise Refusal(409, "a directory has that name")
        if not self._overwrite:
            raise exists()
        return True

    def open(self) -> None:
        """Begin.

        Raises:
            Refusal: that cannot be.
        """
        try:
            self._descriptor = os.open(self._temporary, NEW, 0o666, dir_fd=self._folder)
        except OSError as error:
            raise _not_written(error) from None

    def write(self, data: bytes) -> None:
        """Take a piece of it.

        Raises:
            Refusal: it is too long, or there is no room for it.
        """
        self._size += len(data)
        if self._size > self._most_bytes:
            raise too_long(self._most_bytes)
        assert self._descriptor is not None  # noqa: S101  # opened before
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise _not_written(error) from None

    def finish(self, request: Request, target: Target) -> Answer:
        """Give the file its name; return the answer.

        Raises:
            Refusal: somebody else has been there first, or the system does not let us.
        """
        replaces = self.check(request)
        try:
            if self._overwrite:
                os.replace(self._temporary, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            else:
                self._name_new()
            there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileExistsError:
            raise exists() from None
        except OSError as error:
            raise _not_written(error) from None
        headers = [("ETag", conditions.entity_tag(there))]
        if replaces:
            return Answer(204, headers)
        location = write_path(target.names)
        return Answer(201, [("Location", location), *headers], [f"201 Created: {location}\n".encode()])

    def _name_new(self) -> None:
        """Give it a name that nobody has, so that nobody else can have it at the same moment.

        Raises:
            FileExistsError: somebody has.
        """
        try:
            os.link(self._temporary, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            # The file system knows one name a file: an empty one keeps the place.
            os.close(os.open(self._name, NEW, 0o666, dir_fd=self._folder))
            os.replace(self._temporary, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def close(self) -> None:
        """Leave nothing behind but what has been finished."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._temporary, dir_fd=self._folder)
        os.close(self._folder)


def exists() -> Refusal:
    """Return the refusal of a file in whose place there is one."""
    return Refusal(409, "there is a file of that name, and this server replaces none without --overwrite")


def too_long(most_bytes: int) -> Refusal:
    """Return the refusal of a file that is too long."""
    return Refusal(413, f"a file may have {format_size(most_bytes)}, not more (--max-upload)")


def _not_written(error: OSError) -> Refusal:
    if error.errno in FULL:
        return Refusal(507, "the disk is full")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return Refusal(403, "the server may not write there")
    return Refusal(500, f"the server cannot write that: {error.strerror}")
