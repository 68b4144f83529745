"""What is asked of the control and what it answers: a request, an answer, and an error that is an answer.

No HTTP here (that is `exchange`), and nothing that is asked for is done here.
"""

from __future__ import annotations

import json

from wiretalk.limits import CONTROL_BODY_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

JSON = "application/json"


class Request:
    """One request.

    Args:
        method: "GET", …
        path: the parts of the path, without percent signs.
        query: what stands behind the question mark, by name.
        headers: by name in small letters; several of one name joined by a comma.
        body: whatever came with it.
    """

    __slots__ = ("body", "headers", "method", "path", "query")

    def __init__(
        self, method: str, path: tuple[str, ...], query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body

    def value(self) -> Any:
        """Return the JSON that came with it.

        Raises:
            Refusal: there is none.
        """
        try:
            return json.loads(self.body, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            # UnicodeDecodeError is a ValueError too.
            reason = "there is none" if not self.body.strip() else str(error) or "nested too deep"
            raise bad_body(reason) from None

    def fields(self) -> dict[str, Any]:
        """Return the JSON object that came with it; its names in small letters, since toxiproxy takes either.

        Raises:
            Refusal: there is none.
        """
        return as_object(self.value())


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object, its names in small letters.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(value, dict):
        raise bad_body("it is to be a JSON object")
    return {name.lower(): one for name, one in value.items()}


class Answer:
    """One answer.

    Args:
        status: of HTTP.
        value: for JSON; None: no body.
        text: the body, where it is not JSON.
        headers: more of them.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int, value: Any = None, *, text: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.status = status
        self.headers = dict(headers or {})
        self.body = b""
        if text is not None:
            self.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
            self.body = text.encode()
        elif value is not None:
            self.headers["Content-Type"] = JSON
            self.body = json.dumps(value).encode() + b"\n"

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.body.decode()!r}>"


class Refusal(Exception):
    """What was asked for is not done; the answer says why.

    Args:
        status: of HTTP.
        sentence: why.
        headers: more for the answer.
    """

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers or {}

    def answer(self, **more: Any) -> Answer:
        """Return it as an answer; `more` is said beside the error."""
        return Answer(self.status, {"error": self.sentence, "status": self.status, **more}, headers=self.headers)


def bad_body(reason: str) -> Refusal:
    """Return the refusal of a body that is wrong."""
    return Refusal(400, f"bad request body: {reason}")


def missing(field: str) -> Refusal:
    """Return the refusal of a body in which something is not said."""
    return Refusal(400, f"missing required field: {field}")


def too_long(what: str) -> Refusal:
    """Return the refusal of a request whose body is too long."""
    return Refusal(413, f"{what} is over the limit of {CONTROL_BODY_BYTES} bytes")
