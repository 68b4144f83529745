"""What kind of content a file has: by its name, and where that says nothing, by whether it begins as text does."""

from __future__ import annotations

import mimetypes
import os

KNOWN = mimetypes.MimeTypes()
"""Python's own table, and not the machine's, so that a file is the same everywhere; and what that table lacks."""

for _ending, _type in (
    (".avif", "image/avif"),
    (".gz", "application/gzip"),
    (".js", "text/javascript"),
    (".log", "text/plain"),
    (".md", "text/markdown"),
    (".mjs", "text/javascript"),
    (".toml", "text/plain"),
    (".webp", "image/webp"),
    (".woff", "font/woff"),
    (".woff2", "font/woff2"),
    (".yaml", "text/plain"),
    (".yml", "text/plain"),
):
    KNOWN.add_type(_type, _ending)

PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
"""A file that is packed is what it is: it is not unpacked on the way."""

UNKNOWN = "application/octet-stream"
LOOKED_AT_BYTES = 512

TEXTS = ("application/javascript", "application/json", "application/xml", "application/wasm", "image/svg+xml")


def content_type(name: str, descriptor: int) -> str:
    """Return the content type of an open file."""
    kind, packed = KNOWN.guess_type(f"/{name}", strict=False)
    if packed is not None:
        return PACKED.get(packed, UNKNOWN)
    if kind is None:
        kind = "text/plain" if _is_text(os.pread(descriptor, LOOKED_AT_BYTES, 0)) else UNKNOWN
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def packs_well(kind: str) -> bool:
    """Return whether content of this type becomes much shorter by gzip."""
    return kind.startswith("text/") or kind in TEXTS or kind.endswith(("+xml", "+json"))


def _is_text(begin: bytes) -> bool:
    """Return whether bytes are the beginning of a text in UTF-8 without control characters."""
    try:
        text = begin.decode()
    except UnicodeDecodeError as error:
        # The last character may be cut.
        if len(begin) < LOOKED_AT_BYTES or error.start < len(begin) - 3:
            return False
        text = begin[: error.start].decode()
    return all(character >= " " or character in "\t\n\r\f\b\033" for character in text)
