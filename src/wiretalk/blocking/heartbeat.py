"""A message sent whenever a conversation is silent, and the end of it when the peer is. A thread, for who asked."""

from __future__ import annotations

import time
from threading import Thread

from wiretalk.errors import EndedError, TimedOutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.blocking.channel import Channel
    from wiretalk.blocking.connection import Connection


def start_heart(
    connection: Connection, channel: Channel, wire: bytes, interval_s: float, timeout_s: float | None
) -> None:
    """Beat for one connection until it is closed.

    Args:
        connection: for whom.
        channel: what carries it.
        wire: the heartbeat, encoded.
        interval_s: seconds of our own silence before it is sent.
        timeout_s: seconds of the peer's silence before it counts as dead; None: never.
    """
    Thread(
        target=_beat, args=(connection, channel, wire, interval_s, timeout_s), name="wiretalk-heart", daemon=True
    ).start()


def _beat(connection: Connection, channel: Channel, wire: bytes, interval_s: float, timeout_s: float | None) -> None:
    pause_s = interval_s if timeout_s is None else min(interval_s, timeout_s / 2)
    received, sent = channel.bytes_received, channel.bytes_sent
    silent_since = time.monotonic()
    try:
        while not channel.called_off_within(pause_s):
            now = time.monotonic()
            # Bytes that nobody has received yet are a sign of life too.
            if channel.bytes_received != received or channel.readable():
                received = channel.bytes_received
                silent_since = now
            elif timeout_s is not None and now - silent_since >= timeout_s:
                connection.abort(TimedOutError(connection.peer, "heartbeat", timeout_s, connection.unsent_bytes))
                return
            if channel.bytes_sent == sent:
                connection.beat(wire)
            sent = channel.bytes_sent
    except (EndedError, TimedOutError):
        # It is over, which is told where it is used.
        return
