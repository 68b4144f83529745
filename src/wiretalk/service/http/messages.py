"""What is asked and what is answered: a request, an answer, and a refusal that is an answer. No HTTP here."""

from __future__ import annotations

import os
from http import HTTPStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Headers = list[tuple[str, str]]

PLAIN = "text/plain; charset=utf-8"


class Request:
    """The head of a request; its body, if it has one, follows by the exchange.

    Args:
        method: "GET", …
        target: as the peer wrote it; printable ASCII.
        headers: by name in small letters; several of one name joined by a comma.
        has_body: whether something follows.
    """

    __slots__ = ("has_body", "headers", "method", "target")

    def __init__(self, method: str, target: str, headers: Mapping[str, str], *, has_body: bool) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.has_body = has_body

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return self.target.partition("#")[0].partition("?")[2]


class Part:
    """Bytes of the file that an answer holds open.

    Args:
        offset: where they begin.
        count: how many there are.
    """

    __slots__ = ("count", "offset")

    def __init__(self, offset: int, count: int) -> None:
        self.offset = offset
        self.count = count

    def __len__(self) -> int:
        return self.count


class Answer:
    """One answer.

    Args:
        status: of HTTP.
        headers: but for those of the body's length and the connection.
        body: its pieces; parts are of the file.
        descriptor: of the file, which is closed with the answer; None where there is none.
    """

    __slots__ = ("body", "descriptor", "headers", "status")

    def __init__(
        self,
        status: int,
        headers: Iterable[tuple[str, str]] = (),
        body: Iterable[bytes | Part] = (),
        descriptor: int | None = None,
    ) -> None:
        self.status = status
        self.headers: Headers = list(headers)
        self.body = [piece for piece in body if len(piece)]
        self.descriptor = descriptor

    @property
    def size(self) -> int:
        """The length of the body."""
        return sum(len(piece) for piece in self.body)

    @property
    def held_bytes(self) -> int:
        """How much of the body is in memory."""
        return sum(len(piece) for piece in self.body if isinstance(piece, bytes))

    def close(self) -> None:
        """Close the file."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            os.close(descriptor)


class Refusal(Exception):
    """What was asked for is not done; the answer says why.

    Args:
        status: of HTTP.
        sentence: why, without a full stop.
        headers: more for the answer.
    """

    def __init__(self, status: int, sentence: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence
        self.headers = tuple(headers)

    def answer(self) -> Answer:
        """Return it as an answer."""
        text = f"{self.status} {HTTPStatus(self.status).phrase}: {self.sentence}\n"
        return Answer(self.status, [*self.headers, ("Content-Type", PLAIN)], [text.encode(errors="replace")])
