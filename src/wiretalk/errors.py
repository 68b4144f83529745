"""What can go wrong, sorted by what the caller can do about it, and the word for each.

    WiretalkError
    ├── UsageError            the call's words are wrong; change them               (a ValueError)
    │   └── AddressError      … those of an address; a caret shows where
    ├── MissingPackageError   an optional package is needed; the command installs it (an ImportError)
    ├── OpenError             the conversation never began                           (an OSError)
    │   ├── RefusedError          nobody listens there
    │   ├── UnreachableError      no way there
    │   ├── NoSuchHostError       no such name
    │   ├── InUseError            somebody else has that address
    │   ├── NotPermittedError     the system does not let this user
    │   └── NotTrustedError       TLS: one side does not trust the other
    ├── EndedError            the conversation is over; `ending` says how
    │   ├── FinishedError         the peer has nothing more to say
    │   ├── ClosedError           we closed it ourselves
    │   └── ResetError            the peer, or the way to it, broke off
    ├── TimedOutError         a wait took too long; `wait` names it                   (a TimeoutError)
    ├── LimitError            a limit was reached; `limit` names it
    └── MessageError          what the peer sent, or we were to send, is no message
        ├── MalformedError        bytes that break the framing
        ├── TruncatedError        the stream ended within a message
        └── CodecError            a message that is no such value

`how` is the one word that the exception, the log, `--json` and the exit status share. Exceptions carry fields and
compose their sentence; nothing here opens, waits or prints. OS errors become these in `transport.oserrors` alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.ending import Ending

EXIT_STATUS = {
    "finished": 0,
    "failed": 1,
    "usage": 2,
    "refused": 3,
    "unreachable": 4,
    "no-such-host": 5,
    "in-use": 6,
    "not-permitted": 7,
    "not-trusted": 8,
    "timed-out": 9,
    "reset": 10,
    "limit": 11,
    "malformed": 12,
    "truncated": 13,
    "codec": 14,
    "closed": 15,
    "missing-package": 16,
    "interrupted": 130,
}
"""The exit status of the shell face for each way in which a conversation can end (`how`)."""


class WiretalkError(Exception):
    """The base of all errors of wiretalk.

    Attributes:
        how: the one word for it, a key of EXIT_STATUS.
        by: whose doing it is: "us", "peer" or "system".
    """

    how = "failed"
    by = "us"

    @property
    def exit_status(self) -> int:
        """The shell face's exit status for this error, 1 to 16."""
        return EXIT_STATUS[self.how]


class UsageError(WiretalkError, ValueError):
    """The words of a call are wrong: nothing was opened.

    Args:
        text: the whole text that holds the fault, shown with a caret under it; "" where there is none to show.
        at: the index in `text` at which the fault begins.
        reason: what is wrong, a clause without a full stop ("port must be 1 to 65535").
        hint: what would be right, another clause; "" where there is nothing to say.
        length: how many characters of `text` are at fault; at least one caret is shown.
    """

    how = "usage"
    what = "argument"

    def __init__(self, text: str, at: int = 0, reason: str = "", hint: str = "", length: int = 1) -> None:
        super().__init__(text, at, reason, hint, length)
        self.text = text
        self.at = at
        self.reason = reason
        self.hint = hint
        self.length = length

    def __str__(self) -> str:
        sentence = _visible(self.reason + (f"; {self.hint}" if self.hint else ""))
        if not self.text:
            return sentence
        before = _columns(self.text[: self.at])
        under = _columns(self.text[self.at : self.at + self.length])
        return f"{sentence}\n  {_visible(self.text)}\n  {' ' * before}{'^' * max(1, under)}"


def _visible(text: str) -> str:
    """Return text whose every character shows: nothing that could move a terminal's cursor."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes, so that a caret stands under its character."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in _visible(text))


class AddressError(UsageError):
    """The text of an address is wrong: nothing was opened."""

    what = "address"


class MissingPackageError(WiretalkError, ImportError):
    """An optional package is not installed.

    Args:
        package: the package's name.
        extra: the extra of wiretalk that brings it.
        purpose: what needs it ("the msgpack codec").
    """

    how = "missing-package"

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(package, extra, purpose)
        self.package = package
        self.extra = extra
        self.purpose = purpose

    def __str__(self) -> str:
        return f"{self.purpose} needs the package {self.package}; install it with: pip install 'wiretalk[{self.extra}]'"


class OpenError(WiretalkError, OSError):
    """An address could not be opened; no conversation began.

    Args:
        address: the address as text.
        reason: what happened, and what the user can do, as a clause.
    """

    by = "system"

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.address}: {self.reason}"


class RefusedError(OpenError):
    """Nobody listens at that address, or they refuse."""

    how = "refused"
    by = "peer"


class UnreachableError(OpenError):
    """There is no way to that address: no route, no such socket file, host down."""

    how = "unreachable"


class NoSuchHostError(OpenError):
    """The name of the host is not known."""

    how = "no-such-host"


class InUseError(OpenError):
    """Somebody else has that address."""

    how = "in-use"


class NotPermittedError(OpenError):
    """The system does not permit this user to do it."""

    how = "not-permitted"
    by = "us"


class NotTrustedError(OpenError):
    """TLS: a certificate is not trusted, or the two sides have nothing in common."""

    how = "not-trusted"


class EndedError(WiretalkError):
    """The conversation is over.

    Args:
        peer: the peer as text.
        ending: who ended it, and how, with the bytes unsent.
    """

    def __init__(self, peer: str, ending: Ending) -> None:
        super().__init__(peer, ending)
        self.peer = peer
        self.ending = ending
        self.by = ending.by

    def __str__(self) -> str:
        return f"{self.peer}: {self.ending}"


class FinishedError(EndedError):
    """The peer has finished: there is nothing more to receive."""

    how = "finished"


class ClosedError(EndedError):
    """We have closed this connection, or our own half of it."""

    how = "closed"


class ResetError(EndedError):
    """The peer, or the way to it, broke the connection off."""

    how = "reset"


class TimedOutError(WiretalkError, TimeoutError):
    """A wait took too long.

    Args:
        peer: the peer or address as text.
        wait: which wait: "resolve", "connect", "proxy", "tls-handshake", "websocket-handshake", "send", "receive",
            "idle", "heartbeat", "keepalive", "accept" or "close".
        seconds: how long it lasted, or None where the system does not tell.
        unsent_bytes: bytes that were still to be sent.
    """

    how = "timed-out"
    by = "peer"

    def __init__(self, peer: str, wait: str, seconds: float | None = None, unsent_bytes: int = 0) -> None:
        super().__init__(peer, wait, seconds, unsent_bytes)
        self.peer = peer
        self.wait = wait
        self.seconds = seconds
        self.unsent_bytes = unsent_bytes

    def __str__(self) -> str:
        after = f" after {self.seconds:g} s" if self.seconds is not None else ""
        unsent = f"; {self.unsent_bytes} bytes unsent" if self.unsent_bytes else ""
        return f"{self.peer}: timed out{after} in {self.wait}{unsent}"


class LimitError(WiretalkError):
    """A limit was reached.

    Args:
        limit: its name, as in `wiretalk.limits.Limits` ("max_message_bytes").
        value: its value.
        reason: what reached it, as a clause ("a message of 4294967295 bytes").
        by: "peer" when the peer reached it, "us" when we were to send what passes it.
    """

    how = "limit"

    def __init__(self, limit: str, value: float, reason: str, by: str = "peer") -> None:
        super().__init__(limit, value, reason, by)
        self.limit = limit
        self.value = value
        self.reason = reason
        self.by = by
        self.messages: list[bytes] = []

    def __str__(self) -> str:
        return f"{self.reason}: the limit {self.limit} is {self.value}"


class MessageError(WiretalkError):
    """Bytes that are no message, or a value that makes none.

    Args:
        reason: what is wrong, as a clause.
        by: "peer" for what came in, "us" for what was to go out.

    Attributes:
        messages: whole messages that the same bytes held before the fault; they count as received.
    """

    how = "malformed"

    def __init__(self, reason: str, by: str = "peer") -> None:
        super().__init__(reason, by)
        self.reason = reason
        self.by = by
        self.messages: list[bytes] = []

    def __str__(self) -> str:
        return self.reason


class MalformedError(MessageError):
    """Bytes that break the framing, or a message that the framing cannot carry."""


class TruncatedError(MessageError):
    """The stream ended within a message, or a datagram was cut.

    Args:
        have_bytes: how many bytes of the unfinished message there were.
        need_bytes: how many it should have had, or None where the framing does not tell.
        rest: those bytes themselves, for whoever wants to show them.
    """

    how = "truncated"

    def __init__(self, have_bytes: int, need_bytes: int | None = None, rest: bytes = b"") -> None:
        of = f" of {need_bytes}" if need_bytes is not None else ""
        super().__init__(f"the stream ended within a message: {have_bytes}{of} bytes of it had come")
        self.args = (have_bytes, need_bytes, rest)
        self.have_bytes = have_bytes
        self.need_bytes = need_bytes
        self.rest = rest


class CodecError(MessageError):
    """A message that the codec cannot turn into a value, or a value that it cannot turn into a message."""

    how = "codec"
