"""A chat without connections: outlets that remember, and a loop that turns when it is told to."""

from __future__ import annotations

import pytest

from wiretalk.service.chat.commands import Desk
from wiretalk.service.chat.delivery import Delivery
from wiretalk.service.chat.hall import Hall


class Batch:
    """See forms.Batch; its messages are their texts."""

    def __init__(self, events):
        self.events = events

    def wire(self, since=0, but=()):
        return Wire([event for number, event in enumerate(self.events) if number >= since and number not in but])


class Wire:
    """See forms.Wire."""

    def __init__(self, events):
        self.events = events
        self.count = len(events)
        self.lost = 0


class Form:
    """See forms.Form."""

    def __init__(self, *, echo=False):
        self.echo = echo
        self.objects = False
        self.encoded = 0

    def batch(self, events):
        self.encoded += len(events)
        return Batch(list(events))


class Outlet:
    """See outlet.Outlet; `take` remembers what is told."""

    def __init__(self, form, *, told_history=True):
        self.form = form
        self.told_history = told_history
        self.writes = []

    def take(self, wire):
        self.writes.append(wire.events)

    def told(self):
        """Return the lines told since the last time."""
        lines = [line for events in self.writes for event in events for line in event.lines()]
        self.writes.clear()
        return lines


class Chat:
    """A hall whose members are typed for: `chat.types(member, line)`."""

    def __init__(self, *, room="lobby", history=3, max_rooms=3, max_text_bytes=40):
        self.soon = []
        self.delivery = Delivery(lambda call, *arguments: self.soon.append((call, arguments)))
        self.hall = Hall(self.delivery, room=room, history=history, max_rooms=max_rooms)
        self.desk = Desk(self.hall, max_text_bytes)
        self.text = Form()
        self.echoing = Form(echo=True)

    def turn(self):
        """Let the loop turn once."""
        calls, self.soon = self.soon, []
        for call, arguments in calls:
            call(*arguments)

    def comes(self, name=None, *, form=None, **settings):
        """Let somebody enter; what it is told then is forgotten."""
        member = self.hall.enter(Outlet(form or self.text, **settings))
        if name is not None:
            self.hall.rename(member, name)
        self.turn()
        member.outlet.told()
        return member

    def types(self, member, *lines):
        """Let a member type; return whether it stays."""
        return all(self.desk.take(member, line) for line in lines)

    def told(self, *members):
        """Return what each of the members has been told since the last time."""
        self.turn()
        return [member.outlet.told() for member in members]


@pytest.fixture
def chat():
    return Chat()


@pytest.fixture
def chat_of():
    return Chat
