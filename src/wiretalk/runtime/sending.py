"""The sending half of a connection: messages and files on their way, and waiting while the peer is slow.

What the peer says is in `receiving`; how it all ends, in `connection`.
"""

from __future__ import annotations

import asyncio
import errno
import os

from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import FILE_STRETCH_BYTES, READ_BYTES
from wiretalk.runtime.receiving import Receiving
from wiretalk.transport.filepart import SHORTER
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from wiretalk.conversing import Plan

GATHERED_MESSAGES = 64
"""Small messages sent while others wait to be handled leave together; at most so many."""

GATHERED_BYTES = 16 * 1024
"""A message of this size or more is not gathered: a write of its own costs nothing beside it."""


class Sending(Receiving):
    """What of a `Connection` has to do with what we say."""

    __slots__ = ("_closing", "_encode", "_gathers", "_over", "_room")

    def __init__(self, plan: Plan, peer: str, local: str, keeper: Callable[[Any], None] | None = None) -> None:
        super().__init__(plan, peer, local, keeper)
        # Who waits for room to send, or for the end.
        self._room: list[asyncio.Future[None]] | None = None
        # Whether we send no more; whether it is over.
        self._closing = False
        self._over = False
        self._encode = plan.encode
        self._gathers = plan.address.kind == "stream"

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

    def _wake_senders(self) -> None:
        room, self._room = self._room, None
        for waiter in room or ():
            if not waiter.done():
                waiter.set_result(None)
