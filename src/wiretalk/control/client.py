"""`Client`: asks a control (or toxiproxy itself) over HTTP, blocking; any address that bytes can be sent to will do."""

from __future__ import annotations

import json
from urllib.parse import quote

from wiretalk.blocking import connect
from wiretalk.errors import FinishedError, MalformedError, MissingPackageError, TimedOutError, WiretalkError
from wiretalk.limits import CONTROL_ANSWER_S, CONTROL_BODY_BYTES, CONTROL_HEAD_BYTES
from wiretalk.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address

try:
    import h11
except ImportError:
    raise MissingPackageError("h11", "control", "control over HTTP") from None


class ControlError(WiretalkError):
    """The control refuses what it was asked for.

    Args:
        status: of HTTP.
        sentence: why.
    """

    by = "peer"

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence
        self.how = "not-permitted" if status in {401, 403} else "usage" if 400 <= status < 500 else "failed"

    def __str__(self) -> str:
        return self.sentence


class Client:
    """Ask a control, a connection a question.

    Args:
        address: where it is.
        token: what it wants to see; None: nothing.
        timeout_s: how long connecting, and an answer, may take, each.
    """

    def __init__(
        self, address: str | Address, *, token: str | None = None, timeout_s: float | None = CONTROL_ANSWER_S
    ) -> None:
        self._address = address
        self._token = token
        self._timeout_s = timeout_s

    def ask(self, method: str, *path: str, body: Any = None, query: str = "") -> Any:
        """Ask, and return the JSON of the answer; None: there is none.

        Args:
            path: its parts, as they are.
            body: for JSON; None: none.
            query: what stands behind the question mark.

        Raises:
            ControlError: it refuses.
            MalformedError: what answers does not speak HTTP, or not JSON.
            WiretalkError: as `wiretalk.blocking.connect`.
        """
        target = "/" + "/".join(quote(part, safe="") for part in path) + (f"?{query}" if query else "")
        status, data = self._exchange(request(method, target, body, self._token))
        try:
            value = json.loads(data) if data.strip() else None
        except (ValueError, RecursionError):
            if status < 400:
                raise MalformedError(f"{self._address}: the answer is no JSON") from None
            value = data.decode(errors="replace").strip()
        if status >= 400:
            sentence = value.get("error") if isinstance(value, dict) else value
            raise ControlError(status, str(sentence or f"it answered {status}"))
        return value

    def _exchange(self, wire: tuple[h11.Connection, bytes]) -> tuple[int, bytes]:
        http, asked = wire
        status, data = 0, bytearray()
        with connect(self._address, framing="raw", timeout_s=self._timeout_s) as connection:
            connection.send(asked, timeout_s=self._timeout_s)
            while True:
                try:
                    event = http.next_event()
                    if event is h11.NEED_DATA:
                        http.receive_data(self._received(connection))
                        continue
                except h11.RemoteProtocolError as error:
                    raise MalformedError(f"{connection.peer} does not answer in HTTP: {error}") from None
                if isinstance(event, h11.Response):
                    status = event.status_code
                elif isinstance(event, h11.Data):
                    data += event.data
                    if len(data) > CONTROL_BODY_BYTES:
                        raise MalformedError(f"{connection.peer}: the answer is over {CONTROL_BODY_BYTES} bytes")
                elif isinstance(event, h11.EndOfMessage):
                    return status, bytes(data)
                elif isinstance(event, h11.ConnectionClosed):
                    raise MalformedError(f"{connection.peer} left without an answer")

    def _received(self, connection: Any) -> bytes:
        try:
            received: bytes = connection.receive(timeout_s=self._timeout_s)
        except FinishedError:
            return b""
        except TimedOutError:
            raise TimedOutError(connection.peer, "receive", self._timeout_s) from None
        return received


def request(method: str, target: str, body: Any, token: str | None) -> tuple[h11.Connection, bytes]:
    """Return the bytes of a request, and what understands the answer."""
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=CONTROL_HEAD_BYTES)
    data = b"" if body is None else json.dumps(body).encode()
    headers = [("Host", "wiretalk"), ("User-Agent", f"wiretalk/{__version__}"), ("Connection", "close")]
    if body is not None:
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    wire = http.send(h11.Request(method=method, target=target, headers=headers)) or b""
    if data:
        wire += http.send(h11.Data(data=data)) or b""
    return http, wire + (http.send(h11.EndOfMessage()) or b"")
