"""The receiving half of a connection: bytes become messages as they arrive, and wait in one bounded queue.

A coroutine that takes them pays for no task, no future and no copy a message, only for one wake-up a read. Sending, and
how it all ends, is in `connection`.
"""

from __future__ import annotations

import asyncio
from collections import deque

from wiretalk.ending import Ending
from wiretalk.errors import FinishedError, LimitError, MessageError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import QUEUE_BYTES
from wiretalk.runtime.conversation import Conversation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any

    from wiretalk.conversing import Plan


class Receiving(Conversation):
    """What of a `Connection` has to do with what the peer says."""

    __slots__ = (
        "_error",
        "_fed",
        "_first_to_end",
        "_gathered",
        "_input_over",
        "_loop",
        "_paused",
        "_queue",
        "_trouble",
        "_waiter",
        "messages_received",
        "messages_sent",
    )

    messages_received: int
    messages_sent: int

    def __init__(self, plan: Plan, peer: str, local: str, keeper: Callable[[Any], None] | None = None) -> None:
        super().__init__(plan, peer, local, keeper)
        self.messages_received = 0
        self.messages_sent = 0
        self._loop = asyncio.get_running_loop()
        self._queue: deque[bytes] = deque()
        # Bytes read since the queue was last empty: bounds what a slow session costs, without a count a message.
        self._fed = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        # Answers that leave together once there is nothing more to handle.
        self._gathered: list[bytes] | None = None
        self._input_over = False
        # "peer" or "us", once one has said that there is no more to come: that is who ended it.
        self._first_to_end = ""
        # What ended the input, when it was not the peer's clean end.
        self._error: WiretalkError | None = None
        # What is to be told at the next call, once (a datagram nobody took).
        self._trouble: WiretalkError | None = None

    # the transport's calls

    def data(self, data: bytes) -> None:
        """See `transport.loop.Sink`."""
        try:
            messages = self._framing.feed(data)
        except (MessageError, LimitError) as error:
            messages = error.messages
            self._queue.extend(messages)
            self.messages_received += len(messages)
            self._end_input(error)
            return
        if messages:
            self.messages_received += len(messages)
            queue = self._queue
            queue.extend(messages)
            self._fed += len(data)
            if self._fed > QUEUE_BYTES or len(queue) > self.plan.limits.queue_messages:
                self._paused = True
                self._transport.pause()
            waiter = self._waiter
            if waiter is not None:
                self._waiter = None
                if not waiter.done():
                    waiter.set_result(None)

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        try:
            rest = self._framing.finish()
        except MessageError as error:
            self._end_input(error)
            return
        self._queue.extend(rest)
        self.messages_received += len(rest)
        self._end_input(None)

    def finish_input(self) -> None:
        """Take no more, from our side: for who receives, the peer has finished."""
        self._first_to_end = self._first_to_end or "us"
        self.end()

    def _end_input(self, error: WiretalkError | None) -> None:
        if not self._input_over:
            self._input_over = True
            self._first_to_end = self._first_to_end or "peer"
            self._error = error
            if error is not None:
                self._transport.pause()
        self._wake()

    def trouble(self, error: WiretalkError) -> None:
        """See `transport.loop.Sink`."""
        self._trouble = error
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # what the user calls

    async def receive(self, *, timeout_s: float | None = None) -> Any:
        """Return the next message (bytes, or the codec's value).

        Args:
            timeout_s: how long to wait for it, in seconds; None: as long as the connection lives.

        Raises:
            FinishedError: the peer has finished sending, and everything it sent has been received.
            TimedOutError: it did not come in time (wait "receive"); the connection goes on. Or the peer is dead.
            ResetError: the peer broke off.
            MessageError: what the peer sent is no message (malformed, truncated, not of the codec).
            LimitError: the peer's message is too long.
            RefusedError: a datagram sent before reached nobody.
        """
        while not self._queue:
            if timeout_s is None:
                more = await self._more()
            else:
                try:
                    async with asyncio.timeout(timeout_s):
                        more = await self._more()
                except TimeoutError as error:
                    if isinstance(error, WiretalkError):
                        raise
                    if self._queue:
                        # It came in the very turn in which the time ran out.
                        break
                    raise TimedOutError(self.peer, "receive", timeout_s) from None
            if not more:
                raise FinishedError(self.peer, Ending("finished", "peer"))
        message = self._queue.popleft()
        decode = self.plan.decode
        return message if decode is None else decode(message)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[Any]:
        queue = self._queue
        decode = self.plan.decode
        take = queue.popleft
        while True:
            if decode is None:
                while queue:
                    yield take()
            else:
                while queue:
                    yield decode(take())
            if not await self._more():
                return

    async def _more(self) -> bool:
        """Wait until there is something in the queue; False: there never will be, in good order."""
        self._flush()
        self._fed = 0
        if self._trouble is not None:
            raise self._take_trouble()
        if self._input_over:
            if self._error is not None:
                # Told at every call, without the tracebacks of the calls before.
                raise self._error.with_traceback(None)
            return False
        if self._paused:
            self._paused = False
            self._transport.resume()
        if self._waiter is not None:
            raise UsageError("", reason="somebody else is already receiving from this connection")
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            if self._waiter is waiter:
                self._waiter = None
        return True

    def _take_trouble(self) -> WiretalkError:
        trouble, self._trouble = self._trouble, None
        assert trouble is not None  # noqa: S101  # the callers have looked
        return trouble

    def _flush(self) -> None:
        gathered = self._gathered
        if gathered is not None:
            self._gathered = None
            self._transport.write(b"".join(gathered))
