"""The ranges of a file that a request asks for, and how several of them are sent. RFC 9110, section 14."""

from __future__ import annotations

import os
import re

from wiretalk.limits import HTTP_RANGES
from wiretalk.service.http.messages import Part

ONE = re.compile(r"([0-9]{0,19})-([0-9]{0,19})")


def read_ranges(text: str, size: int) -> list[Part] | None:
    """Return the ranges that a Range header asks for, of a file of so many bytes.

    Returns:
        What there is of them, in the order of the request; [] where there is nothing of any. None: the header is not to
        be regarded: it is no list of byte ranges, or one that asks for more than the whole file, or in too many pieces.

    >>> [(part.offset, part.count) for part in read_ranges("bytes=0-4, -3", 10)]
    [(0, 5), (7, 3)]
    """
    unit, equals, listed = text.partition("=")
    if unit.strip().lower() != "bytes" or not equals:
        return None
    pieces = [piece.strip() for piece in listed.split(",") if piece.strip()]
    if not 0 < len(pieces) <= HTTP_RANGES:
        return None
    parts = []
    for piece in pieces:
        read = ONE.fullmatch(piece)
        if read is None or piece == "-":
            return None
        first, last = read.groups()
        if not first:
            begin, end = max(0, size - int(last)), size
        else:
            begin, end = int(first), min(size, int(last) + 1) if last else size
            if last and int(last) < int(first):
                return None
        if begin < end:
            parts.append(Part(begin, end - begin))
    # Overlapping ones are somebody's way to have one file sent many times.
    return parts if sum(part.count for part in parts) <= size else None


def content_range(part: Part, size: int) -> str:
    """Return which bytes of the whole these are, in HTTP's words."""
    return f"bytes {part.offset}-{part.offset + part.count - 1}/{size}"


def several(parts: list[Part], size: int, content_type: str) -> tuple[str, list[bytes | Part]]:
    """Return the content type and the pieces of a body that holds several ranges."""
    boundary = os.urandom(12).hex()
    body: list[bytes | Part] = []
    for part in parts:
        head = f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {content_range(part, size)}\r\n\r\n"
        body += [head.encode(), part, b"\r\n"]
    body.append(f"--{boundary}--\r\n".encode())
    return f"multipart/byteranges; boundary={boundary}", body
