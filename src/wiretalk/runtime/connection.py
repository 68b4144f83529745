"""A conversation that somebody awaits: `send` waits when the peer is slow, and every ending says who ended it and how.

What the peer says is in `receiving`, what we say in `sending`.
"""

from __future__ import annotations

import time

from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, TimedOutError, WiretalkError
from wiretalk.limits import CLOSE_TIMEOUT_S
from wiretalk.runtime.sending import Sending

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Self

    from wiretalk.conversing import Plan
    from wiretalk.runtime.heartbeat import Heart


class Connection(Sending):
    """One conversation: send and receive whole messages.

    Iterating yields each message and ends when the peer has finished; any other end is raised.

    Attributes: see `Conversation`, and:
        resting: set by a session that owes its peer nothing until the peer asks again; a server that is stopped ends
            such connections first, and waits for the others.
    """

    __slots__ = (
        "_heart",
        "_idle",
        "_lost",
        "_opening",
        "resting",
    )

    def __init__(
        self,
        plan: Plan,
        peer: str,
        local: str,
        keeper: Callable[[Any], None] | None = None,
        opening: asyncio.Future[None] | None = None,
    ) -> None:
        super().__init__(plan, peer, local, keeper)
        self._lost: WiretalkError | None = None
        self._opening = opening
        self._heart: Heart | None = None
        self._idle: asyncio.TimerHandle | None = None
        self.resting = False

    # the transport's calls

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        opening, self._opening = self._opening, None
        if opening is not None and not opening.done():
            opening.set_result(None)
        if self._keeper is not None:
            self._keeper(self)

    def held(self) -> None:
        """See `transport.loop.Sink`; `send` looks for itself."""

    def drained(self) -> None:
        """See `transport.loop.Sink`."""
        if self._room and self._transport.backlog_bytes <= self.plan.limits.send_buffer_bytes // 2:
            self._wake_senders()

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.loop.Sink`."""
        self._over = True
        self._lost = error
        self._set_ending(error or self._error, self._first_to_end or "us")
        if not self._input_over:
            self._input_over = True
            self._error = error or ClosedError(self.peer, Ending("closed", "us"))
        if self._heart is not None:
            self._heart.cancel()
        if self._idle is not None:
            self._idle.cancel()
        opening, self._opening = self._opening, None
        if opening is not None:
            if not opening.done():
                opening.set_exception(error or ClosedError(self.peer, Ending("closed", "us")))
        elif self._keeper is not None:
            self._keeper(self)
        self._wake()
        self._wake_senders()

    # ending

    async def half_close(self) -> None:
        """Tell the peer that we have finished sending; receiving goes on.

        On datagrams, which have no such thing, nothing is sent.
        """
        self._flush()
        if self.plan.address.kind == "datagram":
            return
        self._closing = True
        self._first_to_end = self._first_to_end or "us"
        self._transport.half_close()

    async def close(self) -> None:
        """Send what is still to be sent, end the connection in good order, and wait until that is done.

        Messages not yet received are dropped. A peer that takes nothing for `limits.CLOSE_TIMEOUT_S` is left.

        Raises:
            TimedOutError: the peer did not take the rest in time (wait "close"); it says how many bytes.
            ResetError: the peer broke off before it took the rest.
        """
        self._flush()
        if self.plan.address.kind == "datagram" and not self._over:
            await self.drain(timeout_s=CLOSE_TIMEOUT_S)
        self._closing = True
        self._first_to_end = self._first_to_end or "us"
        self._transport.close()
        while not self._over:
            await self._change()
        if self._lost is not None and self.ending is not None and self.ending.unsent_bytes:
            raise self._lost

    def hang_up(self) -> None:
        """As `close`, without waiting for it."""
        self._flush()
        self._closing = True
        self._first_to_end = self._first_to_end or "us"
        self._transport.close()

    def start_heart(self, message: Any, interval_s: float, timeout_s: float | None) -> None:
        """Send `message` whenever `interval_s` has passed without anything sent.

        Args:
            message: the heartbeat, as for `send`.
            interval_s: seconds between two.
            timeout_s: seconds without a byte from the peer after which it counts as dead (wait "heartbeat"); None: it
                may be silent.
        """
        from wiretalk.runtime.heartbeat import Heart

        self._heart = Heart(self._loop, self, self._encoded(message), interval_s, timeout_s)

    def watch_idle(self, timeout_s: float) -> None:
        """End the connection when not a byte has passed for `timeout_s` seconds (wait "idle")."""
        loop = self._loop

        def look() -> None:
            silent_s = self.idle_since(time.monotonic())
            if silent_s >= timeout_s:
                self.abort(TimedOutError(self.peer, "idle", timeout_s, self.unsent_bytes))
            else:
                self._idle = loop.call_later(min(timeout_s - silent_s, timeout_s / 4), look)

        self._idle = loop.call_later(timeout_s / 4, look)

    def _encoded(self, message: Any) -> bytes:
        encode = self.plan.encode
        return self._framing.encode(message if encode is None else encode(message))

    def beat(self, wire: bytes) -> None:
        """Send an encoded heartbeat, unless something is still waiting to be sent."""
        if not self._closing and not self._over and not self._transport.backlog_bytes:
            self._flush()
            self._transport.write(wire)
            self.messages_sent += 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.close()
        except WiretalkError:
            # What went wrong first is what the caller has to know.
            if error is None:
                raise
