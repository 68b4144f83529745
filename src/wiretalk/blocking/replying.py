"""Conversations that a function answers, message by message: the fast way.

One read's messages are handed to the function one after another, and the answers leave in one write; that is
`framing.answering`. A peer that does not read its answers is not read either, since whoever waits to send does not
receive.
"""

from __future__ import annotations

import select
import threading
import time

from wiretalk.blocking.datagram import UNIX_ROOM_LOOK_S, read_bytes
from wiretalk.blocking.logs import log
from wiretalk.blocking.waiting import READABLE, WRITABLE, Bell, Deadline, milliseconds
from wiretalk.conversing import Conversation, leaving_for, told
from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, CodecError, LimitError, MessageError, OpenError, TimedOutError, WiretalkError
from wiretalk.framing.answering import new_answering
from wiretalk.limits import DATAGRAMS_A_WAKE
from wiretalk.transport import explain, name
from wiretalk.transport import told as told_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.blocking.channel import Channel
    from wiretalk.conversing import Plan
    from wiretalk.transport import Gate, Listener

    Reply = Callable[[bytes], bytes | None]


ANSWER_GRACE_S = 0.5
"""A datagram's answer for which there is no room for so long is dropped: one peer must not hold up all others."""


class ReplyConversation(Conversation):
    """One stream whose messages a function answers, in the thread that calls `run`.

    Args:
        reply: a function of a message's bytes that returns the answer's bytes, or None for no answer.
    """

    __slots__ = ("_answering", "_error", "_finished_by_peer")

    _transport: Channel

    def __init__(self, plan: Plan, peer: str, local: str, channel: Channel, reply: Reply) -> None:
        super().__init__(plan, peer, local)
        self._answering = new_answering(self._framing, reply, self)
        # What ended it from our side, when that was no clean end.
        self._error: WiretalkError | None = None
        self._finished_by_peer = False
        self.attach(channel)
        channel.on_over = self._end

    @property
    def messages_received(self) -> int:
        """Messages received so far: handed to the function."""
        return self._answering.received

    @property
    def messages_sent(self) -> int:
        """Messages sent so far."""
        return self._answering.sent

    def _end(self, error: WiretalkError | None) -> None:
        self._set_ending(error or self._error, "peer" if self._finished_by_peer else "us")

    def run(self) -> None:
        """Answer until the peer has finished, or something ends it; then `close` is to be called.

        Raises:
            EndedError, TimedOutError: it broke, or was called off.
        """
        channel = self._transport
        answer = self._answering.answer
        while self._error is None:
            data = channel.receive()
            if data is None:
                self._finish()
                return
            wire = answer(data)
            if wire is not None:
                channel.send(wire)

    def _finish(self) -> None:
        try:
            rest = self._framing.finish()
        except MessageError as error:
            self._error = error
        else:
            self.interrupted(b"", "", None, rest)
        self._finished_by_peer = True

    def interrupted(self, wire: bytes, why: str, error: Exception | None, rest: list[bytes]) -> None:
        """See `framing.answering.Owner`: send what is owed, which waits for the peer, and go on."""
        while True:
            if wire:
                self._transport.send(wire)
            if why or not rest:
                break
            wire, why, error, rest = self._answering.ask(rest, error)
        if error is not None:
            self._error = told(error, why, self.peer, log())
            self.leaving = leaving_for(self._error)

    def close(self) -> None:
        """End in good order."""
        self._transport.close()

    def hang_up(self) -> None:
        """Let the thread that answers leave with a ClosedError and close."""
        self._transport.call_off(ClosedError(self.peer, Ending("closed", "us")))


class ReplyDatagrams:
    """One datagram socket whose messages a function answers: no state a peer, so no number of peers costs anything.

    Args:
        listener: the socket; owned from now on.
        plan: codec and limits.
        reply: a function of a message's bytes.
    """

    def __init__(self, listener: Listener, plan: Plan, reply: Reply, gate: Gate | None = None) -> None:
        self.plan = plan
        self._gate = gate
        self.local = told_address(listener.address)
        self.bytes_received = 0
        self.bytes_sent = 0
        self.messages_received = 0
        self.messages_sent = 0
        self._listener = listener
        self._reply = reply
        self._encode = plan.new_framing().encode
        self._bell = Bell()
        self._closing = False
        self._read_bytes = read_bytes(listener.sock, plan.limits.max_message_bytes)
        self._thread = threading.Thread(target=self._run, name=f"wiretalk {self.local}", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and close the socket; waits for the answer that is being made, but for no slow one."""
        self._closing = True
        self._bell.ring()
        if self._thread.ident is None:
            self._listener.close()
        elif self._thread is not threading.current_thread():
            self._thread.join(2 * ANSWER_GRACE_S)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._listener, READABLE)
        poll.register(self._bell, READABLE)
        try:
            while not self._closing:
                poll.poll()
                self._answer_all()
        finally:
            self._listener.close()
            self._bell.close()

    def _answer_all(self) -> None:
        maximum = self.plan.limits.max_message_bytes
        for _ in range(DATAGRAMS_A_WAKE):
            if self._closing:
                return
            try:
                data, sockaddr = self._listener.sock.recvfrom(self._read_bytes)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                # The network's answer to something sent before.
                log().warning("%s", explain(error, self.local, "receive"))
                return
            if len(data) > maximum:
                reason = "a datagram longer than the limit was dropped"
                log().warning("%s: %s", self.local, LimitError("max_message_bytes", maximum, reason))
                continue
            if self._gate is not None and self._gate.refuses_datagram(sockaddr):
                continue
            self.bytes_received += len(data)
            self.messages_received += 1
            self._answer(data, sockaddr)

    def _answer(self, data: bytes, sockaddr: Any) -> None:
        try:
            answer = self._reply(data)
            if answer is None:
                return
            if not sockaddr:
                log().warning("%s: a peer without an address cannot be answered", self.local)
                return
            self._send(self._encode(answer), sockaddr)
        except (CodecError, OpenError, TimedOutError, LimitError, MessageError) as error:
            log().warning("%s: %s: %s", self.local, sockaddr, error)
        except Exception:  # noqa: BLE001  # whatever a handler raises ends its own conversation and nothing else
            log().exception("%s: the reply function failed for %s", self.local, sockaddr)

    def _send(self, wire: bytes, sockaddr: Any) -> None:
        sock = self._listener.sock
        deadline: Deadline | None = None
        while True:
            try:
                sock.sendto(wire, sockaddr)
            except (BlockingIOError, InterruptedError):
                deadline = deadline or Deadline(ANSWER_GRACE_S)
                if deadline.left_s() == 0:
                    peer = name(sockaddr, self.plan.address.scheme)
                    raise TimedOutError(peer, "send", deadline.seconds, len(wire)) from None
                self._wait_for_room(deadline)
            except OSError as error:
                raise explain(error, self.local, "send", sock=sock) from None
            else:
                self.bytes_sent += len(wire)
                self.messages_sent += 1
                return

    def _wait_for_room(self, deadline: Deadline) -> None:
        if self.plan.address.scheme == "unixgram":
            time.sleep(UNIX_ROOM_LOOK_S)
            return
        poll = select.poll()
        poll.register(self._listener, WRITABLE)
        poll.poll(milliseconds(deadline.left_s()))
