"""GET and HEAD: from what is asked for to an answer that holds its file open. What lies aside is left to a thread."""

from __future__ import annotations

import asyncio
import errno
import os
import stat

from wiretalk.limits import HTTP_GZIP_BYTES, HTTP_GZIP_LEAST_BYTES, HTTP_THREADS
from wiretalk.runtime.aside import in_thread
from wiretalk.service.http import conditions, listing, ranges
from wiretalk.service.http.beneath import OutsideError, SpecialError, open_beneath
from wiretalk.service.http.contenttypes import content_type, packs_well
from wiretalk.service.http.gzipped import pack, takes_gzip
from wiretalk.service.http.messages import PLAIN, Answer, Part, Refusal
from wiretalk.service.http.target import write_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from wiretalk.service.http.messages import Request
    from wiretalk.service.http.target import Target

    Result = TypeVar("Result")

INDEX = b"index.html"
REVALIDATE = ("Cache-Control", "no-cache")
"""Kept copies are asked after: what is served may change at any time."""

NOT_THERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG))
OUT_OF_FILES = frozenset((errno.EMFILE, errno.ENFILE))


def refused(error: Exception) -> Refusal:
    """Return the refusal for what could not be opened."""
    if isinstance(error, OutsideError):
        return Refusal(403, "a symbolic link leads out of the directory that is served")
    if isinstance(error, SpecialError):
        return Refusal(403, "that is neither a file nor a directory")
    code = getattr(error, "errno", 0)
    if code in NOT_THERE:
        return Refusal(404, "there is nothing of that name")
    if code in OUT_OF_FILES:
        return Refusal(503, "the server has too many files open; try again", [("Retry-After", "1")])
    if code in {errno.EACCES, errno.EPERM}:
        return Refusal(403, "the server may not read that")
    return Refusal(500, f"the server cannot read that: {getattr(error, 'strerror', None) or error}")


class Getting:
    """Answers who wants to read.

    Args:
        root: the path of the directory.
        hidden: whether names that begin with a dot are there.
    """

    def __init__(self, root: str, *, hidden: bool) -> None:
        self._root = root
        self._hidden = hidden
        self._threads = asyncio.Semaphore(HTTP_THREADS)

    async def answer(self, request: Request, target: Target) -> Answer:
        """Return the answer to GET, which is that to HEAD; the caller closes it.

        Raises:
            Refusal: there is none.
        """
        if target.hidden and not self._hidden:
            raise refused(FileNotFoundError(errno.ENOENT, ""))
        try:
            answer = Answer(200, descriptor=open_beneath(self._root, target.names))
        except (OSError, OutsideError, SpecialError) as error:
            raise self._refused(error) from None
        try:
            await self._fill(answer, request, target)
        except OSError as error:
            answer.close()
            raise refused(error) from None
        except BaseException:
            answer.close()
            raise
        return answer

    def _refused(self, error: Exception) -> Refusal:
        if os.path.isdir(self._root):
            return refused(error)
        return Refusal(503, "the directory that is served is not there any more")

    async def _fill(self, answer: Answer, request: Request, target: Target) -> None:
        status = _status(answer)
        if not stat.S_ISDIR(status.st_mode):
            if target.slash:
                raise Refusal(404, "that is a file, and no directory: leave out the slash at the end")
            await self._file(answer, request, target.names)
        elif not target.slash:
            query = f"?{request.query}" if request.query else ""
            location = write_path(target.names, slash=True) + query
            answer.close()
            answer.status = 301
            answer.headers += [("Location", location), ("Content-Type", PLAIN)]
            answer.body = [f"301 Moved Permanently: {location}\n".encode()]
        elif self._swap(answer, (*target.names, INDEX)):
            await self._file(answer, request, (*target.names, INDEX))
        else:
            await self._list(answer, request, target)

    def _swap(self, answer: Answer, names: tuple[bytes, ...], *, not_before: int = 0) -> bool:
        """Put another file in the place of an answer's, if there is one that has not been changed before."""
        try:
            other = open_beneath(self._root, names)
        except (OSError, OutsideError, SpecialError):
            return False
        status = os.fstat(other)
        if not stat.S_ISREG(status.st_mode) or status.st_mtime_ns < not_before:
            os.close(other)
            return False
        answer.close()
        answer.descriptor = other
        return True

    # a file

    async def _file(self, answer: Answer, request: Request, names: tuple[bytes, ...]) -> None:
        status = _status(answer)
        kind = content_type(names[-1].decode("utf-8", "replace"), _descriptor(answer))
        ranged = request.method == "GET" and "range" in request.headers
        packable = packs_well(kind.partition(";")[0])
        packed_here, variant = False, ""
        if packable:
            answer.headers.append(("Vary", "Accept-Encoding"))
        if packable and not ranged and takes_gzip(request.headers.get("accept-encoding", "")):
            if self._swap(answer, (*names[:-1], names[-1] + b".gz"), not_before=status.st_mtime_ns):
                status = _status(answer)
                variant = "-gz"
            elif HTTP_GZIP_LEAST_BYTES <= status.st_size <= HTTP_GZIP_BYTES:
                packed_here, variant = True, "-gz"
        tag = conditions.entity_tag(status, variant)
        answer.headers += [
            ("ETag", tag),
            ("Last-Modified", conditions.write_date(int(status.st_mtime))),
            REVALIDATE,
        ]
        verdict = conditions.judge(request.headers, tag, status.st_mtime, reading=True)
        if verdict == 412:
            raise Refusal(412, "the file is not the one that was meant")
        if verdict is not None:
            answer.status = verdict
            return
        if variant:
            answer.headers.append(("Content-Encoding", "gzip"))
        else:
            answer.headers.append(("Accept-Ranges", "bytes"))
        answer.body = [Part(0, status.st_size)] if status.st_size else []
        if packed_here:
            content = os.pread(_descriptor(answer), HTTP_GZIP_BYTES, 0)
            answer.body = [await self._aside(lambda: pack(content))]
        elif ranged and conditions.is_same(request.headers.get("if-range"), tag, status.st_mtime):
            kind = _cut(answer, request.headers["range"], status.st_size, kind)
        answer.headers.append(("Content-Type", kind))

    # a directory

    async def _list(self, answer: Answer, request: Request, target: Target) -> None:
        accepts = request.headers.get("accept", "")
        wants_json = "application/json" in accepts and "text/html" not in accepts
        packs = takes_gzip(request.headers.get("accept-encoding", ""))

        async with self._threads:
            # A descriptor of the thread's own: it goes on where we are cancelled.
            descriptor = os.dup(_descriptor(answer))

            def make() -> tuple[bytes, bool]:
                try:
                    entries, whole = listing.read_entries(descriptor, hidden=self._hidden)
                finally:
                    os.close(descriptor)
                write = listing.as_json if wants_json else listing.page
                content = write(target.names, entries, request.query, whole=whole)
                if packs and HTTP_GZIP_LEAST_BYTES <= len(content) <= HTTP_GZIP_BYTES:
                    return pack(content), True
                return content, False

            content, packed = await in_thread(make)
        answer.headers += [
            ("Content-Type", "application/json" if wants_json else "text/html; charset=utf-8"),
            ("Content-Security-Policy", listing.POLICY),
            ("Vary", "Accept, Accept-Encoding"),
            REVALIDATE,
        ]
        if packed:
            answer.headers.append(("Content-Encoding", "gzip"))
        answer.body = [content]

    async def _aside(self, function: Callable[[], Result]) -> Result:
        async with self._threads:
            return await in_thread(function)


def _descriptor(answer: Answer) -> int:
    assert answer.descriptor is not None  # noqa: S101  # while it is filled it is open
    return answer.descriptor


def _status(answer: Answer) -> os.stat_result:
    return os.fstat(_descriptor(answer))


def _cut(answer: Answer, asked: str, size: int, kind: str) -> str:
    """Leave of an answer the ranges that are asked for; return its content type.

    Raises:
        Refusal: there is nothing of any.
    """
    parts = ranges.read_ranges(asked, size)
    if parts is None:
        return kind
    if not parts:
        raise Refusal(416, f"the file has {size} bytes", [("Content-Range", f"bytes */{size}")])
    answer.status = 206
    if len(parts) > 1:
        kind, answer.body = ranges.several(parts, size, kind)
        return kind
    answer.headers.append(("Content-Range", ranges.content_range(parts[0], size)))
    answer.body = [parts[0]]
    return kind
