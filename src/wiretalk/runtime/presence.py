"""Whether the peer of a conversation is still there, for who works for it and says nothing meanwhile."""

from __future__ import annotations

import time

from wiretalk.limits import PRESENCE_S
from wiretalk.transport.presence import is_abandoned, is_broken, probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.runtime.conversation import Conversation


class Presence:
    """Looks after one peer. Peers of datagrams are never known to leave.

    Args:
        conversation: with the peer.
    """

    __slots__ = ("_conversation", "_due")

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        # When to look closer; None: the peer would be heard if it left, so far.
        self._due: float | None = None

    def is_over(self) -> bool:
        """Return whether it is known that nobody takes an answer any more. To be asked now and then."""
        if self._conversation.ending is not None:
            return True
        sock = self._socket()
        if sock is None:
            return False
        if is_broken(sock):
            return True
        if not self._hears_nothing():
            return False
        now = time.monotonic()
        if self._due is None:
            probe(sock)
        elif now < self._due:
            return False
        self._due = now + PRESENCE_S
        return is_abandoned(sock)

    def _hears_nothing(self) -> bool:
        """Return whether the peer could leave unheard: it has finished, or it has said more than is read for now."""
        conversation: Any = self._conversation
        return getattr(conversation, "_input_over", False) or getattr(conversation, "_paused", False)

    def _socket(self) -> Any:
        """Return the conversation's own socket, below all layers; None where it shares one, or it is no socket."""
        if self._conversation.address.kind == "datagram" or not self._conversation.address.listens:
            return None
        carrier: Any = self._conversation._transport
        while hasattr(carrier, "below"):
            carrier = carrier.below
        return carrier.sock
