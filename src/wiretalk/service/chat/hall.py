"""Rooms, their members and what was said in them: who is where, under which name. No bytes, no connections, no clock.

How events reach members is `delivery`'s matter; what members type is understood in `commands`.
"""

from __future__ import annotations

from collections import deque

from wiretalk.limits import CHAT_NAME_CHARACTERS, CHAT_SHOWN_NAMES, CHAT_TOLD_MEMBERS
from wiretalk.service.chat.events import Event, now
from wiretalk.service.chat.names import GUEST, checked, key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from wiretalk.service.chat.outlet import Outlet

    class Delivery(Protocol):
        """Who brings events to members."""

        def post(self, room: Room, event: Event) -> None:
            """Tell all members of a room."""
            ...

        def tell(self, member: Member, event: Event) -> None:
            """Tell one member, after all that its room has been told."""
            ...

        def joined(self, room: Room, member: Member) -> None:
            """A member has come: it is told what is posted from now on."""
            ...

        def leaving(self, room: Room, member: Member) -> None:
            """A member is about to leave: it is told what has been posted so far."""
            ...


class RefusedError(Exception):
    """What a member wants cannot be; the sentence says why, and what to do."""


class Member:
    """One who takes part: a connection, or a datagram peer.

    Attributes:
        nick: its name, unlike all others.
        room: where it is; None: nowhere.
        outlet: takes what it is told.
        since: how many of the events that wait to be delivered in its room are not for it, for `delivery`.
    """

    __slots__ = ("nick", "outlet", "room", "since")

    def __init__(self, nick: str, outlet: Outlet) -> None:
        self.nick = nick
        self.outlet = outlet
        self.room: Room | None = None
        self.since = 0


class Room:
    """One room.

    Attributes:
        name: as it is shown.
        members: in the order of coming.
        history: what was said last.
        waiting: events that are still to be delivered, and to whom not all of them go, for `delivery`.
    """

    __slots__ = ("history", "members", "name", "special", "waiting")

    def __init__(self, name: str, history: int) -> None:
        self.name = name
        self.members: dict[Member, None] = {}
        self.history: deque[Event] = deque(maxlen=history)
        self.waiting: list[Event] = []
        self.special: set[Member] = set()


class Hall:
    """All rooms of a chat.

    A member is in one room at a time. A room is there as long as somebody is in it; the first one always.

    Args:
        delivery: who brings events to members.
        room: the name of the room that members come into.
        history: messages kept of each room, and told to who joins it.
        max_rooms: rooms at once, the first one among them.

    Raises:
        RefusedNameError: the room cannot be called so.
    """

    def __init__(self, delivery: Delivery, *, room: str, history: int, max_rooms: int) -> None:
        self._delivery = delivery
        self._history = history
        self._max_rooms = max_rooms
        self._members: dict[str, Member] = {}
        self._last_guest = 0
        self._first = Room(checked(room, "room"), history)
        self._rooms = {key(self._first.name): self._first}

    # coming and going

    def enter(self, outlet: Outlet) -> Member:
        """Take in a new member, under a name that nobody has."""
        self._last_guest += 1
        member = Member(f"{GUEST}{self._last_guest}", outlet)
        self._members[key(member.nick)] = member
        self._come(member, self._first, "welcome")
        return member

    def quit(self, member: Member, why: str = "") -> None:
        """Let a member go, whose connection is over or will be.

        Args:
            member: the member.
            why: what others are told in brackets; "": nothing.
        """
        self._go(member, why)
        del self._members[key(member.nick)]

    def join(self, member: Member, name: str) -> None:
        """Bring a member into a room, out of the one where it was.

        Raises:
            RefusedNameError: there cannot be such a room.
            RefusedError: it is there already, or there are too many rooms.
        """
        name = checked(name.removeprefix("#"), "room")
        room = self._rooms.get(key(name))
        if room is not None and room is member.room:
            raise RefusedError(f"you are in {room.name} already")
        if room is None:
            # One that is left empty makes room for another.
            old = member.room
            emptied = old is not None and old is not self._first and len(old.members) == 1
            if len(self._rooms) - emptied >= self._max_rooms:
                raise RefusedError(f"there are as many rooms as there may be ({self._max_rooms}); /rooms lists them")
        self._go(member, "")
        if room is None:
            room = self._rooms[key(name)] = Room(name, self._history)
        self._come(member, room, "you")

    def leave(self, member: Member) -> None:
        """Take a member out of its room, into none.

        Raises:
            RefusedError: it is in none.
        """
        self.room_of(member)
        self._go(member, "")
        self.tell_whereabouts(member)

    def _come(self, member: Member, room: Room, greeting: str) -> None:
        self._tell_of(room, Event("joined", room=room.name, nick=member.nick, time=now()))
        room.members[member] = None
        member.room = room
        self._delivery.joined(room, member)
        self.tell_whereabouts(member, greeting)
        if room.history and member.outlet.told_history:
            self.tell_history(member)

    def _go(self, member: Member, why: str) -> None:
        room = member.room
        if room is None:
            return
        self._delivery.leaving(room, member)
        member.room = None
        del room.members[member]
        if not room.members and room is not self._first:
            del self._rooms[key(room.name)]
            return
        self._tell_of(room, Event("left", room=room.name, nick=member.nick, why=why, time=now()))

    def rename(self, member: Member, name: str) -> None:
        """Give a member another name.

        Raises:
            RefusedNameError: nobody can be called so.
            RefusedError: somebody else is.
        """
        name = checked(name, "nick")
        before, own = member.nick, key(name)
        if name == before:
            self.tell_whereabouts(member)
            return
        holder = self._members.get(own)
        if holder is not None and holder is not member:
            raise RefusedError(f"there is a {holder.nick} already")
        if own.startswith(GUEST) and holder is None:
            raise RefusedError(f"names that begin with {GUEST} are given to who has not chosen one")
        del self._members[key(before)]
        self._members[own] = member
        member.nick = name
        if member.room is not None:
            told = {"from": before, "to": name}
            self._tell_of(member.room, Event("renamed", member, room=member.room.name, **told, time=now()))
        self.tell_whereabouts(member)

    def _tell_of(self, room: Room, event: Event) -> None:
        """Tell who comes and goes, where there are few enough to follow it."""
        if len(room.members) <= CHAT_TOLD_MEMBERS:
            self._delivery.post(room, event)

    # talking

    def say(self, member: Member, text: str, kind: str = "message") -> None:
        """Say something to all in the member's room.

        Raises:
            RefusedError: it is in none.
        """
        room = self.room_of(member)
        event = Event(kind, member, **{"room": room.name, "from": member.nick, "text": text, "time": now()})
        room.history.append(event)
        self._delivery.post(room, event)

    def whisper(self, member: Member, name: str, text: str) -> None:
        """Say something to one member alone, wherever it is.

        Raises:
            RefusedError: there is nobody of that name.
        """
        name = name[: 4 * CHAT_NAME_CHARACTERS]
        other = self._members.get(key(name))
        if other is None:
            raise RefusedError(f"there is no {name} here; /names lists who is in your room")
        told: dict[str, Any] = {"from": member.nick, "to": other.nick, "text": text, "time": now()}
        self._delivery.tell(other, Event("private", **told))
        self._delivery.tell(member, Event("sent", **told))

    # telling one member

    def room_of(self, member: Member) -> Room:
        """Return where a member is.

        Raises:
            RefusedError: it is in no room.
        """
        if member.room is None:
            raise RefusedError("you are in no room; /join ROOM enters one, /rooms lists them")
        return member.room

    def tell(self, member: Member, event: Event) -> None:
        """Tell one member something."""
        self._delivery.tell(member, event)

    def tell_whereabouts(self, member: Member, kind: str = "you") -> None:
        """Tell a member who and where it is."""
        room = member.room
        name, members = (room.name, len(room.members)) if room is not None else (None, 0)
        self.tell(member, Event(kind, nick=member.nick, room=name, members=members))

    def tell_history(self, member: Member, count: int | None = None) -> None:
        """Tell a member what was said in its room last: all that is kept, or so much.

        Raises:
            RefusedError: it is in no room.
        """
        room = self.room_of(member)
        events = list(room.history)[-count:] if count is not None else room.history
        self.tell(member, Event("history", room=room.name, messages=list(events)))

    def tell_names(self, member: Member) -> None:
        """Tell a member who is in its room.

        Raises:
            RefusedError: it is in none.
        """
        room = self.room_of(member)
        names = [one.nick for one, _ in zip(room.members, range(CHAT_SHOWN_NAMES), strict=False)]
        self.tell(member, Event("names", room=room.name, names=names, members=len(room.members)))

    def tell_rooms(self, member: Member) -> None:
        """Tell a member which rooms there are, and how many are in each."""
        self.tell(member, Event("rooms", rooms={room.name: len(room.members) for room in self._rooms.values()}))
