"""What happens in a chat, to be told: as an object for programs, as lines of text for people. No bytes, no I/O.

In text, what members say begins with `<nick>`, `* nick` (`/me`) or `[nick -> you]`, what the server says with `--`, and
what was said before with the time. No name holds any of these, so nobody can speak as somebody else, or as the server.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.service.chat.hall import Member


class Event:
    """Something that is told to a room or to a member.

    Args:
        kind: what happens: "message", or a key of WORDINGS.
        author: who does it; None where nobody of the room does.
        fields: the facts, as they are in JSON.
    """

    __slots__ = ("author", "fields", "kind")

    def __init__(self, kind: str, author: Member | None = None, **fields: Any) -> None:
        self.kind = kind
        self.author = author
        self.fields = fields

    def objects(self) -> list[dict[str, Any]]:
        """Return what programs are told, object by object: one, and for the history one more a message."""
        if self.kind != "history":
            return [{"event": self.kind, **self.fields}]
        told = [one.objects()[0] | {"history": True} for one in self.fields["messages"]]
        return [{"event": "history", "room": self.fields["room"], "count": len(told)}, *told]

    def lines(self) -> list[str]:
        """Return what people are told, line by line."""
        if self.kind == "message":
            # Nearly all there is.
            return [f"<{self.fields['from']}> {self.fields['text']}"]
        return WORDINGS[self.kind](self.fields)

    def __repr__(self) -> str:
        return f"<Event {self.kind} {self.fields!r}>"


def now() -> float:
    """Return the time as events carry it: Unix time, in seconds."""
    return round(time.time(), 6)


def _action(told: dict[str, Any]) -> list[str]:
    return [f"* {told['from']} {told['text']}"]


def _private(told: dict[str, Any]) -> list[str]:
    return [f"[{told['from']} -> you] {told['text']}"]


def _sent(told: dict[str, Any]) -> list[str]:
    return [f"[you -> {told['to']}] {told['text']}"]


def _joined(told: dict[str, Any]) -> list[str]:
    return [f"-- {told['nick']} has joined"]


def _left(told: dict[str, Any]) -> list[str]:
    return [f"-- {told['nick']} has left" + (f" ({told['why']})" if told["why"] else "")]


def _renamed(told: dict[str, Any]) -> list[str]:
    return [f"-- {told['from']} is {told['to']} now"]


def _welcome(told: dict[str, Any]) -> list[str]:
    return [
        f"-- welcome: {_whereabouts(told)}",
        "-- what you type is said to all; /nick NAME names you, /help tells the rest",
    ]


def _you(told: dict[str, Any]) -> list[str]:
    return [f"-- {_whereabouts(told)}"]


def _whereabouts(told: dict[str, Any]) -> str:
    if told["room"] is None:
        return f"you are {told['nick']}, in no room; /join ROOM enters one"
    others = told["members"] - 1
    company = f"with {others} other{'s' if others > 1 else ''}" if others else "alone"
    return f"you are {told['nick']}, in {told['room']}, {company}"


def _names(told: dict[str, Any]) -> list[str]:
    more = told["members"] - len(told["names"])
    return [f"-- in {told['room']}: {', '.join(told['names'])}" + (f" and {more} more" if more else "")]


def _rooms(told: dict[str, Any]) -> list[str]:
    return [f"-- rooms: {', '.join(f'{room} ({members})' for room, members in told['rooms'].items())}"]


def _history(told: dict[str, Any]) -> list[str]:
    messages = told["messages"]
    if not messages:
        return [f"-- nothing has been said in {told['room']} yet"]
    lines = [f"-- said in {told['room']} before:"]
    for one in messages:
        at = time.strftime("%H:%M", time.localtime(one.fields["time"]))
        lines.append(f"{at} {one.lines()[0]}")
    return lines


def _missed(told: dict[str, Any]) -> list[str]:
    count = told["count"]
    return [f"-- {count} message{'s' if count != 1 else ''} missed: too much was said at once for this connection"]


def _help(told: dict[str, Any]) -> list[str]:
    width = max(len(form) for form in told["commands"]) + 2
    return [f"-- {form:{width}}{what}" for form, what in told["commands"].items()]


def _error(told: dict[str, Any]) -> list[str]:
    return [f"-- {told['text']}"]


WORDINGS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "welcome": _welcome,
    "you": _you,
    "action": _action,
    "private": _private,
    "sent": _sent,
    "joined": _joined,
    "left": _left,
    "renamed": _renamed,
    "names": _names,
    "rooms": _rooms,
    "history": _history,
    "missed": _missed,
    "help": _help,
    "error": _error,
}
"""What each kind of event is in text, of its facts; but for messages, which `Event.lines` words itself."""
