"""Brings events to members: all that a room is told in one turn of the loop leaves in one write a member.

Nothing here waits. Events are encoded once for each form of connection; no task, future or queue a message.
"""

from __future__ import annotations

import asyncio

from wiretalk.limits import CHAT_BATCH_EVENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.service.chat.events import Event
    from wiretalk.service.chat.forms import Form, Wire
    from wiretalk.service.chat.hall import Member, Room


class Delivery:
    """See `hall.Delivery`.

    Args:
        soon: calls a function with its arguments in the next turn of the loop; None: the running loop's own.
    """

    def __init__(self, soon: Callable[..., Any] | None = None) -> None:
        self._soon = soon

    def post(self, room: Room, event: Event) -> None:
        """See `hall.Delivery`."""
        waiting = room.waiting
        if not waiting:
            (self._soon or asyncio.get_running_loop().call_soon)(self.flush, room)
        waiting.append(event)
        author = event.author
        if author is not None and not author.outlet.form.echo:
            room.special.add(author)
        if len(waiting) >= CHAT_BATCH_EVENTS:
            self.flush(room)

    def flush(self, room: Room) -> None:
        """Deliver what waits in a room."""
        events, room.waiting = room.waiting, []
        special, room.special = room.special, set()
        if not events:
            # There were so many that they have left before.
            return
        wires: dict[Form, list[Wire]] = {}
        wholes: dict[Form, Wire] = {}
        for member in room.members:
            form = member.outlet.form
            whole = wholes.get(form)
            if whole is None:
                each = wires[form] = [form.wire_of(event) for event in events]
                whole = wholes[form] = form.together(each)
            if member not in special:
                member.outlet.take(whole)
                continue
            own = _own(member, events)
            if own:
                member.outlet.take(form.together([wires[form][number] for number in own]))
            member.since = 0

    def tell(self, member: Member, event: Event) -> None:
        """See `hall.Delivery`."""
        if member.room is not None:
            self._settle(member.room, member)
        form = member.outlet.form
        member.outlet.take(form.together([form.wire_of(event)]))

    def joined(self, room: Room, member: Member) -> None:
        """See `hall.Delivery`."""
        _skip(room, member)

    def leaving(self, room: Room, member: Member) -> None:
        """See `hall.Delivery`."""
        self._settle(room, member)
        room.special.discard(member)
        member.since = 0

    @staticmethod
    def _settle(room: Room, member: Member) -> None:
        """Deliver to one member what waits in its room, before it is told something else."""
        own = _own(member, room.waiting)
        if own:
            form = member.outlet.form
            member.outlet.take(form.together([form.wire_of(room.waiting[number]) for number in own]))
        _skip(room, member)


def _skip(room: Room, member: Member) -> None:
    """Let a member have only what is posted from now on."""
    member.since = len(room.waiting)
    if member.since:
        room.special.add(member)


def _own(member: Member, events: list[Event]) -> list[int]:
    """Return the numbers of the events that a member is to be told."""
    echo = member.outlet.form.echo
    return [number for number in range(member.since, len(events)) if echo or events[number].author is not member]
