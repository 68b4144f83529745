"""Errors of the system in which a socket's own knowledge speaks: why a program, a file or a line came to its end.

A transport hears of an end by what a socket's method raises. What is raised here is an OSError, so that it goes the
way of all, and says already what `oserrors` would have to guess from a number.
"""

from __future__ import annotations

from wiretalk.ending import Ending
from wiretalk.errors import EndedError, ResetError


class ReasonError(EndedError, OSError):
    """It is over, and this is why.

    Args:
        peer: the peer's name.
        reason: a clause.
        by: whose doing it is.
        orderly: whether all that the peer had to say has been said, so that others may be told of a good end.
    """

    def __init__(self, peer: str, reason: str, *, by: str = "peer", orderly: bool = False) -> None:
        super().__init__(peer, Ending("failed", by, reason=reason))
        self.orderly = orderly


def note(error: OSError) -> None:
    """Log why it has ended, where nobody waits for it any more: we have left."""
    if isinstance(error, ReasonError):
        import logging

        logging.getLogger("wiretalk").warning("%s", error)


class UnreadError(ResetError, OSError):
    """The peer ended in good order without taking all that it was sent.

    Args:
        peer: the peer's name.
        reason: a clause.
    """

    orderly = True

    def __init__(self, peer: str, reason: str) -> None:
        super().__init__(peer, Ending("reset", "peer", reason=reason))
