"""What a request's target names: the names on the way down from the directory that is served. No file is looked at.

Percent signs are decoded once, name by name, after the path has been cut at its slashes: so what is in a name is in no
other, and a second decoding, with which doors have been opened elsewhere, does not happen. Names are bytes, as they are
to the system; no character set is assumed.
"""

from __future__ import annotations

from urllib.parse import quote_from_bytes, unquote_to_bytes

from wiretalk.service.http.messages import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NOWHERE = frozenset((b".", b".."))


class Target:
    """What is asked for.

    Attributes:
        names: the names on the way down; none: the directory that is served itself.
        slash: whether it ends in a slash, and so can only be a directory.
        authority: the host and port in the target itself, as proxies are sent them; "" where there is none.
    """

    __slots__ = ("authority", "names", "slash")

    def __init__(self, names: tuple[bytes, ...], slash: bool, authority: str = "") -> None:
        self.names = names
        self.slash = slash
        self.authority = authority

    @property
    def hidden(self) -> bool:
        """Whether one of the names begins with a dot."""
        return any(name.startswith(b".") for name in self.names)


def read_target(text: str) -> Target:
    """Return what a request's target names.

    Raises:
        Refusal: it is no path, or one that no file can have.

    >>> read_target("/a%20b/c?d").names
    (b'a b', b'c')
    """
    path, authority = text.partition("#")[0].partition("?")[0], ""
    for scheme in ("http://", "https://"):
        if path[: len(scheme)].lower() == scheme:
            authority, slash, path = path[len(scheme) :].partition("/")
            path = f"/{path}" if slash or not path else path
    if not path.startswith("/"):
        raise Refusal(400, "the target of a request is a path that begins with a slash")
    names = tuple(name for name in map(unquote_to_bytes, path.split("/")) if name)
    for name in names:
        if name in NOWHERE:
            raise Refusal(400, "there is no way up: . and .. are no names here, however they are written")
        if b"/" in name or b"\0" in name:
            raise Refusal(400, "no file has a slash or a null byte in its name")
    return Target(names, path.endswith("/"), authority)


def write_path(names: Sequence[bytes], *, slash: bool = False) -> str:
    """Return the path of these names, as it stands in a target.

    >>> write_path((b"a b", b"c:d"), slash=True)
    '/a%20b/c%3Ad/'
    """
    return "".join(f"/{quote_from_bytes(name, safe='')}" for name in names) + ("/" if slash or not names else "")
