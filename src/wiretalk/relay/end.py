"""One side of a joint between two byte streams: what comes from its peer goes out to the other side's, as it is.

Half-close, reset and the order of closing pass through. Where the peer of one side does not read, the other side is not
read. Sides that have messages are in `messages`; who joins which two is decided in `joining`.
"""

from __future__ import annotations

import os

from wiretalk.ending import Ending
from wiretalk.errors import ClosedError
from wiretalk.limits import ANSWERS_S, EARLY_BYTES, EARLY_DATAGRAMS, GONE_LOOK_S
from wiretalk.runtime import Conversation

HALF_CLOSING = frozenset({"stream", "packet", "messages"})
"""Kinds of addresses whose two directions end one by one."""

PROGRAMS = frozenset({"exec", "pty"})
"""Schemes whose output ends when the program has left, so that nobody takes input any more."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.errors import WiretalkError


class End(Conversation):
    """One side of a joint.

    Args:
        opening: set when it has opened, or to the error when it cannot (sides that we dial).

    Attributes:
        other: the other side, once there is one.
        parted: called when both sides are over.
        dropped: messages that could not be carried to this side's peer.
    """

    __slots__ = (
        "_early",
        "_early_bytes",
        "_early_end",
        "_first_to_end",
        "_held_up",
        "_opening",
        "_spares_other",
        "dropped",
        "messages_received",
        "messages_sent",
        "other",
        "parted",
    )

    messages_received: int
    messages_sent: int

    splices = True

    def __init__(
        self,
        plan: Plan,
        peer: str,
        local: str,
        keeper: Callable[[Any], None] | None = None,
        opening: asyncio.Future[None] | None = None,
    ) -> None:
        super().__init__(plan, peer, local, keeper)
        self.messages_received = 0
        self.messages_sent = 0
        self.other: End | None = None
        self.dropped = 0
        self.parted: Callable[[], None] | None = None
        self._opening = opening
        # What has come before there is another side to take it.
        self._early: list[bytes] = []
        self._early_bytes = 0
        self._early_end = False
        # Whether our peer is not read because the other side's does not read.
        self._held_up = False
        self._first_to_end = ""
        self._spares_other = False

    # joining

    def join(self, other: End) -> None:
        """Carry between this side and another from now on; what has come early goes first."""
        self.other, other.other = other, self
        for end in (self, other):
            end._begin_carrying()

    def _begin_carrying(self) -> None:
        early, self._early = self._early, []
        for data in early:
            self.data(data)
        self._let_kernel_carry()
        if self._early_end:
            self._pass_end()
        elif not self._held_up:
            self._transport.resume()

    def _let_kernel_carry(self) -> None:
        """Where nothing stands between two sockets and nothing is looked at, bytes need not come into Python."""
        other = self.other
        if self.splices and other is not None and other.splices and hasattr(os, "splice"):
            from wiretalk.transport.splicing import SplicingTransport

            ours, theirs = self._transport, other._transport
            if isinstance(ours, SplicingTransport) and isinstance(theirs, SplicingTransport):
                ours.carry_to(theirs)

    # the transport's calls

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        opening, self._opening = self._opening, None
        if opening is not None and not opening.done():
            opening.set_result(None)
        if self._keeper is not None:
            self._keeper(self)

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        other = self.other
        if other is None:
            self._keep_early(data)
        else:
            other._transport.write(data)
        return None

    def _keep_early(self, data: bytes) -> None:
        if self.plan.address.kind == "datagram":
            if len(self._early) >= EARLY_DATAGRAMS or self._early_bytes > EARLY_BYTES:
                # Others may share the socket, so it is read on: what UDP does when a queue is full.
                self.dropped += 1
                return
        else:
            self._transport.pause()
        self._early.append(data)
        self._early_bytes += len(data)

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        self._first_to_end = self._first_to_end or "peer"
        if self.other is None:
            self._early_end = True
        else:
            self._pass_end()

    def _pass_end(self) -> None:
        """Pass the peer's end of input on.

        Datagrams have no half-close. The end of a peer that spoke so is the end of both sides; where the
        other side speaks so, it is listened to as long as it goes on answering.
        """
        other = self.other
        if other is None:
            return
        if self.plan.address.kind not in HALF_CLOSING or self.plan.address.scheme in PROGRAMS:
            self.hang_up()
        elif other.plan.address.kind in HALF_CLOSING:
            other._transport.half_close()
            self._watch_peer()
        else:
            self._await_silence(other, other.bytes_received)

    def _watch_peer(self) -> None:
        """End both sides when the peer, which has finished and is still listened for, has gone altogether."""
        bottom: Any = self._transport
        while (below := getattr(bottom, "below", None)) is not None:
            bottom = below
        look_at = getattr(bottom, "gone", None)
        if look_at is None:
            return

        def look() -> None:
            if self.ending is not None:
                return
            gone, error = look_at()
            if error is not None:
                self._transport.abort(error)
            elif gone:
                self.hang_up()
            else:
                self._transport.loop.call_later(GONE_LOOK_S, look)

        self._transport.loop.call_later(GONE_LOOK_S, look)

    def _await_silence(self, other: End, heard: int) -> None:
        """End both sides when the other one has said nothing for a while."""

        def look() -> None:
            if self.ending is None and other.ending is None:
                if other.bytes_received == heard:
                    self.hang_up()
                else:
                    self._await_silence(other, other.bytes_received)

        self._transport.loop.call_later(ANSWERS_S, look)

    def held(self) -> None:
        """See `transport.loop.Sink`."""
        other = self.other
        if other is not None and self._transport.backlog_bytes > self.plan.limits.send_buffer_bytes:
            other._held_up = True
            other._transport.pause()

    def drained(self) -> None:
        """See `transport.loop.Sink`."""
        other = self.other
        if other is not None and other._held_up:
            other._held_up = False
            other._transport.resume()

    def trouble(self, error: WiretalkError) -> None:
        """See `transport.loop.Sink`."""
        self.dropped += 1
        self.report(str(error))

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.loop.Sink`."""
        self._set_ending(error, self._first_to_end or "us")
        opening, self._opening = self._opening, None
        if opening is not None and not opening.done():
            opening.set_exception(error or ClosedError(self.peer, Ending("closed", "us")))
            return
        other = self.other
        if other is not None and other.ending is None:
            orderly = getattr(error, "orderly", False)
            if orderly or (self.ending is not None and self.ending.how == "failed"):
                # A program that failed has said all it had to say: that is to arrive. A disk that is full is told.
                self.report(str(getattr(error, "ending", error)))
            if error is None or orderly or self._spares_other:
                other._transport.close()
            else:
                # What broke off here breaks off there: a clean end would be a lie.
                other._transport.abort(error)
        if other is not None and other.ending is not None and self.parted is not None:
            self.parted()
        if self._keeper is not None:
            self._keeper(self)

    # what its server calls

    def hang_up(self) -> None:
        """End both sides in good order; what is on its way is sent."""
        for end in (self, self.other):
            if end is not None:
                end._transport.close()

    def abort(self, error: WiretalkError | None = None) -> None:
        """End both sides at once."""
        self._transport.abort(error)

    def report(self, what: str) -> None:
        """Tell what went wrong and did not end the conversation."""
        import logging

        logging.getLogger("wiretalk").warning("%s: %s", self.peer, what)
