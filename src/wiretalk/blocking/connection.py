"""A conversation that somebody waits for: messages in, messages out, one at a time or many.

Bytes are decoded into messages as they arrive, many at once, and handed out one after another. What waits, and how it
is called off, is in `channel`.
"""

from __future__ import annotations

import time
from _thread import allocate_lock
from collections import deque

from wiretalk.blocking.waiting import NEVER, Deadline
from wiretalk.conversing import Conversation
from wiretalk.ending import Ending
from wiretalk.errors import (
    ClosedError,
    FinishedError,
    LimitError,
    MessageError,
    TimedOutError,
    WiretalkError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Any, Self

    from wiretalk.blocking.channel import Channel
    from wiretalk.conversing import Plan

GATHERED_BYTES = 64 * 1024
"""`send_all` hands so much to the system in one write."""


class Connection(Conversation):
    """One conversation: send and receive whole messages.

    Iterating yields each message and ends when the peer has finished; any other end is raised. One thread may send
    while another receives; `close` and `abort` from any thread wake both.

    Attributes: see `wiretalk.conversing.Conversation`.
    """

    __slots__ = (
        "_closing",
        "_error",
        "_first_to_end",
        "_input_over",
        "_lost",
        "_over",
        "_queue",
        "_receiving",
        "_sent",
        "messages_received",
        "messages_sent",
    )

    messages_received: int
    messages_sent: int

    _transport: Channel

    def __init__(self, plan: Plan, peer: str, local: str, channel: Channel) -> None:
        super().__init__(plan, peer, local)
        self.messages_received = 0
        self.messages_sent = 0
        self._queue: deque[bytes] = deque()
        self._receiving = allocate_lock()
        # Guards the count of messages sent, which several threads may add to.
        self._sent = allocate_lock()
        self._input_over = False
        # What ended the input, when it was not the peer's clean end.
        self._error: WiretalkError | None = None
        self._closing = False
        self._over = False
        self._lost: WiretalkError | None = None
        # Who was the first to have nothing more to say.
        self._first_to_end = ""
        self.attach(channel)
        channel.on_over = self._end

    # what the channel tells

    def _end(self, error: WiretalkError | None) -> None:
        self._over = True
        self._lost = error
        self._set_ending(error or self._error, self._first_to_end or "us")
        if not self._input_over:
            self._error = error or ClosedError(self.peer, Ending("closed", "us"))
            self._input_over = True

    # receiving

    def receive(self, *, timeout_s: float | None = None) -> Any:
        """Wait for the next message and return it (bytes, or the codec's value).

        Args:
            timeout_s: how long to wait for it, in seconds; None: as long as the connection lives.

        Raises:
            FinishedError: the peer has finished sending, and everything it sent has been received.
            ClosedError: we have closed the connection, in this thread or another.
            TimedOutError: it did not come in time (wait "receive"); the connection goes on. Or the peer is dead.
            ResetError: the peer broke off.
            MessageError: what the peer sent is no message (malformed, truncated, not of the codec).
            LimitError: the peer's message is too long.
            RefusedError: a datagram sent before reached nobody.
        """
        queue = self._queue
        deadline = NEVER if timeout_s is None else Deadline(timeout_s)
        while True:
            try:
                message = queue.popleft()
            except IndexError:
                if not self._more(deadline):
                    raise FinishedError(self.peer, Ending("finished", "peer")) from None
            else:
                decode = self.plan.decode
                return message if decode is None else decode(message)

    def __iter__(self) -> Iterator[Any]:
        queue = self._queue
        decode = self.plan.decode
        while True:
            while queue:
                try:
                    message = queue.popleft()
                except IndexError:
                    # Another thread receives too, and was faster.
                    break
                yield message if decode is None else decode(message)
            if not self._more(NEVER):
                return

    def _more(self, deadline: Deadline) -> bool:
        """Wait until there is something in the queue; False: there never will be, in good order."""
        if not self._receiving.acquire(timeout=deadline.for_lock_s()):
            raise TimedOutError(self.peer, "receive", deadline.seconds)
        try:
            while not self._queue:
                if self._input_over:
                    if self._error is not None:
                        raise self._error.with_traceback(None)
                    return False
                data = self._transport.receive(deadline)
                if data is None:
                    self._finish()
                else:
                    self._feed(data)
        finally:
            self._receiving.release()
        return True

    def _feed(self, data: bytes) -> None:
        try:
            messages = self._framing.feed(data)
        except (MessageError, LimitError) as error:
            messages = error.messages
            self._end_input(error)
        self.messages_received += len(messages)
        self._queue.extend(messages)

    def _finish(self) -> None:
        try:
            rest = self._framing.finish()
        except MessageError as error:
            self._end_input(error)
        else:
            self.messages_received += len(rest)
            self._queue.extend(rest)
            self._end_input(None)
        self._transport.settle()

    def _end_input(self, error: WiretalkError | None) -> None:
        if not self._input_over:
            self._error = error
            self._input_over = True
            self._first_to_end = self._first_to_end or "peer"

    # sending

    def send(self, message: Any, *, timeout_s: float | None = None) -> None:
        """Send one whole message (bytes, or the codec's value).

        Returns when the system has taken it; a peer that does not read makes it wait.

        Args:
            timeout_s: how long to wait for that, in seconds; None: as long as the connection lives. The message is
                sent even when this runs out: what is left of it goes out before the next, or while receiving.

        Raises:
            ClosedError: the connection, or our half of it, is closed.
            ResetError: the peer broke off.
            TimedOutError: the system did not take it in time (wait "send").
            MessageError: the framing or the codec cannot carry it; nothing was sent.
            LimitError: it is too long for the limit, or for a datagram on this path; nothing was sent.
        """
        encode = self.plan.encode
        self._send(self._framing.encode(message if encode is None else encode(message)), 1, timeout_s)

    def _send(self, wire: bytes, messages: int, timeout_s: float | None) -> None:
        if self._closing or self._over:
            raise self._why_not()
        try:
            self._transport.send(wire, NEVER if timeout_s is None else Deadline(timeout_s))
        except TimedOutError as error:
            if error.wait == "send":
                self._count(messages)
            raise
        self._count(messages)

    def _count(self, messages: int) -> None:
        with self._sent:
            self.messages_sent += messages

    def _why_not(self) -> WiretalkError:
        if self._transport.broken is not None:
            return self._transport.broken.with_traceback(None)
        if self._over and self._error is not None and not self._closing:
            return self._error.with_traceback(None)
        return ClosedError(self.peer, Ending("closed", "us", unsent_bytes=self.unsent_bytes))

    def send_all(self, messages: Iterable[Any], *, timeout_s: float | None = None) -> None:
        """Send many messages; as `send` for each, with fewer writes."""
        gathered: list[Any] = []
        size = 0
        encode = self.plan.encode
        stream = self.plan.address.kind == "stream"
        for message in messages:
            if not stream:
                self.send(message, timeout_s=timeout_s)
                continue
            payload = message if encode is None else encode(message)
            gathered.append(payload)
            size += len(payload)
            if size >= GATHERED_BYTES:
                self._send(self._framing.encode_all(gathered), len(gathered), timeout_s)
                gathered, size = [], 0
        if gathered:
            self._send(self._framing.encode_all(gathered), len(gathered), timeout_s)

    def drain(self, *, timeout_s: float | None = None) -> None:
        """Wait until the system has taken all that was sent.

        Raises:
            TimedOutError: not in time (wait "send").
            ResetError: the peer broke off.
        """
        self._transport.flush(NEVER if timeout_s is None else Deadline(timeout_s))

    @property
    def read_bytes(self) -> int:
        """How many bytes are asked of the system in one read; a raw message is as large at most. It can be set."""
        return self._transport.read_bytes

    @read_bytes.setter
    def read_bytes(self, count: int) -> None:
        self._transport.read_bytes = count

    # ending

    def half_close(self) -> None:
        """Tell the peer that we have finished sending; receiving goes on.

        On datagrams, which have no such thing, nothing is sent.
        """
        if self.plan.address.kind == "datagram":
            return
        self._closing = True
        self._first_to_end = self._first_to_end or "us"
        self._transport.half_close()

    def close(self) -> None:
        """Send what is still to be sent, end the connection in good order, and wait until that is done.

        Messages not yet received are dropped; threads that wait here get a ClosedError. A peer that takes nothing for
        `limits.CLOSE_TIMEOUT_S` is left.

        Raises:
            TimedOutError: the peer did not take the rest in time (wait "close"); it says how many bytes.
            ResetError: the peer broke off before it took the rest.
        """
        self._closing = True
        self._first_to_end = self._first_to_end or "us"
        self._transport.close()
        if self._lost is not None and self.ending is not None and self.ending.unsent_bytes:
            raise self._lost.with_traceback(None)

    def hang_up(self) -> None:
        """Let every thread that waits here leave with a ClosedError; whoever holds the connection then closes it."""
        self._closing = True
        self._first_to_end = self._first_to_end or "us"
        self._transport.call_off(ClosedError(self.peer, Ending("closed", "us", unsent_bytes=self.unsent_bytes)))

    def watch_idle(self, timeout_s: float) -> None:
        """End the connection when not a byte has passed for `timeout_s` seconds (wait "idle"), seen while waiting."""

        def look() -> None:
            if self.idle_since(time.monotonic()) >= timeout_s:
                self.abort(TimedOutError(self.peer, "idle", timeout_s, self.unsent_bytes))

        self._transport.look_idle = look
        self._transport.look_s = timeout_s / 4

    def start_heart(self, message: Any, interval_s: float, timeout_s: float | None) -> None:
        """Send `message` whenever `interval_s` has passed without anything sent; a thread does it.

        Args:
            message: the heartbeat, as for `send`.
            interval_s: seconds between two.
            timeout_s: seconds without a byte from the peer after which it counts as dead (wait "heartbeat"); None: it
                may be silent.
        """
        from wiretalk.blocking.heartbeat import start_heart

        encode = self.plan.encode
        wire = self._framing.encode(message if encode is None else encode(message))
        start_heart(self, self._transport, wire, interval_s, timeout_s)

    def beat(self, wire: bytes) -> None:
        """Send an encoded heartbeat, unless something is still waiting to be sent."""
        if not self._closing and self._transport.try_send(wire):
            self._count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except WiretalkError:
            # What went wrong first is what the caller has to know.
            if error is None:
                raise
