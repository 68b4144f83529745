"""A conversation that somebody awaits: `send` waits when the peer is slow, and every ending says who ended it and how.

What the peer says is in `receiving`.
"""

from __future__ import annotations

import asyncio
import errno
import os
import time

from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import CLOSE_TIMEOUT_S, FILE_STRETCH_BYTES, READ_BYTES
from wiretalk.runtime.receiving import Receiving
from wiretalk.transport.filepart import SHORTER
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Any, Self

    from wiretalk.conversing import Plan
    from wiretalk.runtime.heartbeat import Heart

GATHERED_MESSAGES = 64
"""Small messages sent while others wait to be handled leave together; at most so many."""

GATHERED_BYTES = 16 * 1024
"""A message of this size or more is not gathered: a write of its own costs nothing beside it."""


class Connection(Receiving):
    """One conversation: send and receive whole messages.

    Iterating yields each message and ends when the peer has finished; any other end is raised.

    Attributes: see `Conversation`, and:
        resting: set by a session that owes its peer nothing until the peer asks again; a server that is stopped ends
            such connections first, and waits for the others.
    """

    __slots__ = (
        "_closing",
        "_encode",
        "_gathers",
        "_heart",
        "_idle",
        "_lost",
        "_opening",
        "_over",
        "_room",
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
        # Who waits for room to send, or for the end.
        self._room: list[asyncio.Future[None]] | None = None
        self._closing = False
        self._over = False
        self._lost: WiretalkError | None = None
        self._opening = opening
        self._encode = plan.encode
        self._gathers = plan.address.kind == "stream"
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

    def _wake_senders(self) -> None:
        room, self._room = self._room, None
        for waiter in room or ():
            if not waiter.done():
                waiter.set_result(None)

    # sending

    async def send(self, message: Any, *, timeout_s: float | None = None) -> None:
        """Send one whole message (bytes, or the codec's value).

        Returns when the message is on its way or waits in the send buffer; waits while that is full
        (`limits.send_buffer_bytes`), so a peer that does not read cannot make it grow.

        Args:
            timeout_s: how long to wait for room, in seconds; None: as long as the connection lives. The message is in
                the buffer even when this runs out.

        Raises:
            ClosedError: the connection, or our half of it, is closed.
            ResetError: the peer broke off.
            TimedOutError: no room in time (wait "send").
            MessageError: the framing or the codec cannot carry it; nothing was sent.
            LimitError: it is too long for the limit, or for a datagram on this path; nothing was sent.
        """
        encode = self._encode
        wire = self._framing.encode(message if encode is None else encode(message))
        gathered = self._gathered
        if gathered is None:
            transport = self._transport
            if self._closing or self._over or transport.broken is not None or self._trouble is not None:
                raise self._why_not()
            self.messages_sent += 1
            if self._queue and self._gathers and len(wire) < GATHERED_BYTES:
                # More messages wait to be handled, so more answers will follow: they leave together.
                self._gathered = [wire]
                self._loop.call_soon(self._flush)
                return
            transport.write(wire)
        else:
            # What ends the connection flushes first, so while something is gathered there is nothing to look at.
            gathered.append(wire)
            self.messages_sent += 1
            if self._queue and len(gathered) < GATHERED_MESSAGES and len(wire) < GATHERED_BYTES:
                return
            self._flush()
            transport = self._transport
        if transport.backlog_bytes > self.plan.limits.send_buffer_bytes:
            await self._drain(timeout_s)

    def _why_not(self) -> WiretalkError:
        if self._trouble is not None:
            return self._take_trouble()
        if self._transport.broken is not None:
            return self._transport.broken
        if self._over and isinstance(self._error, WiretalkError) and not self._closing:
            return self._error
        return ClosedError(self.peer, Ending("closed", "us", unsent_bytes=self.unsent_bytes))

    async def drain(self, *, timeout_s: float | None = None) -> None:
        """Wait until the system has taken all that was sent.

        Raises:
            TimedOutError: not in time (wait "send").
            ResetError: the peer broke off.
        """
        self._flush()
        while self._transport.backlog_bytes and not self._over:
            await self._drain(timeout_s)

    async def _drain(self, timeout_s: float | None) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._change()
        except TimeoutError:
            raise TimedOutError(self.peer, "send", timeout_s, self.unsent_bytes) from None
        if self._transport.broken is not None:
            raise self._transport.broken.with_traceback(None)
        if self._over and self._error is not None:
            raise self._error.with_traceback(None)

    async def _change(self) -> None:
        """Wait for room to send, or for the end."""
        waiter = self._loop.create_future()
        if self._room is None:
            self._room = []
        self._room.append(waiter)
        await waiter

    async def send_all(self, messages: Iterable[Any], *, timeout_s: float | None = None) -> None:
        """Send many messages; as `send` for each, with fewer writes."""
        gathered: list[Any] = []
        size = 0
        encode = self.plan.encode
        stream = self.plan.address.kind == "stream"
        for message in messages:
            if not stream:
                await self.send(message, timeout_s=timeout_s)
                continue
            payload = message if encode is None else encode(message)
            gathered.append(payload)
            size += len(payload)
            if size >= GATHERED_BYTES:
                await self._send_gathered(gathered, timeout_s)
                gathered, size = [], 0
        if gathered:
            await self._send_gathered(gathered, timeout_s)

    def post(self, pieces: Iterable[bytes], count: int) -> bool:
        """Send what has been encoded already, for one of many who are sent the same; wait for nothing.

        Args:
            pieces: what the plan's codec and framing have made; each piece one write, so one message where the
                transport carries messages.
            count: messages in them.

        Returns:
            Whether it is on its way. False: more than `limits.send_buffer_bytes` wait to be sent, or nothing can be
            sent any more; then nothing was.

        Raises:
            LimitError: a datagram is too long for this path.
            OpenError: the system refuses a datagram.
        """
        transport = self._transport
        if self._closing or self._over or transport.broken is not None:
            return False
        if transport.backlog_bytes > self.plan.limits.send_buffer_bytes:
            return False
        self._flush()
        for piece in pieces:
            transport.write(piece)
        self.messages_sent += count
        return True

    async def _send_gathered(self, payloads: list[bytes], timeout_s: float | None) -> None:
        wire = self._framing.encode_all(payloads)
        if self._closing or self._over or self._transport.broken is not None:
            raise self._why_not()
        self._flush()
        self.messages_sent += len(payloads)
        self._transport.write(wire)
        if self._transport.backlog_bytes > self.plan.limits.send_buffer_bytes:
            await self._drain(timeout_s)

    async def send_file(self, descriptor: int, offset: int, count: int, *, timeout_s: float | None = None) -> None:
        """Send bytes of a file as they are, without framing; within the kernel where nothing has to see them.

        Returns when the system has taken all of them. The descriptor may be closed then, or when this raises.

        Args:
            descriptor: of a file that can be read at any offset, whose bytes are there at once.
            offset: where to begin.
            count: how many bytes.
            timeout_s: for how many seconds the peer may take nothing at all; None: as long as the connection lives.

        Raises:
            UsageError: the address carries messages, not bytes.
            ClosedError: the connection, or our half of it, is closed.
            ResetError: the peer broke off.
            TimedOutError: the peer took nothing for so long (wait "send").
            EndedError: the file is shorter than that, or cannot be read; what was sent is not all of it.
            LimitError: out of file descriptors.
        """
        if self.plan.address.kind != "stream":
            raise UsageError("", reason=f"a file is sent as bytes, and {self.plan.address.scheme} carries messages")
        self._flush()
        if self._closing or self._over or self._transport.broken is not None:
            raise self._why_not()
        self.messages_sent += 1
        try:
            for at in range(offset, offset + count, FILE_STRETCH_BYTES):
                size = min(FILE_STRETCH_BYTES, offset + count - at)
                if self._transport.send_file(descriptor, at, size):
                    await self._taken(0, timeout_s)
                else:
                    await self._send_read(descriptor, at, size, timeout_s)
        except OSError as error:
            if isinstance(error, WiretalkError):
                raise
            raise explain(error, self.peer, "send") from None
        await self._taken(0, timeout_s)

    async def _send_read(self, descriptor: int, offset: int, count: int, timeout_s: float | None) -> None:
        """Send bytes of a file through Python."""
        end = offset + count
        while offset < end:
            data = os.pread(descriptor, min(end - offset, READ_BYTES), offset)
            if not data:
                raise OSError(errno.ENODATA, SHORTER)
            offset += len(data)
            self._transport.write(data)
            await self._taken(self.plan.limits.send_buffer_bytes, timeout_s)

    async def _taken(self, leaving: int, timeout_s: float | None) -> None:
        """Wait until no more than so many bytes are unsent; a peer may be slow, and may not stand still."""
        transport = self._transport
        while transport.backlog_bytes > leaving and not self._over:
            sent = transport.bytes_sent
            try:
                await self._drain(timeout_s)
            except TimedOutError:
                if transport.broken is not None or self._over or transport.bytes_sent == sent:
                    raise
        if self._over or transport.broken is not None:
            raise self._why_not()

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
