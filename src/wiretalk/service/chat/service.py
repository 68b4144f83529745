"""chat: rooms over any scheme, and across schemes at once; each connection, or datagram peer, is a member.

Here conversations become members and what they say becomes lines. Everything said can be read by everybody who can
reach the server: nothing of it is private, and a name proves nothing.
"""

from __future__ import annotations

import asyncio

from wiretalk.errors import FinishedError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import CHAT_HISTORY, CHAT_ROOMS, CHAT_TEXT_BYTES, CHAT_TURN_LINES
from wiretalk.service.base import Service
from wiretalk.service.chat.cleaning import clean, lines_of
from wiretalk.service.chat.commands import Desk
from wiretalk.service.chat.delivery import Delivery
from wiretalk.service.chat.forms import Form
from wiretalk.service.chat.hall import Hall
from wiretalk.service.chat.names import RefusedNameError
from wiretalk.service.chat.outlet import Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any

    from wiretalk.runtime import Connection
    from wiretalk.service.chat.hall import Member

ROOM = "lobby"
"""The room that members come into, unless told."""

WANTED = 'a message is a string, as it would be typed, or {"text": "…"}, which is said as it is'


class Chat:
    """All conversations of a chat; see `make` for what the arguments mean."""

    def __init__(self, hall: Hall, desk: Desk, *, echo: bool) -> None:
        self._hall = hall
        self._desk = desk
        self._echo = echo
        self._lines = 0
        self._forms: dict[tuple[object, ...], Form] = {}

    async def session(self, connection: Connection) -> None:
        """Hold one conversation: a member, from its coming to its leaving."""
        outlet = Outlet(connection, self._form(connection))
        member = self._hall.enter(outlet)
        why = ""
        try:
            heard = _until_silent(connection) if connection.address.kind == "datagram" else connection
            async for value in heard:
                if not await self._done(member, value, connection):
                    break
        except WiretalkError as error:
            why = error.how
            raise
        finally:
            self._hall.quit(member, why)
            outlet.close()

    def _form(self, connection: Connection) -> Form:
        plan = connection.plan
        address = plan.address
        sort = (address.kind, address.scheme, address.option("opcode"), plan.framing, plan.codec_name)
        same = (*sort, plan.limits.max_message_bytes)
        form = self._forms.get(same)
        if form is None:
            form = self._forms[same] = Form(connection, echo=self._echo)
        return form

    async def _done(self, member: Member, value: Any, connection: Connection) -> bool:
        """Do what one message says; return whether the member stays."""
        take: Callable[[Member, str], bool] = self._desk.take
        if not member.outlet.form.objects:
            encode = connection.plan.encode
            text = (value if encode is None else encode(value)).decode(errors="replace")
        elif isinstance(value, str):
            text = value
        elif isinstance(value, dict) and isinstance(value.get("text"), str):
            text, take = value["text"], self._desk.say
        else:
            self._desk.refuse(member, WANTED)
            return True
        for line in lines_of(text):
            if not take(member, line):
                return False
            self._lines += 1
            if self._lines % CHAT_TURN_LINES == 0:
                # However much one says at once, all others have their turns.
                await asyncio.sleep(0)
        return True


async def _until_silent(connection: Connection) -> AsyncIterator[Any]:
    """Yield what a datagram peer says; one that is silent has left, whatever it is still sent."""
    silence_s = connection.plan.limits.udp_peer_idle_s
    try:
        while True:
            yield await connection.receive(timeout_s=silence_s)
    except FinishedError:
        return
    except TimedOutError as error:
        if error.wait != "receive":
            raise


def make(
    *,
    room: str = ROOM,
    history: int = CHAT_HISTORY,
    max_rooms: int = CHAT_ROOMS,
    max_text_bytes: int = CHAT_TEXT_BYTES,
    echo: bool = False,
) -> Service:
    """Make the service.

    Args:
        room: the room that members come into; it is always there.
        history: messages kept of each room, and told to who joins it; 0: none.
        max_rooms: rooms at once.
        max_text_bytes: the longest text that is said at once, in bytes of UTF-8.
        echo: tell members what they say themselves too, in the room's order. Those who are told objects always are.

    Raises:
        UsageError: an argument is wrong.

    >>> import wiretalk, wiretalk.service
    >>> async def hello():
    ...     service = wiretalk.service.make("chat", history=50, echo=True)
    ...     async with service.serve("tcp://127.0.0.1:0") as server:
    ...         async with wiretalk.connect(server.addresses[0], framing="line", codec="text") as connection:
    ...             await connection.send("hello")
    ...             async for line in connection:
    ...                 if line.startswith("<"):
    ...                     return line
    >>> wiretalk.run(hello())
    '<guest-1> hello'
    """
    for name, number, least in (
        ("history", history, 0),
        ("max_rooms", max_rooms, 1),
        ("max_text_bytes", max_text_bytes, 1),
    ):
        if number < least:
            raise UsageError("", reason=f"{name} must be {least} or more, not {number}")
    try:
        hall = Hall(Delivery(), room=room, history=history, max_rooms=max_rooms)
    except RefusedNameError as error:
        raise UsageError(clean(room), reason=str(error)) from None
    chat = Chat(hall, Desk(hall, max_text_bytes), echo=echo)
    return Service("chat", session=chat.session, framing="line")
