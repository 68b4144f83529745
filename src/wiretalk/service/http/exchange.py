"""HTTP/1.1 from the server's side, sans-IO, by h11: bytes become requests, and answers bytes. No waiting here.

- The head of a request is bounded in bytes and headers; its body is handed out piece by piece, and not kept.
- What is no request is a `Refusal`: it is answered once, and the connection is over.
- The body of an answer need not pass through here: how long it is, is enough.
"""

from __future__ import annotations

from http import HTTPStatus

from wiretalk.errors import MissingPackageError
from wiretalk.limits import HTTP_HEAD_BYTES, HTTP_HEADERS
from wiretalk.service.http.messages import Refusal, Request

try:
    import h11
except ImportError:
    raise MissingPackageError("h11", "http", "the service http") from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.service.http.messages import Headers

PLAIN_ERROR = 400


class _Elsewhere:
    """Stands for bytes of a body that go another way."""

    __slots__ = ("_size",)

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


class Exchange:
    """The HTTP of one connection: `feed` what comes, take a request by `head` and its body by `body`, and answer it.

    Args:
        head_bytes: how long the head of a request may be.
        headers: how many headers it may have.
    """

    def __init__(self, *, head_bytes: int = HTTP_HEAD_BYTES, headers: int = HTTP_HEADERS) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=head_bytes)
        self._head_bytes = head_bytes
        self._headers = headers

    @property
    def begun(self) -> bool:
        """Whether something of a request has come whose head is not whole."""
        return bool(self._http.trailing_data[0])

    @property
    def over(self) -> bool:
        """Whether nothing more is to be answered."""
        return self._http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}

    @property
    def unread(self) -> bool:
        """Whether the peer is still sending a request, as far as we know."""
        return self._http.their_state not in {h11.DONE, h11.CLOSED, h11.MUST_CLOSE}

    def feed(self, data: bytes) -> None:
        """Take what has come; b"" is the end."""
        self._http.receive_data(data)

    def head(self) -> Request | None:
        """Return the head of the next request; None: more must come.

        Raises:
            Refusal: it is none. It is to be answered, and nothing more is to be asked for.
        """
        event = self._event()
        if not isinstance(event, h11.Request):
            return None
        size = len(event.target) + sum(len(name) + len(value) for name, value in event.headers)
        if size > self._head_bytes or len(event.headers) > self._headers:
            raise Refusal(
                431, f"the head of a request may have {self._head_bytes} bytes and {self._headers} headers, not more"
            )
        headers: dict[str, str] = {}
        for raw_name, raw_value in event.headers:
            name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if not has_body:
            # Its end is an event of its own.
            self._event()
        return Request(event.method.decode("ascii"), event.target.decode("ascii"), headers, has_body=has_body)

    def body(self) -> bytes | None:
        """Return the next piece of the request's body; b"": that was all; None: more must come.

        Raises:
            Refusal: it is broken.
        """
        if self._http.their_state in {h11.DONE, h11.MUST_CLOSE, h11.CLOSED}:
            # The last two: it is whole, and the peer has said that it is the last.
            return b""
        event = self._event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        # It pauses where a request is whole that asks for another protocol, too; it gets an answer in this one.
        return b"" if isinstance(event, h11.EndOfMessage) or event is h11.PAUSED else None

    def _event(self) -> object:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise Refusal(error.error_status_hint or PLAIN_ERROR, f"that is no request of HTTP/1.1: {error}") from None

    def go_on(self) -> bytes:
        """Return what a peer waits for that asked whether it may send its body; b"": it does not ask."""
        if not self._http.they_are_waiting_for_100_continue:
            return b""
        return self._http.send(h11.InformationalResponse(status_code=100, headers=[], reason="Continue")) or b""

    def start(self, status: int, headers: Headers, size: int | None, *, last: bool = False) -> bytes:
        """Return the head of an answer to what has been asked last, or to what was no request.

        Args:
            status, headers: as in `Answer`.
            size: how long its body would be, were it sent; None: it has none.
            last: whether nothing more is to be asked for.
        """
        http = self._http
        told = list(headers)
        if size is not None:
            told.append(("Content-Length", str(size)))
        if last or http.their_state is not h11.DONE:
            told.append(("Connection", "close"))
        head = h11.Response(status_code=status, headers=told, reason=HTTPStatus(status).phrase)
        return http.send(head) or b""

    def passed(self, size: int) -> None:
        """So many bytes of the answer's body are sent, or will be."""
        if size:
            self._http.send_with_data_passthrough(h11.Data(data=_Elsewhere(size)))  # type: ignore[arg-type]  # h11 only counts

    def end(self) -> None:
        """The answer is whole; be ready for the next request, if there may be one."""
        http = self._http
        http.send(h11.EndOfMessage())
        if {http.our_state, http.their_state} == {h11.DONE}:
            http.start_next_cycle()
