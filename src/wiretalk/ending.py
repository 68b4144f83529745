"""How a conversation ended: who, how, and what was left unsent. A record and its sentence; nothing else."""

from __future__ import annotations

from wiretalk.errors import EXIT_STATUS


class Ending:
    """The end of a conversation.

    Args:
        how: one word, a key of `errors.EXIT_STATUS` ("finished", "reset", "timed-out", …).
        by: "us", "peer" or "system".
        wait: the wait that timed out, where one did.
        unsent_bytes: bytes accepted by `send` that the system had not taken yet.
        reason: more words, where there are any.
    """

    __slots__ = ("by", "how", "reason", "unsent_bytes", "wait")

    def __init__(self, how: str, by: str, wait: str = "", unsent_bytes: int = 0, reason: str = "") -> None:
        self.how = how
        self.by = by
        self.wait = wait
        self.unsent_bytes = unsent_bytes
        self.reason = reason

    @property
    def exit_status(self) -> int:
        """The shell face's exit status for this ending."""
        return EXIT_STATUS[self.how]

    def as_dict(self) -> dict[str, str | int]:
        """Return the fields for JSON."""
        return {name: getattr(self, name) for name in ("how", "by", "wait", "unsent_bytes", "reason")}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ending) and self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash((self.how, self.by, self.wait, self.unsent_bytes, self.reason))

    def __repr__(self) -> str:
        return f"Ending({self.how!r}, {self.by!r}, {self.wait!r}, {self.unsent_bytes}, {self.reason!r})"

    def __str__(self) -> str:
        by = {"us": "us", "peer": "the peer", "system": "the system"}[self.by]
        words = f"{self.how} by {by}"
        if self.wait:
            words += f" in {self.wait}"
        if self.reason:
            words += f" ({self.reason})"
        if self.unsent_bytes:
            words += f"; {self.unsent_bytes} bytes unsent"
        return words
