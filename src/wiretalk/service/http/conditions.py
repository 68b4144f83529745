"""What a request makes its answer depend on: has the file changed, is it the one meant. RFC 9110, section 13."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping


def entity_tag(status: os.stat_result, variant: str = "") -> str:
    """Return the strong entity tag of a file as it is now, or of what is made of it.

    >>> import os
    >>> entity_tag(os.stat_result((0, 26, 0, 0, 0, 0, 5, 0, 0, 0))).startswith('"1a-5-')
    True
    """
    return f'"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}{variant}"'


def write_date(seconds: float) -> str:
    """Return a moment as HTTP writes it.

    >>> write_date(784111777)
    'Sun, 06 Nov 1994 08:49:37 GMT'
    """
    return formatdate(seconds, usegmt=True)


def read_date(text: str) -> int | None:
    """Return the seconds of Unix time that a date of HTTP says, in any of its three forms; None: it is none."""
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (ValueError, OverflowError, TypeError):
        return None


def judge(headers: Mapping[str, str], tag: str | None, modified: float, *, reading: bool) -> int | None:
    """Return what to answer because of the request's conditions, 304 or 412; None: what it asks for.

    Args:
        headers: the request's.
        tag: the entity tag of what is there; None: nothing is.
        modified: when it was changed, in Unix time.
        reading: whether the request only reads.

    Source: RFC 9110, section 13.2.2.
    """
    if "if-match" in headers:
        if not _names(headers["if-match"], tag, weakly=False):
            return 412
    elif "if-unmodified-since" in headers:
        since = read_date(headers["if-unmodified-since"])
        if since is not None and tag is not None and int(modified) > since:
            return 412
    if "if-none-match" in headers:
        if _names(headers["if-none-match"], tag, weakly=True):
            return 304 if reading else 412
    elif reading and "if-modified-since" in headers:
        since = read_date(headers["if-modified-since"])
        if since is not None and int(modified) <= since:
            return 304
    return None


def is_same(condition: str | None, tag: str, modified: float) -> bool:
    """Return whether the ranges of a request are of this file, as its If-Range says (RFC 9110, section 13.1.5)."""
    if condition is None:
        return True
    condition = condition.strip()
    if condition.endswith('"'):
        return condition == tag
    return read_date(condition) == int(modified)


def _names(listed: str, tag: str | None, *, weakly: bool) -> bool:
    if tag is None:
        return False
    tags = [one.strip() for one in listed.split(",")]
    if weakly:
        tags = [one.removeprefix("W/") for one in tags]
    return "*" in tags or tag in tags
