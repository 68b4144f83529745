"""What members type: a command behind a `/`, or something to say. A line in, calls of the hall out."""

from __future__ import annotations

from wiretalk.service.chat.cleaning import clean
from wiretalk.service.chat.events import Event
from wiretalk.service.chat.hall import RefusedError
from wiretalk.service.chat.names import RefusedNameError
from wiretalk.units import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.service.chat.hall import Hall, Member

FORMS = {
    "nick": ("/nick NAME", "call yourself NAME"),
    "join": ("/join ROOM", "enter a room, and leave the one where you are; a new one is made"),
    "leave": ("/leave", "leave the room, and be in none"),
    "rooms": ("/rooms", "list the rooms, and how many are in each"),
    "names": ("/names", "list who is in your room"),
    "history": ("/history [N]", "tell the last N messages of your room"),
    "me": ("/me TEXT", "say what you do: * ada waves"),
    "msg": ("/msg NICK TEXT", "say something to one member alone"),
    "help": ("/help", "tell all this; a line that begins with // is said with one /"),
    "quit": ("/quit", "leave the chat"),
}
"""Every command: how it is typed, and one line of help."""

LONGEST_FORM = 64
"""More characters than any command has before its text, a name among them."""


class Desk:
    """Who understands what members type.

    Args:
        hall: where it is done.
        max_text_bytes: the longest text that is said at once, in bytes of UTF-8.
    """

    def __init__(self, hall: Hall, max_text_bytes: int) -> None:
        self._hall = hall
        self._max_text_bytes = max_text_bytes
        self._handlers: dict[str, Callable[[Member, str], None]] = {
            "nick": self._nick,
            "join": self._join,
            "leave": self._leave,
            "rooms": self._rooms,
            "names": self._names,
            "history": self._history,
            "me": self._me,
            "msg": self._msg,
            "help": self._help,
        }

    def take(self, member: Member, line: str) -> bool:
        """Do what a line says; return whether the member stays. A mistake is told to the member.

        Args:
            member: who has typed it.
            line: without blanks around, not empty.
        """
        if len(line) > self._max_text_bytes + LONGEST_FORM:
            # Nothing that costs time is done with it.
            return self.say(member, line)
        line = clean(line)
        if line[0] == "/" and not line.startswith("//"):
            return self._command(member, line)
        return self.say(member, line.removeprefix("/"))

    def say(self, member: Member, text: str) -> bool:
        """Say a text as it is, even where it looks like a command; return True. A mistake is told to the member."""
        try:
            self._hall.say(member, self._short(text))
        except RefusedError as error:
            self.refuse(member, str(error))
        return True

    def refuse(self, member: Member, reason: str) -> None:
        """Tell a member why something was not done."""
        self._hall.tell(member, Event("error", text=reason))

    def _command(self, member: Member, line: str) -> bool:
        name, _, argument = line[1:].partition(" ")
        name = name.lower()
        if name == "quit":
            return False
        handler = self._handlers.get(name)
        if handler is None:
            self.refuse(member, f"there is no command /{name[:32]}; {_hint(name)}")
            return True
        try:
            handler(member, argument.strip())
        except (RefusedError, RefusedNameError) as error:
            self.refuse(member, str(error))
        return True

    def _short(self, text: str) -> str:
        """Return a text that is not too long, clean."""
        size = len(text.encode(errors="replace"))
        if size <= self._max_text_bytes:
            text = clean(text)
            # What replaces a character may be longer than it.
            size = len(text.encode())
        if size > self._max_text_bytes:
            most = format_size(self._max_text_bytes)
            raise RefusedError(f"this was not said: {size} bytes of text, and at most {most} are said at once")
        return text

    def _nick(self, member: Member, argument: str) -> None:
        self._hall.rename(member, _needed(argument, "nick"))

    def _join(self, member: Member, argument: str) -> None:
        self._hall.join(member, _needed(argument, "join"))

    def _leave(self, member: Member, argument: str) -> None:
        _nothing(argument, "leave")
        self._hall.leave(member)

    def _rooms(self, member: Member, argument: str) -> None:
        _nothing(argument, "rooms")
        self._hall.tell_rooms(member)

    def _names(self, member: Member, argument: str) -> None:
        _nothing(argument, "names")
        self._hall.tell_names(member)

    def _history(self, member: Member, argument: str) -> None:
        if not argument:
            self._hall.tell_history(member)
        # A number of any length must not cost any time.
        elif argument.isascii() and argument.isdigit() and len(argument) < 10 and int(argument):
            self._hall.tell_history(member, int(argument))
        else:
            raise RefusedError(f'"{argument[:32]}" is no number of messages; type {FORMS["history"][0]}')

    def _me(self, member: Member, argument: str) -> None:
        self._hall.say(member, self._short(_needed(argument, "me")), "action")

    def _msg(self, member: Member, argument: str) -> None:
        nick, _, text = argument.partition(" ")
        self._hall.whisper(member, _needed(nick, "msg"), self._short(_needed(text.strip(), "msg")))

    def _help(self, member: Member, argument: str) -> None:
        _nothing(argument, "help")
        self._hall.tell(member, Event("help", commands=dict(FORMS.values())))


def _needed(argument: str, name: str) -> str:
    if not argument:
        raise RefusedError(f"type {FORMS[name][0]}")
    return argument


def _nothing(argument: str, name: str) -> None:
    if argument:
        raise RefusedError(f"type {FORMS[name][0]}, and nothing after it")


def _hint(name: str) -> str:
    from wiretalk.spelling import nearest

    near = nearest(name[:32], FORMS)
    return f"did you mean {FORMS[near][0]}?" if near is not None else "/help lists them"
