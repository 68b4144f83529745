"""HTTP from the control's side, sans-IO: bytes become whole requests, and answers bytes. No waiting here.

- HTTP itself is that of the service http (`service.http.exchange`); what is bounded here is the body, which is kept.
- What is no request is answered once (`Refusal`), and the connection is over.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from wiretalk.control.messages import Answer, Refusal, Request, too_long
from wiretalk.errors import MissingPackageError
from wiretalk.limits import CONTROL_BODY_BYTES, CONTROL_HEAD_BYTES, CONTROL_HEADERS
from wiretalk.service.http import messages

try:
    from wiretalk.service.http import exchange
except MissingPackageError:
    raise MissingPackageError("h11", "control", "control over HTTP") from None


class Exchange:
    """The HTTP of one connection: `feed` what comes, take each request by `next`, and send what `answer` returns."""

    def __init__(self) -> None:
        self._http = exchange.Exchange(head_bytes=CONTROL_HEAD_BYTES, headers=CONTROL_HEADERS)
        self._head: messages.Request | None = None
        self._body = bytearray()
        # The answer to HEAD has the head alone.
        self._bare = False

    @property
    def begun(self) -> bool:
        """Whether something of a request has come, and not all of it."""
        return self._head is not None or self._http.begun

    @property
    def over(self) -> bool:
        """Whether nothing more is to be answered."""
        return self._http.over

    def feed(self, data: bytes) -> None:
        """Take what has come; b"" is the end."""
        self._http.feed(data)

    def next(self) -> Request | None:
        """Return the next request; None: more must come.

        Raises:
            Refusal: it is none. It is to be answered, and nothing more is to be asked for.
        """
        try:
            if self._head is None:
                head = self._http.head()
                if head is None:
                    return None
                self._take_head(head)
            while piece := self._http.body():
                if len(self._body) + len(piece) > CONTROL_BODY_BYTES:
                    raise too_long("the body of the request")
                self._body += piece
        except messages.Refusal as refusal:
            raise Refusal(refusal.status, refusal.sentence) from None
        return None if piece is None else self._whole()

    def _take_head(self, head: messages.Request) -> None:
        length = int(head.headers.get("content-length", "0"))
        if length > CONTROL_BODY_BYTES:
            raise too_long(f"a body of {length} bytes")
        self._head = head
        self._bare = head.method == "HEAD"

    def _whole(self) -> Request:
        head, self._head = self._head, None
        body = bytes(self._body)
        self._body.clear()
        assert head is not None  # noqa: S101  # it comes first
        path, _, query = head.target.partition("?")
        if not path.startswith("/"):
            raise Refusal(400, "the target of the request is to be a path")
        parts = tuple(unquote(part, errors="replace") for part in path[1:].split("/"))
        return Request(head.method, parts, dict(parse_qsl(query)), dict(head.headers), body)

    def go_on(self) -> bytes:
        """Return what a peer waits for that asked whether it may send its body; b"": it does not ask."""
        return self._http.go_on()

    def answer(self, answer: Answer, *, last: bool = False) -> bytes:
        """Return the bytes of an answer.

        Args:
            last: whether nothing more is to be asked for.
        """
        http = self._http
        if http.over:
            return b""
        size = None if answer.status == 204 else len(answer.body)
        wire = http.start(answer.status, list(answer.headers.items()), size, last=last)
        if answer.body and not self._bare:
            http.passed(len(answer.body))
            wire += answer.body
        http.end()
        return wire
