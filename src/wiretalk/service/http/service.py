"""The service http as a whole: what it is told, where it may listen, and what it says of itself."""

from __future__ import annotations

import os

from wiretalk.address import Address, parse
from wiretalk.errors import AddressError, UsageError
from wiretalk.limits import HTTP_UPLOAD_BYTES
from wiretalk.service.base import Service
from wiretalk.service.guarding import Token, is_loopback, proves_itself
from wiretalk.service.http.getting import Getting
from wiretalk.service.http.permits import Permits
from wiretalk.service.http.putting import Putting
from wiretalk.service.http.session import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from wiretalk.runtime import Connection, Server
    from wiretalk.service.http.session import Times

OWN = ("framing", "codec", "max_message")
"""Options of an address that HTTP has no use for."""

EVERYWHERE = frozenset(("", "0.0.0.0", "::"))
"""Hosts of an address that mean every interface."""

NOSNIFF = ("X-Content-Type-Options", "nosniff")
OWN_ORIGIN = ("Cross-Origin-Resource-Policy", "same-origin")
"""What is not public is not to be embedded in pages of others."""


class HttpService(Service):
    """A directory over HTTP/1.1; see `make`."""

    __slots__ = ("_directory", "_hidden", "_most_bytes", "_overwrite", "_public", "_times", "_token", "_upload")

    def __init__(
        self,
        directory: str,
        token: Token | None,
        *,
        public: bool,
        upload: bool,
        overwrite: bool,
        most_bytes: int,
        hidden: bool,
        times: Times | None,
    ) -> None:
        super().__init__("http", session=self._alone)
        self._directory = directory
        self._token = token
        self._public = public
        self._upload = upload
        self._overwrite = overwrite
        self._most_bytes = most_bytes
        self._hidden = hidden
        self._times = times

    async def _alone(self, connection: Connection) -> None:
        """Hold one connection, for who serves it by other means; nobody has looked where it comes from."""
        await self.site().hold(connection)

    def _tell(self, connection: Connection, event: str, facts: dict[str, Any], sentence: str) -> None:
        if self.told is not None:
            self.told(connection, event, facts, sentence)

    def site(self) -> Site:
        """Return what answers the requests of one server."""
        putting = Putting(self._directory, hidden=self._hidden, overwrite=self._overwrite, most_bytes=self._most_bytes)
        return Site(
            Getting(self._directory, hidden=self._hidden),
            putting if self._upload else None,
            Permits(self._token, public=self._public),
            headers=(NOSNIFF,) if self._public else (NOSNIFF, OWN_ORIGIN),
            told=self._tell,
            times=self._times,
        )

    def serve(
        self,
        addresses: str | Address | Iterable[str | Address],
        *,
        framing: str | None = None,
        codec: str | None = None,
        **options: Any,
    ) -> Server:
        """See `Service.serve`.

        Raises:
            UsageError: the directory is none; strangers could read it, and nobody has said that they may; or there is a
                framing or a codec, of which HTTP has its own.
            AddressError: an address is wrong, or no stream of bytes.
        """
        from wiretalk.runtime import serve

        if framing is not None or codec is not None:
            raise UsageError("", reason="HTTP has messages of its own", hint="leave out --frame and --codec")
        several = [addresses] if isinstance(addresses, str | Address) else list(addresses)
        places = [parse(one) if isinstance(one, str) else one for one in several]
        for place in places:
            check_scheme(place)
            self._check_guarded(place)
        check_directory(self._directory)
        site = self.site()

        async def session(connection: Connection) -> None:
            await site.hold(connection)

        return serve(places, session, **options)

    def _check_guarded(self, place: Address) -> None:
        if self._public or self._token is not None or is_loopback(place) or proves_itself(place):
            return
        everywhere = place.host in EVERYWHERE
        where = f"{place} is every interface of this machine" if everywhere else f"{place} is not this machine alone"
        here = str(place.but(host="localhost", options={})).removeprefix("tcp://")
        raise UsageError(
            "",
            reason=f"{where}, and whoever reaches it could read all that is in {self._directory}",
            hint=f"say {here} to serve programs of this machine alone, --token @FILE to serve those who know a secret, "
            "or --public to serve everybody",
        )

    def introduce(self, addresses: Iterable[str]) -> list[str]:
        """Return what to tell people when it has begun."""
        urls = as_urls(addresses)
        told = f"serving {os.path.abspath(self._directory)}" + (f" at {' and '.join(urls)}" if urls else "")
        asked = ", to those who know the token" if self._token is not None and not self._public else ""
        return [told + asked]


def check_scheme(place: Address) -> None:
    """Raise AddressError where an address is no place for HTTP."""
    if place.kind != "stream":
        raise AddressError(
            place.text, 0, f"HTTP needs a stream of bytes, and {place.scheme} is none", "use tcp://, tls:// or unix:"
        )
    for name in OWN:
        if place.option(name) is not None:
            raise AddressError(
                place.text, max(0, place.text.find(name)), f"HTTP has messages of its own: leave out {name}"
            )


def check_directory(path: str) -> None:
    """Raise UsageError where there is no directory that we may read."""
    try:
        with os.scandir(path):
            return
    except NotADirectoryError:
        reason = f"{path} is a file, and http serves a directory"
    except FileNotFoundError:
        reason = f"there is no directory {path}"
    except OSError as error:
        reason = f"the directory {path} cannot be read: {error.strerror}"
    raise UsageError("", reason=reason, hint="say which with --directory DIR")


def as_url(address: str) -> str:
    """Return what a browser is told to go to an address that is listened on; "" where none can.

    >>> as_url("tcp://127.0.0.1:8080"), as_url("tls://:443"), as_url("unix:x")
    ('http://127.0.0.1:8080/', 'https://localhost:443/', '')
    """
    scheme, _, rest = address.partition("://")
    known = {"tcp": "http", "tcp4": "http", "tcp6": "http", "tls": "https"}.get(scheme)
    if known is None:
        return ""
    return f"{known}://{'localhost' if rest.startswith(':') else ''}{rest}/"


def as_urls(addresses: Iterable[str]) -> list[str]:
    """Return what a browser is told to go to any of these addresses; localhost, where it is both of its addresses.

    >>> as_urls(["tcp://[::1]:8080", "tcp://127.0.0.1:8080"])
    ['http://localhost:8080/']
    """
    urls = [url for url in map(as_url, addresses) if url]
    for url in [url for url in urls if "://127.0.0.1:" in url]:
        twin = url.replace("127.0.0.1", "[::1]", 1)
        if twin in urls:
            urls.remove(twin)
            urls[urls.index(url)] = url.replace("127.0.0.1", "localhost", 1)
    return urls


def make(
    *,
    directory: str = ".",
    token: str | None = None,
    public: bool = False,
    upload: bool = False,
    overwrite: bool = False,
    max_upload_bytes: int = HTTP_UPLOAD_BYTES,
    hidden: bool = False,
    times: Times | None = None,
) -> HttpService:
    """Make the service: a directory over HTTP/1.1.

    Args:
        directory: the path of the directory.
        token: what a request must bring, as a bearer or as the password of HTTP Basic; None: nothing.
        public: everybody may read, wherever it listens.
        upload: files may be put there, with the token.
        overwrite: a file that is put there may take the place of another.
        max_upload_bytes: the longest file that is taken.
        hidden: names that begin with a dot are listed and served like others.
        times: how long peers may take; None: as in `wiretalk.limits`.

    Raises:
        UsageError: files could be put there without a token; or the token cannot be one.
    """
    if upload and token is None:
        raise UsageError("", reason="--upload without a token would let anybody write", hint="say --token @FILE")
    if overwrite and not upload:
        raise UsageError("", reason="--overwrite is about files that are taken", hint="say --upload, too")
    return HttpService(
        directory,
        None if token is None else Token(token),
        public=public,
        upload=upload,
        overwrite=overwrite,
        most_bytes=max_upload_bytes,
        hidden=hidden,
        times=times,
    )
