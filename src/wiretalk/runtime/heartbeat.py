"""A message sent whenever a conversation is silent, and the end of it when the peer is. One timer, no task."""

from __future__ import annotations

from wiretalk.errors import TimedOutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from wiretalk.runtime.connection import Connection


class Heart:
    """Beat for one connection.

    Args:
        loop: the event loop.
        connection: for whom.
        wire: the heartbeat, encoded.
        interval_s: seconds of our own silence before it is sent.
        timeout_s: seconds of the peer's silence before it counts as dead; None: never.
    """

    __slots__ = (
        "_connection",
        "_interval_s",
        "_loop",
        "_received",
        "_sent",
        "_silent_since",
        "_timeout_s",
        "_timer",
        "_wire",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: Connection,
        wire: bytes,
        interval_s: float,
        timeout_s: float | None,
    ) -> None:
        self._loop = loop
        self._connection = connection
        self._wire = wire
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._received = connection.bytes_received
        self._sent = connection.bytes_sent
        self._silent_since = loop.time()
        self._timer = loop.call_later(self._pause(), self._beat)

    def _pause(self) -> float:
        return self._interval_s if self._timeout_s is None else min(self._interval_s, self._timeout_s / 2)

    def cancel(self) -> None:
        """Stop."""
        self._timer.cancel()

    def _beat(self) -> None:
        connection = self._connection
        now = self._loop.time()
        if connection.bytes_received != self._received:
            self._received = connection.bytes_received
            self._silent_since = now
        elif self._timeout_s is not None and now - self._silent_since >= self._timeout_s:
            connection.abort(TimedOutError(connection.peer, "heartbeat", self._timeout_s, connection.unsent_bytes))
            return
        if connection.bytes_sent == self._sent:
            connection.beat(self._wire)
        self._sent = connection.bytes_sent
        self._timer = self._loop.call_later(self._pause(), self._beat)
