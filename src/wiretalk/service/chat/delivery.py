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
    from wiretalk.service.chat.forms import Batch, Form, Wire
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
        batches: dict[Form, tuple[Batch, Wire]] = {}
        own = _by_author(events) if special else {}
        for member in room.members:
            form = member.outlet.form
            known = batches.get(form)
            if known is None:
                batch = form.batch(events)
                known = batches[form] = batch, batch.wire()
            if member in special:
                _take(member, known[0].wire(member.since, () if form.echo else own.get(member, ())))
                member.since = 0
            else:
                member.outlet.take(known[1])

    def tell(self, member: Member, event: Event) -> None:
        """See `hall.Delivery`."""
        if member.room is not None:
            self._settle(member.room, member)
        member.outlet.take(member.outlet.form.batch([event]).wire())

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
        form = member.outlet.form
        events = room.waiting[member.since :]
        if not form.echo:
            events = [event for event in events if event.author is not member]
        _take(member, form.batch(events).wire())
        _skip(room, member)


def _take(member: Member, wire: Wire) -> None:
    if wire.count or wire.lost:
        member.outlet.take(wire)


def _skip(room: Room, member: Member) -> None:
    """Let a member have only what is posted from now on."""
    member.since = len(room.waiting)
    if member.since:
        room.special.add(member)


def _by_author(events: list[Event]) -> dict[Member | None, list[int]]:
    """Return the numbers of the events of each author."""
    own: dict[Member | None, list[int]] = {}
    for number, event in enumerate(events):
        own.setdefault(event.author, []).append(number)
    return own
