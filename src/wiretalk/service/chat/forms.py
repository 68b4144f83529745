"""How events are put to one kind of connection: as lines of text or as objects, in its framing. Bytes, and no I/O.

All members at one address have one form, so an event is encoded once for all of them.
"""

from __future__ import annotations

from contextlib import suppress

from wiretalk.errors import CodecError, LimitError, MessageError
from wiretalk.service.base import unframed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.runtime import Connection
    from wiretalk.service.chat.events import Event

OBJECTS = frozenset({"json", "msgpack"})
"""Codecs whose members are told objects; all others are told text."""

TALK = b"-- hello"
"""What must be sayable where anybody is to talk."""


class Wire:
    """Events as they are written to connections of one form.

    Attributes:
        pieces: each one write.
        count: messages in them.
        lost: messages that this form cannot carry, each too long for it or not to be framed.
    """

    __slots__ = ("count", "lost", "pieces")

    def __init__(self, pieces: Sequence[bytes], count: int, lost: int) -> None:
        self.pieces = pieces
        self.count = count
        self.lost = lost


class Batch:
    """Events that are to be delivered together, encoded once, from which what each member is told is put together.

    Args:
        each: what becomes of each event: its messages, framed.
        lost: how many messages of each there are besides that cannot be carried.
        stream: whether messages may leave in one write.
    """

    __slots__ = ("_counts", "_each", "_lost", "_stream")

    def __init__(self, each: list[list[bytes]], lost: list[int], *, stream: bool) -> None:
        self._counts = [len(messages) for messages in each]
        self._each: list[bytes] | list[list[bytes]] = [b"".join(messages) for messages in each] if stream else each
        self._lost = lost
        self._stream = stream

    def wire(self, since: int = 0, but: Sequence[int] = ()) -> Wire:
        """Return the events from number `since` on, but for some of them.

        Args:
            since: from 0.
            but: numbers of events, ascending.
        """
        each, counts, lost = self._chosen(self._each, since, but), self._counts, self._lost
        count = sum(self._chosen(counts, since, but))
        if self._stream:
            return Wire((b"".join(each),) if count else (), count, sum(self._chosen(lost, since, but)))
        return Wire([piece for pieces in each for piece in pieces], count, sum(self._chosen(lost, since, but)))

    @staticmethod
    def _chosen(values: list[Any], since: int, but: Sequence[int]) -> list[Any]:
        chosen: list[Any] = []
        for number in but:
            if number >= since:
                chosen += values[since:number]
                since = number + 1
        return chosen + values[since:] if since or chosen else values


class Form:
    """How events are put to connections of one plan.

    Args:
        connection: one of them.
        echo: whether members of text are told what they say themselves. Programs, which are told objects, always are.

    Attributes:
        objects: whether members are told objects.
        echo: whether members are told what they say themselves.

    Raises:
        CodecError, MessageError, LimitError: its codec or framing cannot carry text; it is our doing.
    """

    __slots__ = ("_encode", "_end", "_frame", "_stream", "echo", "objects")

    def __init__(self, connection: Connection, *, echo: bool) -> None:
        plan = connection.plan
        self.objects = plan.codec_name in OBJECTS
        self.echo = echo or self.objects
        self._encode = plan.encode
        self._frame = plan.new_framing().encode
        self._stream = plan.address.kind == "stream"
        # A page takes each message for a line; a terminal behind a datagram socket needs to be told where one ends.
        self._end = "" if plan.address.kind == "messages" or not unframed(connection) else "\n"
        if not self.objects:
            if plan.decode is not None:
                _check_codec(plan)
            self._frame(TALK)

    def batch(self, events: Sequence[Event]) -> Batch:
        """Return these events encoded."""
        each: list[list[bytes]] = []
        lost: list[int] = []
        for event in events:
            messages: list[bytes] = []
            payloads = self._payloads(event)
            for payload in payloads:
                with suppress(LimitError, MessageError):
                    messages.append(self._frame(payload))
            each.append(messages)
            lost.append(len(payloads) - len(messages))
        return Batch(each, lost, stream=self._stream)

    def _payloads(self, event: Event) -> list[bytes]:
        encode = self._encode
        if self.objects and encode is not None:
            return [encode(one) for one in event.objects()]
        return [(line + self._end).encode() for line in event.lines()]


def _check_codec(plan: Plan) -> None:
    try:
        plan.decode(TALK)  # type: ignore[misc]  # the caller has looked
    except CodecError as error:
        raise CodecError(
            f"a chat is text or objects, and {plan.codec_name} is neither: {error.reason}", by="us"
        ) from None
