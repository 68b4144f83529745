"""Conversations that a function answers, message by message: the fast way, without a task, queue or future.

One read is decoded in one pass, the messages are handed to the function one after another, and the answers leave in
one write. A peer that does not read its answers is not read either.
"""

from __future__ import annotations

import asyncio
import logging

from wiretalk.conversing import leaving_for
from wiretalk.errors import CodecError, LimitError, MessageError, OpenError, WiretalkError
from wiretalk.limits import READ_BYTES, REPLY_BATCH
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
    """

    __slots__ = ("_closing", "_error", "_reply", "_stash")

    def __init__(
        self, plan: Plan, peer: str, local: str, keeper: Callable[[Any], None], reply: Callable[[bytes], bytes | None]
    ) -> None:
        super().__init__(plan, peer, local, keeper)
        self._reply = reply
        # Messages that wait until the peer has read earlier answers; None: none do, and the peer is read.
        self._stash: list[bytes] | None = None
        self._closing = False
        self._error: WiretalkError | None = None

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        self._keeper(self)  # type: ignore[misc]  # a reply conversation always has one

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        try:
            messages = self._framing.feed(data)
        except (MessageError, LimitError) as error:
            self._answer(error.messages)
            self._stop(error)
            return None
        if len(messages) > REPLY_BATCH:
            self._answer(messages)
            return None
        return self._batch(messages) if messages else None

    def _answer(self, messages: list[bytes]) -> None:
        gathered: list[bytes] = []
        size = 0
        for start in range(0, len(messages), REPLY_BATCH):
            wire = self._batch(messages[start : start + REPLY_BATCH]) or b""
            gathered.append(wire)
            size += len(wire)
            if size > READ_BYTES:
                self._transport.write(b"".join(gathered))
                gathered = []
                size = 0
                if self._stash is not None:
                    self._stash = messages[start + REPLY_BATCH :]
                    return
            if self._closing:
                break
        if size:
            self._transport.write(b"".join(gathered))

    def _batch(self, messages: list[bytes]) -> bytes | None:
        """Return the answers to at most REPLY_BATCH messages, as they go out; None: there are none."""
        self.messages_received += len(messages)
        answers: list[bytes] = []
        try:
            # A list keeps the answers made before a failing one, which are owed to the peer.
            answers += map(self._reply, messages)  # type: ignore[arg-type]  # None is looked for in _amend
            wire = self._framing.encode_all(answers)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises ends its own conversation, nothing else
            return self._amend(answers, len(messages), error)
        self.messages_sent += len(answers)
        return wire

    def _amend(self, answers: list[bytes], asked: int, error: Exception) -> bytes | None:
        """Return what can be sent where there was no answer, one that cannot be sent, or a failure."""
        if len(answers) < asked:
            if isinstance(error, CodecError):
                self._stop(error)
            else:
                log.error("%s: the reply function failed; the connection is ended", self.peer, exc_info=error)
                self._stop(WiretalkError("the reply function failed"))
        answers = [answer for answer in answers if answer is not None]
        try:
            wire = self._framing.encode_all(answers) if answers else None
        except (TypeError, MessageError, LimitError) as fault:
            log.error("%s: an answer cannot be sent: %s; the connection is ended", self.peer, fault)  # noqa: TRY400  # no traceback: there is nothing to see in it
            self._stop(WiretalkError(f"an answer cannot be sent: {fault}"))
            return None
        self.messages_sent += len(answers)
        return wire

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
        self._answer(stash)
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
            self._answer(self._framing.finish())
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


class RawReplyConversation(ReplyConversation):
    """One stream without messages: what a read brings is the message, and the answer goes out as it is.

    Only for a limit that no read reaches, so there is nothing to look at.
    """

    __slots__ = ()

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        self.messages_received += 1
        try:
            answer = self._reply(data)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises ends its own conversation, nothing else
            return self._amend([], 1, error)
        if type(answer) is bytes:
            self.messages_sent += 1
            return answer
        return None if answer is None else self._amend([answer], 1, TypeError())


def new_reply_conversation(
    plan: Plan, peer: str, local: str, keeper: Callable[[Any], None], reply: Callable[[bytes], bytes | None]
) -> ReplyConversation:
    """Return the kind of conversation that answers fastest."""
    # With TLS a read may bring a record more than was asked for.
    plain = plan.framing == "raw" and plan.address.kind == "stream" and plan.limits.max_message_bytes >= 2 * READ_BYTES
    return (RawReplyConversation if plain else ReplyConversation)(plan, peer, local, keeper, reply)


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
