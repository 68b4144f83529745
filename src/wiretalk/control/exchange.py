"""HTTP/1.1 from the server's side, sans-IO, by h11: bytes become requests, and answers bytes. No waiting here.

- Everything of a request is bounded: its head in bytes and headers, its body in bytes.
- What is no request is answered once (`Refusal`), and the connection is over.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from wiretalk.control.messages import Answer, Refusal, Request, too_long
from wiretalk.errors import MissingPackageError
from wiretalk.limits import CONTROL_BODY_BYTES, CONTROL_HEAD_BYTES, CONTROL_HEADERS

try:
    import h11
except ImportError:
    raise MissingPackageError("h11", "control", "control over HTTP") from None

PLAIN_ERROR = 400


class Exchange:
    """The HTTP of one connection: `feed` what comes, take each request by `next`, and send what `answer` returns."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=CONTROL_HEAD_BYTES)
        self._head: h11.Request | None = None
        self._body = bytearray()
        # The answer to HEAD has the head alone.
        self._bare = False

    @property
    def begun(self) -> bool:
        """Whether something of a request has come, and not all of it."""
        return self._head is not None or bool(self._http.trailing_data[0])

    @property
    def over(self) -> bool:
        """Whether nothing more is to be answered."""
        return self._http.our_state is not h11.IDLE

    def feed(self, data: bytes) -> None:
        """Take what has come; b"" is the end."""
        self._http.receive_data(data)

    def next(self) -> Request | None:
        """Return the next request; None: more must come.

        Raises:
            Refusal: it is none. It is to be answered, and nothing more is to be asked for.
        """
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise refused(error) from None
            if event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return None
            if isinstance(event, h11.Request):
                self._take_head(event)
            elif isinstance(event, h11.Data):
                if len(self._body) + len(event.data) > CONTROL_BODY_BYTES:
                    raise too_long("the body of the request")
                self._body += event.data
            else:
                return self._whole()

    def _take_head(self, head: h11.Request) -> None:
        size = len(head.target) + sum(len(name) + len(value) for name, value in head.headers)
        if size > CONTROL_HEAD_BYTES:
            raise Refusal(431, f"the head of the request is over the limit of {CONTROL_HEAD_BYTES} bytes")
        if len(head.headers) > CONTROL_HEADERS:
            raise Refusal(431, f"the request has {len(head.headers)} headers; at most {CONTROL_HEADERS} may be")
        length = next((value for name, value in head.headers if name == b"content-length"), b"0")
        if int(length) > CONTROL_BODY_BYTES:
            raise too_long(f"a body of {int(length)} bytes")
        self._head = head
        self._bare = head.method == b"HEAD"

    def _whole(self) -> Request:
        head, self._head = self._head, None
        body = bytes(self._body)
        self._body.clear()
        assert head is not None  # noqa: S101  # h11 gives it first
        path, _, query = head.target.decode("ascii").partition("?")
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        if not path.startswith("/"):
            raise Refusal(400, "the target of the request is to be a path")
        parts = tuple(unquote(part, errors="replace") for part in path[1:].split("/"))
        return Request(head.method.decode("ascii"), parts, dict(parse_qsl(query)), headers, body)

    def go_on(self) -> bytes:
        """Return what a peer waits for that asked whether it may send its body; b"": it does not ask."""
        if not self._http.they_are_waiting_for_100_continue:
            return b""
        return self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    def answer(self, answer: Answer, *, last: bool = False) -> bytes:
        """Return the bytes of an answer.

        Args:
            last: whether nothing more is to be asked for.
        """
        http = self._http
        if http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return b""
        headers = [(name, value) for name, value in answer.headers.items()]
        if answer.status != 204:
            headers.append(("Content-Length", str(len(answer.body))))
        if last or http.their_state is not h11.DONE:
            headers.append(("Connection", "close"))
        wire = (
            http.send(h11.Response(status_code=answer.status, headers=headers, reason=HTTPStatus(answer.status).phrase))
            or b""
        )
        if answer.body and not self._bare:
            wire += http.send(h11.Data(data=answer.body)) or b""
        wire += http.send(h11.EndOfMessage()) or b""
        if not last and {http.our_state, http.their_state} == {h11.DONE}:
            http.start_next_cycle()
        return wire


def refused(error: h11.RemoteProtocolError) -> Refusal:
    """Return the refusal of what is no HTTP."""
    status = error.error_status_hint or PLAIN_ERROR
    return Refusal(status, f"that is no request of HTTP/1.1: {error}")
