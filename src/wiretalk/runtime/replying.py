"""Conversations that a function answers, message by message: the fast way, without a task, queue or future.

One read's messages are handed to the function one after another, and the answers leave in one write; that is
`framing.answering`. A peer that does not read its answers is not read either.
"""

from __future__ import annotations

import asyncio
import logging

from wiretalk.conversing import leaving_for, told
from wiretalk.errors import CodecError, LimitError, MessageError, OpenError, WiretalkError
from wiretalk.framing.answering import new_answering
from wiretalk.runtime.conversation import Conversation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.transport.datagram import DatagramTransport

    Reply = Callable[[Any], Any]

log = logging.getLogger("wiretalk")


class ReplyConversation(Conversation):
    """One stream whose messages a function answers.

    Args:
        reply: a function of a message's bytes that returns the answer's bytes, or None for no answer.

    Attributes:
        data: takes what came, and returns what is to be written at once; see `transport.loop.Sink`. It is the
            Answering's own method, so that nothing stands between the transport and it.
    """

    __slots__ = ("_answering", "_closing", "_error", "_stash", "data")

    def __init__(
        self, plan: Plan, peer: str, local: str, keeper: Callable[[Any], None], reply: Callable[[bytes], bytes | None]
    ) -> None:
        super().__init__(plan, peer, local, keeper)
        self._answering = new_answering(self._framing, reply, self)
        self.data = self._answering.answer
        # Messages that wait until the peer has read earlier answers; None: none do, and the peer is read.
        self._stash: list[bytes] | None = None
        self._closing = False
        self._error: WiretalkError | None = None

    @property
    def messages_received(self) -> int:
        """Messages received so far: handed to the function."""
        return self._answering.received

    @property
    def messages_sent(self) -> int:
        """Messages sent so far."""
        return self._answering.sent

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        self._keeper(self)  # type: ignore[misc]  # a reply conversation always has one

    def interrupted(self, wire: bytes, why: str, error: Exception | None, rest: list[bytes]) -> None:
        """See `framing.answering.Owner`: send what is owed, and go on as long as the peer reads."""
        while True:
            if wire:
                self._transport.write(wire)
            if why or not rest:
                break
            if self._stash is not None:
                # The write has shown that the peer does not read.
                if error is None:
                    self._stash = rest
                    return
                break
            wire, why, error, rest = self._answering.ask(rest, error)
        if error is not None:
            self._stop(told(error, why, self.peer, log))

    def held(self) -> None:
        """See `transport.loop.Sink`."""
        if self._stash is None and self._transport.backlog_bytes > self.plan.limits.send_buffer_bytes:
            self._stash = []
            self._transport.pause()

    def drained(self) -> None:
        """See `transport.loop.Sink`."""
        stash = self._stash
        if stash is None or self._transport.backlog_bytes > self.plan.limits.send_buffer_bytes // 2:
            return
        self._stash = None
        self.interrupted(b"", "", None, stash)
        if self._stash is None:
            self._transport.resume()

    def _stop(self, error: WiretalkError) -> None:
        """End in good order, once what is owed has been sent."""
        if not self._closing:
            self._closing = True
            self._error = error
            self.leaving = leaving_for(error)
            self._transport.pause()
            self._stash = None
            # After the write of what has been answered in this read.
            asyncio.get_running_loop().call_soon(self._transport.close)

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        try:
            self.interrupted(b"", "", None, self._framing.finish())
        except MessageError as error:
            self._error = error
        self._closing = True
        self._transport.close()

    def trouble(self, error: WiretalkError) -> None:
        """See `transport.loop.Sink`."""
        log.warning("%s", error)

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.loop.Sink`."""
        error = error or self._error
        self._set_ending(error, "peer" if self._closing else "us")
        self._keeper(self)  # type: ignore[misc]  # a reply conversation always has one


class ReplyDatagrams:
    """One datagram socket whose messages a function answers: no state a peer, so no number of peers costs anything.

    Args:
        plan: codec and limits.
        reply: a function of a message's bytes.
    """

    __slots__ = ("_encode", "_reply", "messages_received", "messages_sent", "plan", "transport")

    def __init__(self, plan: Plan, reply: Callable[[bytes], bytes | None]) -> None:
        self.plan = plan
        self.messages_received = 0
        self.messages_sent = 0
        self.transport: DatagramTransport = None  # type: ignore[assignment]  # given right after
        self._reply = reply
        self._encode = plan.new_framing().encode

    @property
    def bytes_received(self) -> int:
        """Bytes of all datagrams received so far."""
        return self.transport.bytes_received

    @property
    def bytes_sent(self) -> int:
        """Bytes of all answers sent so far."""
        return self.transport.bytes_sent

    def datagram(self, data: bytes, sockaddr: Any) -> None:
        """See `transport.datagram.DatagramSink`."""
        self.messages_received += 1
        try:
            answer = self._reply(data)
            if answer is None:
                return
            if not sockaddr:
                log.warning("%s: a peer without an address cannot be answered", self.transport.name)
                return
            self.transport.send_to(self._encode(answer), sockaddr)
        except (CodecError, OpenError, LimitError, MessageError) as error:
            log.warning("%s: %s: %s", self.transport.name, sockaddr, error)
            return
        except Exception:  # whatever a handler raises ends its own conversation and nothing else
            log.exception("%s: the reply function failed for %s", self.transport.name, sockaddr)
            return
        self.messages_sent += 1
        if self.transport.backlog_bytes > self.plan.limits.send_buffer_bytes:
            self.transport.pause()

    def drained(self) -> None:
        """See `transport.datagram.DatagramSink`."""
        self.transport.resume()

    def trouble(self, error: WiretalkError) -> None:
        """See `transport.datagram.DatagramSink`."""
        log.warning("%s", error)

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.datagram.DatagramSink`."""
        if error is not None:
            log.error("%s", error)
