"""What can be asked for: one table, and what each of its lines does. Toxiproxy's API, and ours beside it.

Source: the HTTP API of toxiproxy 2, as its README tells it.
"""

from __future__ import annotations

from hmac import compare_digest

from wiretalk.control.messages import Answer, Refusal, Request
from wiretalk.control.metrics import metrics
from wiretalk.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wiretalk.control.proxies import Proxies

    Handler = Callable[[Proxies, Request, tuple[str, ...]], Awaitable[Answer]]

API_VERSION = "2.12.0"
"""The version of toxiproxy whose API this is; clients look at it."""


class Routes:
    """Answers requests.

    Args:
        proxies: what they are about.
        token: what every request must bring; None: nothing.
    """

    def __init__(self, proxies: Proxies, token: str | None = None) -> None:
        self._proxies = proxies
        self._token = token

    async def answer(self, request: Request) -> Answer:
        """Return the answer to a request, whatever it asks for."""
        try:
            self._admit(request)
            handler, names = found(request)
            return await handler(self._proxies, request, names)
        except Refusal as refusal:
            return refusal.answer()

    def _admit(self, request: Request) -> None:
        """Refuse those who may not come: web pages first, which any browser on this machine may have open."""
        headers = request.headers
        if headers.get("user-agent", "").startswith("Mozilla/"):
            raise Refusal(403, "User agent not allowed")
        if "origin" in headers or "sec-fetch-site" in headers:
            raise Refusal(403, "requests of web pages are not allowed")
        if self._token is not None:
            kind, _, token = headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or not compare_digest(token.strip().encode(), self._token.encode()):
                sentence = "the token is missing or wrong: send it as Authorization: Bearer TOKEN"
                raise Refusal(401, sentence, {"WWW-Authenticate": "Bearer"})


def found(request: Request) -> tuple[Handler, tuple[str, ...]]:
    """Return what answers a request, and the names in its path.

    Raises:
        Refusal: nothing has that path, or not by that method.
    """
    allowed = []
    for methods, pattern, handler in ROUTES:
        names = matched(pattern, request.path)
        if names is not None:
            if request.method in methods.split():
                return handler, names
            allowed += methods.split()
    path = "/" + "/".join(request.path)
    if allowed:
        raise Refusal(405, f"{path} has no {request.method}", {"Allow": ", ".join(allowed)})
    raise Refusal(404, f"there is no {path}")


def matched(pattern: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the names in a path, or None where it is another."""
    parts = pattern[1:].split("/")
    if len(parts) != len(path):
        return None
    names = []
    for part, given in zip(parts, path, strict=True):
        if part == "*":
            if not given:
                return None
            names.append(given)
        elif part != given:
            return None
    return tuple(names)


async def version(_proxies: Proxies, _request: Request, _names: tuple[str, ...]) -> Answer:
    """Tell whose API this is, and who speaks."""
    return Answer(200, {"version": API_VERSION, "server": f"wiretalk {__version__}"})


async def totals(proxies: Proxies, _request: Request, _names: tuple[str, ...]) -> Answer:
    """Tell what has passed, for Prometheus."""
    return Answer(200, text=metrics(proxies))


async def index(proxies: Proxies, _request: Request, _names: tuple[str, ...]) -> Answer:
    """Tell all proxies and their toxics."""
    return Answer(200, {one.name: one.as_dict() for one in proxies})


async def create(proxies: Proxies, request: Request, _names: tuple[str, ...]) -> Answer:
    """Make a proxy."""
    return Answer(201, (await proxies.create(request.fields())).as_dict())


async def populate(proxies: Proxies, request: Request, _names: tuple[str, ...]) -> Answer:
    """Make several, or replace those that are otherwise."""
    done, refusal = await proxies.populate(request.value())
    shown = [one.as_dict() for one in done]
    return Answer(201, {"proxies": shown}) if refusal is None else refusal.answer(proxies=shown)


async def reset(proxies: Proxies, _request: Request, _names: tuple[str, ...]) -> Answer:
    """Bring all up, and remove all toxics."""
    await proxies.reset()
    return Answer(204)


async def show(proxies: Proxies, _request: Request, names: tuple[str, ...]) -> Answer:
    """Tell one proxy and its toxics."""
    return Answer(200, proxies.get(names[0]).as_dict())


async def update(proxies: Proxies, request: Request, names: tuple[str, ...]) -> Answer:
    """Change a proxy: where it listens, whom it goes to, whether it is up."""
    proxies.get(names[0])
    return Answer(200, (await proxies.update(names[0], request.fields())).as_dict())


async def delete(proxies: Proxies, _request: Request, names: tuple[str, ...]) -> Answer:
    """Take a proxy down for good."""
    await proxies.delete(names[0])
    return Answer(204)


async def toxics(proxies: Proxies, _request: Request, names: tuple[str, ...]) -> Answer:
    """Tell the toxics of a proxy."""
    return Answer(200, proxies.get(names[0]).toxics())


async def toxic_create(proxies: Proxies, request: Request, names: tuple[str, ...]) -> Answer:
    """Add a toxic."""
    return Answer(200, proxies.get(names[0]).add(request.fields()))


async def toxic_show(proxies: Proxies, _request: Request, names: tuple[str, ...]) -> Answer:
    """Tell one toxic."""
    return Answer(200, proxies.get(names[0]).toxic(names[1]))


async def toxic_update(proxies: Proxies, request: Request, names: tuple[str, ...]) -> Answer:
    """Change a toxic's attributes, or its toxicity."""
    proxy = proxies.get(names[0])
    proxy.toxic(names[1])
    return Answer(200, proxy.change(names[1], request.fields()))


async def toxic_delete(proxies: Proxies, _request: Request, names: tuple[str, ...]) -> Answer:
    """Remove a toxic."""
    proxies.get(names[0]).take_away(names[1])
    return Answer(204)


async def connections(proxies: Proxies, _request: Request, names: tuple[str, ...]) -> Answer:
    """Tell the open connections of a proxy."""
    return Answer(200, proxies.get(names[0]).conversations())


async def connections_cut(proxies: Proxies, request: Request, names: tuple[str, ...]) -> Answer:
    """Cut all connections of a proxy."""
    proxy = proxies.get(names[0])
    proxy.cut(proxy.net.connections.values(), request.query.get("how", "reset"))
    return Answer(204)


async def connection_show(proxies: Proxies, _request: Request, names: tuple[str, ...]) -> Answer:
    """Tell one connection."""
    return Answer(200, proxies.get(names[0]).connection(names[1]))


async def connection_cut(proxies: Proxies, request: Request, names: tuple[str, ...]) -> Answer:
    """Cut one connection."""
    proxy = proxies.get(names[0])
    proxy.cut([proxy.layer(names[1])], request.query.get("how", "reset"))
    return Answer(204)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/version", version),
    ("GET", "/metrics", totals),
    ("GET", "/proxies", index),
    ("POST", "/proxies", create),
    ("POST", "/populate", populate),
    ("POST", "/reset", reset),
    ("GET", "/proxies/*", show),
    ("POST PATCH", "/proxies/*", update),
    ("DELETE", "/proxies/*", delete),
    ("GET", "/proxies/*/toxics", toxics),
    ("POST", "/proxies/*/toxics", toxic_create),
    ("GET", "/proxies/*/toxics/*", toxic_show),
    ("POST PATCH", "/proxies/*/toxics/*", toxic_update),
    ("DELETE", "/proxies/*/toxics/*", toxic_delete),
    ("GET", "/proxies/*/connections", connections),
    ("DELETE", "/proxies/*/connections", connections_cut),
    ("GET", "/proxies/*/connections/*", connection_show),
    ("DELETE", "/proxies/*/connections/*", connection_cut),
)
"""Methods, path (a star is a name), and what answers."""
