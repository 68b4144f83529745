"""reply: greets, answers each message from a template, and ends the conversation on a word.

The server of a hundred tutorials, with their mistakes left out: a message is a whole message, however its bytes
arrive; what it holds is not touched; and the word that closes is not answered, unless with a farewell.
"""

from __future__ import annotations

import time

from wiretalk.errors import UsageError
from wiretalk.service.base import Service, as_value, unframed
from wiretalk.service.template import Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretalk.runtime import Connection
    from wiretalk.service.template import Fields


class Moment:
    """What a template may tell of: a conversation, and the message that is being answered."""

    __slots__ = ("connection", "count", "message")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.message = b""
        self.count = 0


FIELDS = {
    "message": "the message, byte for byte",
    "peer": "the peer's address",
    "local": "our own address",
    "count": "the number of the message in its conversation, from 1",
    "time": "the local date and time, as in 2031-05-01T12:30:00+0200",
}
"""What may stand in braces, and one line of help."""

_VALUES: Fields = {
    "message": lambda moment: moment.message,
    "peer": lambda moment: moment.connection.peer.encode("utf-8", "surrogateescape"),
    "local": lambda moment: moment.connection.local.encode("utf-8", "surrogateescape"),
    "count": lambda moment: b"%d" % moment.count,
    "time": lambda moment: time.strftime("%Y-%m-%dT%H:%M:%S%z").encode(),  # noqa: ARG005  # one signature for all
}

_VALUES_BEFORE_MESSAGES: Fields = {name: _VALUES[name] for name in FIELDS if name not in {"message", "count"}}


class Replier:
    """What is said when; one for all conversations of a server, and see `make` for what the arguments mean."""

    __slots__ = ("_close_after", "_close_on", "_farewell", "_greet", "_reply")

    def __init__(
        self,
        greet: Template | None,
        reply: Template | None,
        farewell: Template | None,
        close_on: frozenset[bytes],
        close_after: int | None,
    ) -> None:
        self._greet = greet
        self._reply = reply
        self._farewell = farewell
        self._close_on = close_on
        self._close_after = close_after

    async def session(self, connection: Connection) -> None:
        """Hold one conversation."""
        encode = connection.plan.encode
        line_ends = unframed(connection)
        moment = Moment(connection)
        if self._greet is not None:
            await connection.send(as_value(connection, self._greet.fill(moment)))
        if self._close_after != 0:
            async for value in connection:
                moment.message = value if encode is None else encode(value)
                moment.count += 1
                if self._closes(moment.message, line_ends):
                    break
                if self._reply is not None:
                    await connection.send(as_value(connection, self._reply.fill(moment)))
                if moment.count == self._close_after:
                    break
            else:
                # The peer has left by itself.
                return
        if self._farewell is not None:
            await connection.send(as_value(connection, self._farewell.fill(moment)))

    def _closes(self, message: bytes, line_ends: bool) -> bool:
        if message in self._close_on:
            return True
        # nc, socat and telnet send what is typed with its line end, which no framing takes off a datagram.
        return line_ends and message.removesuffix(b"\n").removesuffix(b"\r") in self._close_on


def make(
    *,
    greet: str | bytes | None = None,
    reply: str | bytes | None = None,
    close_on: str | bytes | Iterable[str | bytes] = (),
    farewell: str | bytes | None = None,
    close_after: int | None = None,
) -> Service:
    """Make the service.

    The texts are templates: {peer}, {local} and {time}, and but for the greeting {message} and {count}, stand for what
    they name; a brace is written twice.

    Args:
        greet: said when a conversation begins; None: nothing.
        reply: said to each message; None: nothing.
        close_on: a word, or several, each a whole message, that ends the conversation unanswered. Where nothing frames
            messages (datagrams, `raw`), a line end after the word does not count.
        farewell: said before we end a conversation; None: nothing.
        close_after: end each conversation after so many messages; 0: right after the greeting; None: never.

    Raises:
        UsageError: a template is wrong, or `close_after` is below 0.
    """
    if close_after is not None and close_after < 0:
        raise UsageError("", reason=f"close_after must be 0 or more, not {close_after}")
    words = [close_on] if isinstance(close_on, str | bytes) else close_on
    replier = Replier(
        None if greet is None else Template(greet, _VALUES_BEFORE_MESSAGES),
        None if reply is None else Template(reply, _VALUES),
        None if farewell is None else Template(farewell, _VALUES),
        frozenset(word if isinstance(word, bytes) else word.encode("utf-8", "surrogateescape") for word in words),
        close_after,
    )
    return Service("reply", session=replier.session, framing="line")
