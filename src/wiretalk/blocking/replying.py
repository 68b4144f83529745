"""Conversations that a function answers, message by message: the fast way.

One read is decoded in one pass, the messages are handed to the function one after another, and the answers leave in
one write. A peer that does not read its answers is not read either, since whoever waits to send does not receive.
"""

from __future__ import annotations

import select
import threading
import time

from wiretalk.blocking.datagram import UNIX_ROOM_LOOK_S, read_bytes
from wiretalk.blocking.logs import log
from wiretalk.blocking.waiting import READABLE, WRITABLE, Bell, Deadline, milliseconds
from wiretalk.conversing import Conversation, leaving_for
from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, CodecError, LimitError, MessageError, OpenError, TimedOutError, WiretalkError
from wiretalk.limits import DATAGRAMS_A_WAKE, READ_BYTES, REPLY_BATCH
from wiretalk.transport import explain, name, told

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

    __slots__ = ("_error", "_finished_by_peer", "_reply")

    _transport: Channel

    def __init__(self, plan: Plan, peer: str, local: str, channel: Channel, reply: Reply) -> None:
        super().__init__(plan, peer, local)
        self._reply = reply
        # What ended it from our side, when that was no clean end.
        self._error: WiretalkError | None = None
        self._finished_by_peer = False
        self.attach(channel)
        channel.on_over = self._end

    def _end(self, error: WiretalkError | None) -> None:
        self._set_ending(error or self._error, "peer" if self._finished_by_peer else "us")

    def run(self) -> None:
        """Answer until the peer has finished, or something ends it; then `close` is to be called.

        Raises:
            EndedError, TimedOutError: it broke, or was called off.
        """
        channel = self._transport
        feed = self._framing.feed
        while self._error is None:
            data = channel.receive()
            try:
                messages = self._framing.finish() if data is None else feed(data)
            except (MessageError, LimitError) as error:
                messages = error.messages
                self._error = error
            self._answer(messages)
            if self._error is not None:
                self.leaving = leaving_for(self._error)
            if data is None:
                self._finished_by_peer = True
                return

    def _answer(self, messages: list[bytes]) -> None:
        gathered: list[bytes] = []
        size = 0
        fault = self._error
        for start in range(0, len(messages), REPLY_BATCH):
            batch = messages[start : start + REPLY_BATCH]
            self.messages_received += len(batch)
            wire = self._batch(batch)
            if wire is not None:
                gathered.append(wire)
                size += len(wire)
            if size > READ_BYTES:
                self._transport.send(b"".join(gathered))
                gathered, size = [], 0
            if self._error is not fault:
                break
        # An empty answer is one where messages are whole.
        if size or (gathered and self.plan.address.kind == "messages"):
            self._transport.send(gathered[0] if len(gathered) == 1 else b"".join(gathered))

    def _batch(self, messages: list[bytes]) -> bytes | None:
        """Return the answers, as they go out; None: there are none."""
        answers: list[bytes] = []
        try:
            # Extending keeps the answers made before a failing one, which are owed to the peer.
            answers.extend(map(self._reply, messages))  # type: ignore[arg-type]  # None is looked for below
        except CodecError as error:
            self._error = error
        except Exception:  # noqa: BLE001  # whatever a handler raises ends its own conversation and nothing else
            log().exception("%s: the reply function failed; the connection is ended", self.peer)
            self._error = WiretalkError("the reply function failed")
        encode_all = self._framing.encode_all
        try:
            try:
                wire = encode_all(answers) if answers else None
            except TypeError:
                answers = [answer for answer in answers if answer is not None]
                wire = encode_all(answers) if answers else None
        except (TypeError, MessageError, LimitError) as error:
            log().error("%s: an answer cannot be sent: %s; the connection is ended", self.peer, error)
            self._error = WiretalkError(f"an answer cannot be sent: {error}")
            return None
        self.messages_sent += len(answers)
        return wire

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
        self.local = told(listener.address)
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
