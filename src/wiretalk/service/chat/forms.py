"""How events are put to one kind of connection: as lines of text or as objects, in its framing. Bytes, and no I/O.

All members at one address have one form, so an event is encoded once for all of them.
"""

from __future__ import annotations

from wiretalk.errors import CodecError, LimitError, MessageError
from wiretalk.service.base import unframed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

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

    def __init__(self, pieces: tuple[bytes, ...], count: int, lost: int) -> None:
        self.pieces = pieces
        self.count = count
        self.lost = lost


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

    def wire_of(self, event: Event) -> Wire:
        """Return one event."""
        pieces: list[bytes] = []
        lost = 0
        for payload in self._payloads(event):
            try:
                pieces.append(self._frame(payload))
            except (LimitError, MessageError):
                lost += 1
        return Wire(tuple(pieces), len(pieces), lost)

    def together(self, wires: Iterable[Wire]) -> Wire:
        """Return several events as one: on a stream they leave in one write."""
        pieces: list[bytes] = []
        count = lost = 0
        for wire in wires:
            pieces += wire.pieces
            count += wire.count
            lost += wire.lost
        if self._stream and count > 1:
            pieces = [b"".join(pieces)]
        return Wire(tuple(pieces), count, lost)

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
