"""Telling of conversations while a command serves or relays: in plain lines on standard error, or as JSON.

What is told of a conversation that somebody follows message by message is in `showing`.
"""

from __future__ import annotations

from wiretalk.cli.jsonlines import JsonLines
from wiretalk.cli.output import tell
from wiretalk.cli.showing import ending_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from wiretalk.ending import Ending
    from wiretalk.runtime import Conversation

    class Reported(Protocol):
        """What is reported on: a server, a relay."""

        @property
        def addresses(self) -> list[str]: ...
        @property
        def families(self) -> list[str]: ...
        @property
        def fingerprints(self) -> list[str]: ...
        @property
        def accepted(self) -> int: ...
        def totals(self) -> dict[str, int]: ...
        def stop(self) -> None: ...


FAULTS = frozenset({"malformed", "truncated", "codec", "limit", "not-trusted", "failed"})
"""Endings that are told without --verbose: somebody sent what cannot be right, and wonders why there is no answer; or a
program, a disk or a device has failed."""


class Report:
    """Tell of conversations in plain lines on standard error: those that went wrong, or with --verbose all.

    Args:
        verbose: whether every conversation is told.
    """

    def __init__(self, verbose: bool) -> None:
        self.server: Reported | None = None
        self._verbose = verbose

    def listening(self, server: Reported) -> None:
        """Tell that the server has started; `announce` has told where."""

    def opened(self, conversation: Conversation) -> None:
        """Tell that a conversation has begun."""
        if self._verbose:
            tls = conversation.tls
            tell(f"{conversation.peer}: opened at {conversation.local}" + (f", {tls}" if tls is not None else ""))

    def event(self, conversation: Conversation, event: str, facts: dict[str, Any], sentence: str) -> None:  # noqa: ARG002
        """Tell what has happened within a conversation; see `Service.told`."""
        if self._verbose:
            tell(f"{conversation.peer}: {sentence}")

    def closed(self, conversation: Conversation) -> None:
        """Tell that a conversation is over."""
        ending: Ending | None = conversation.ending
        if ending is not None and (self._verbose or ending.how in FAULTS):
            tell(f"{conversation.peer}: {ending}; {passed(conversation.as_dict())}, {conversation.age_s:.3f} s")

    def stopped(self, server: Reported) -> None:
        """Tell what there has been."""
        if self._verbose:
            count = server.accepted
            tell(f"served {count} conversation{'s' if count != 1 else ''}; {passed(server.totals())}")


def passed(counts: dict[str, Any]) -> str:
    """Return the messages and bytes each way, in words."""
    ways = []
    for way, word in (("received", "in"), ("sent", "out")):
        count, size = counts[f"messages_{way}"], counts[f"bytes_{way}"]
        ways.append(f"{count} message{'s' if count != 1 else ''} ({size} bytes) {word}")
    return ", ".join(ways)


class JsonReport(Report):
    """Tell of conversations on standard output, one JSON object a line, as `listen` and `connect` do: `listening`, then
    `open` and `ending` of each conversation, by number, then `totals`. Faults are told in words too.

    A handshake that failed is the ending of a conversation without a number. When standard output fails, the server is
    stopped: nobody listens to it any more.
    """

    def __init__(self, verbose: bool) -> None:
        super().__init__(verbose)
        self._numbers: dict[Conversation, int] = {}
        self._last_number = 0
        self._lines = JsonLines(self._stop)

    def _stop(self) -> None:
        if self.server is not None:
            self.server.stop()

    def listening(self, server: Reported) -> None:
        """See Report."""
        ends = [
            {"address": one, "family": family} for one, family in zip(server.addresses, server.families, strict=True)
        ]
        self._lines.write("listening", addresses=ends, fingerprints=server.fingerprints)

    def opened(self, conversation: Conversation) -> None:
        """See Report."""
        super().opened(conversation)
        self._last_number += 1
        self._numbers[conversation] = self._last_number
        facts = conversation.as_dict()
        told = {name: facts[name] for name in ("peer", "local", "tls")}
        self._lines.write("open", conversation=self._last_number, **told)

    def event(self, conversation: Conversation, event: str, facts: dict[str, Any], sentence: str) -> None:
        """See Report."""
        super().event(conversation, event, facts, sentence)
        self._lines.write(event, conversation=self._numbers.get(conversation), peer=conversation.peer, **facts)

    def closed(self, conversation: Conversation) -> None:
        """See Report."""
        super().closed(conversation)
        number = self._numbers.pop(conversation, None)
        self._lines.write("ending", conversation=number, peer=conversation.peer, **ending_of(conversation.as_dict()))

    def stopped(self, server: Reported) -> None:
        """See Report.

        Raises:
            OSError: standard output failed, now or before.
        """
        super().stopped(server)
        self._lines.write("totals", conversations=server.accepted, **server.totals())
        self._lines.close()
