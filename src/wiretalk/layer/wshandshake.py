"""What is said before the first WebSocket message: the client's request, the server's answer, and what they mean.

No state is kept here; that is `wsengine`'s.
"""

from __future__ import annotations

import logging
from urllib.parse import quote, unquote

from wiretalk.ending import Ending
from wiretalk.errors import LimitError, MalformedError, MissingPackageError, RefusedError, ResetError, WiretalkError
from wiretalk.layer.wsfacts import WebSocketFacts
from wiretalk.limits import WS_HANDSHAKE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address

    Outcome = tuple[WebSocketFacts | None, WiretalkError | None]

quiet = logging.getLogger("wiretalk.websocket")
"""The package's own log: what matters is told as an ending, so it says only what should never happen."""
quiet.setLevel(logging.WARNING)

WITHIN_PATHS = "/?:@!$&'()*+,;=-._~"
"""What stands in a request's path and query as it is (RFC 3986, section 3.3)."""


def protocol(address: Address, *, accepted: bool, max_message_bytes: int) -> Any:
    """Return the package's sans-IO object for our side.

    Raises:
        MissingPackageError: the package is not installed.
    """
    try:
        from wiretalk.layer import wsprotocol
    except ImportError:
        raise MissingPackageError("websockets", "ws", f"the scheme {address.scheme}") from None
    wanted: Any = str(address.option("subprotocol", ""))
    origin: Any = address.option("origin")
    compress = address.option("compress", default=True)
    side: Any
    settings: Any = {
        "subprotocols": wanted.split(",") if wanted else None,
        # What is added is for the control frames between the fragments of a message; see wsprotocol.
        "max_size": max_message_bytes + wsprotocol.CONTROL_BYTES,
        "logger": quiet,
    }
    if accepted:
        side = wsprotocol.Server(
            origins=origin.split(",") if origin else None,
            extensions=wsprotocol.enable_server_permessage_deflate(None) if compress else None,
            **settings,
        )
    else:
        host = address.host.partition("%")[0] or "localhost"
        path, _, query = address.path.partition("?")
        uri = wsprotocol.WebSocketURI(
            address.secure, host, address.port or 0, quote(path, WITHIN_PATHS), quote(query, WITHIN_PATHS)
        )
        side = wsprotocol.Client(
            uri,
            origin=origin,
            extensions=wsprotocol.enable_client_permessage_deflate(None) if compress else None,
            **settings,
        )
        side.wanted = uri.resource_name
    side.most_bytes = max_message_bytes
    return side


# the server's side


def answer(side: Any, address: Address, peer: str, request: Any) -> Outcome:
    """Answer a client's request."""
    path = request.path
    there = address.path.partition("?")[0]
    if there not in {"/", unquote(path.partition("?")[0])}:
        words = f"there is no WebSocket at {path}, only at {quote(there, WITHIN_PATHS)}"
        side.send_response(side.reject(404, f"{words}\n"))
        return None, _refused(peer, f"it wants {path!a}, which is not here (404)")
    response = side.accept(request)
    if response.status_code == 101:
        side.send_response(response)
        origin = request.headers.get("Origin") or ""
        return _facts(side, path, origin), None
    from wiretalk.layer import wsprotocol

    why = side.handshake_exc
    if isinstance(why, wsprotocol.InvalidOrigin):
        side.send_response(side.reject(403, f"pages from {why.value or 'nowhere'} are not let in here\n"))
        named = f"its Origin is {why.value!a}, which" if why.value else "it names no Origin, and who names none"
        return None, _refused(peer, f"{named} is not let in (403)")
    if isinstance(why, wsprotocol.InvalidUpgrade):
        text = "this is a WebSocket, which a page talks to by `new WebSocket(...)`, and not a page itself\n"
        polite = side.reject(426, text)
        polite.headers["Upgrade"] = "websocket"
        side.send_response(polite)
        return None, MalformedError("no WebSocket handshake but plain HTTP, as a browser or curl asks for a page (426)")
    side.send_response(response)
    return None, MalformedError(f"no WebSocket handshake: {_words(why)} ({response.status_code})")


def _refused(peer: str, reason: str) -> RefusedError:
    error = RefusedError(peer, reason)
    error.by = "us"
    return error


def rejection(side: Any, status: int, words: str) -> bytes:
    """Return an answer to what is no request, where the package says nothing."""
    return bytes(side.reject(status, f"{words}\n").serialize())


# the client's side


def judge(side: Any, address: Address, peer: str, response: Any) -> Outcome:
    """Look at a server's answer."""
    path = side.wanted
    if side.handshake_exc is None:
        return _facts(side, path, str(address.option("origin", ""))), None
    status = response.status_code
    if status == 101:
        return None, RefusedError(peer, f"no WebSocket there: {_words(side.handshake_exc)}")
    said = f"the server answers {status} to {path}"
    hint = HINTS.get(status, "")
    where = response.headers.get("Location") if 300 <= status < 400 else None
    if where:
        hint = f"it is at {where!a}"
    return None, RefusedError(peer, f"no WebSocket there: {said}" + (f"; {hint}" if hint else ""))


HINTS = {
    400: "it did not understand, or wants a subprotocol=",
    401: "it wants to know who you are",
    403: "it may want an origin=",
    404: "look at the path",
    426: "it wants another protocol",
}
"""What may be wrong, by the status of the server's answer."""


# both sides


def _facts(side: Any, path: str, origin: str) -> WebSocketFacts:
    return WebSocketFacts(path, subprotocol=side.subprotocol or "", origin=origin, compressed=bool(side.extensions))


def broken(side: Any, address: Address, *, accepted: bool) -> WiretalkError:
    """Return the error for what is no handshake at all."""
    if accepted:
        return MalformedError(f"no WebSocket handshake: {_words(side.handshake_exc)}")
    return RefusedError(str(address.but(options={})), f"no WebSocket there: {_words(side.handshake_exc)}")


def left(address: Address, peer: str, *, accepted: bool) -> WiretalkError:
    """Return the error for a peer that has gone in the midst of it."""
    if accepted:
        return ResetError(peer, Ending("reset", "peer", reason="it left during the WebSocket handshake"))
    reason = "the peer closed the connection during the WebSocket handshake; does it speak WebSocket?"
    return RefusedError(str(address.but(options={})), reason)


def endless(address: Address, *, accepted: bool) -> WiretalkError:
    """Return the error for a handshake without an end."""
    if accepted:
        return LimitError("WS_HANDSHAKE_BYTES", WS_HANDSHAKE_BYTES, "a WebSocket handshake over the limit")
    reason = f"no WebSocket there: its answer is over the limit WS_HANDSHAKE_BYTES, {WS_HANDSHAKE_BYTES} bytes"
    return RefusedError(str(address.but(options={})), reason)


def _words(error: BaseException | None) -> str:
    """Return what the package found, with the causes it names, and nothing that could move a terminal's cursor."""
    words = []
    while error is not None:
        words.append(str(error))
        error = error.__cause__
    text = ": ".join(words)
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
