"""Sending from several threads through one socket: in the order in which it was given, until the system has taken it.

What the system did not take in time is held, and goes out before anything else: a stream that has lost a part of a
message is worth nothing.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from errno import EMSGSIZE
from itertools import islice

from wiretalk.blocking.lifeline import Lifeline
from wiretalk.blocking.waiting import NEVER, WRITABLE, Deadline
from wiretalk.errors import LimitError, ResetError, TimedOutError, WiretalkError
from wiretalk.transport import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import select
    import socket

    from wiretalk.blocking.waiting import Bell

PIECES_A_SEND = 64
"""Pieces handed to one sendmsg; well under every system's IOV_MAX."""


class Outlet(Lifeline):
    """The sending half of a channel.

    Attributes:
        backlog_bytes: bytes given to `send` that the system has not taken.
        broken: why nothing can be sent any more, while there may still be something to receive.
        bytes_sent: bytes the system has taken.
    """

    __slots__ = ("_held", "_sending", "backlog_bytes", "broken", "bytes_sent")

    _room_look_s: float | None = None
    """Where the system does not tell when there is room again: how often to try."""

    def __init__(self, sock: socket.socket, peer: str, bell: Bell | None = None) -> None:
        super().__init__(sock, peer, bell)
        self.bytes_sent = 0
        self.backlog_bytes = 0
        self.broken: WiretalkError | None = None
        self._held: deque[bytes | memoryview] = deque()
        # Held by who sends.
        self._sending = allocate_lock()

    def send(self, data: bytes, deadline: Deadline = NEVER) -> None:
        """Send all of `data`: return when the system has taken it.

        Raises:
            TimedOutError: not in time (wait "send"); what is left is held, and goes out before anything else.
            EndedError, TimedOutError: it is over, called off or broken.
        """
        self._enter()
        try:
            if self._put(data):
                self._flush(deadline)
        finally:
            self._leave()

    def _put(self, data: bytes) -> bool:
        """Send at once what the system takes and hold the rest; return whether anything is held."""
        if self.broken is not None:
            raise self.broken.with_traceback(None)
        if not self._sending.acquire(blocking=False):
            self._hold(data)
            return True
        try:
            if self._held:
                self._hold(data)
                return True
            try:
                sent = self._transmit(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                raise self._break(error, len(data)) from None
            self.bytes_sent += sent
            if sent < len(data):
                with self._state:
                    # In front of what other threads gave meanwhile.
                    self._held.appendleft(memoryview(data)[sent:] if sent else data)
                    self.backlog_bytes += len(data) - sent
                return True
            return False
        finally:
            self._sending.release()

    def _transmit(self, data: bytes) -> int:
        return self.sock.send(data)

    def _transmit_held(self) -> int:
        return self.sock.sendmsg(list(islice(self._held, PIECES_A_SEND)))

    def _hold(self, data: bytes) -> None:
        with self._state:
            self._held.append(data)
            self.backlog_bytes += len(data)

    def flush(self, deadline: Deadline = NEVER) -> None:
        """Wait until the system has taken all that was given to `send`. Raises as `send` does."""
        if self._held or self.broken is not None:
            self._enter()
            try:
                self._flush(deadline)
            finally:
                self._leave()

    def _flush(self, deadline: Deadline) -> None:
        if not self._sending.acquire(timeout=deadline.for_lock_s()):
            raise TimedOutError(self.peer, "send", deadline.seconds, self.backlog_bytes)
        try:
            for_output: select.poll | None = None
            while not self._send_on():
                for_output = for_output or self._poll_for(WRITABLE if self._room_look_s is None else 0)
                if not self._poll(for_output, deadline.within(self._room_look_s)) and deadline.left_s() == 0:
                    raise TimedOutError(self.peer, "send", deadline.seconds, self.backlog_bytes)
        finally:
            self._sending.release()
            self._hand_over()

    def _hand_over(self) -> None:
        """What is still held is sent by whoever waits here: let him look."""
        if self._held:
            self._bell.ring()

    def _send_on(self) -> bool:
        """Send of what is held as much as the system takes; return whether that was all. Under the sending lock."""
        if self.broken is not None:
            raise self.broken.with_traceback(None)
        while self._held:
            try:
                sent = self._transmit_held()
            except (BlockingIOError, InterruptedError):
                return False
            except OSError as error:
                raise self._break(error, 0) from None
            self._drop_sent(sent)
        return True

    def _count_sent(self, sent: int) -> None:
        self.bytes_sent += sent

    def _drop_sent(self, sent: int) -> None:
        self._count_sent(sent)
        with self._state:
            self.backlog_bytes -= sent
            held = self._held
            # Another thread may have ended it meanwhile, and dropped what was held.
            while sent and held:
                length = len(held[0])
                if length > sent:
                    held[0] = memoryview(held[0])[sent:]
                    break
                held.popleft()
                sent -= length

    def try_send(self, data: bytes) -> bool:
        """Send `data` if nobody else is sending and nothing is held; return whether it was. Never waits."""
        self._enter()
        try:
            if self._held or self._sending.locked():
                return False
            if self._put(data) and self._sending.acquire(blocking=False):
                try:
                    self._send_on()
                finally:
                    self._sending.release()
            self._hand_over()
            return True
        finally:
            self._leave()

    def _break(self, error: OSError, unsent: int) -> WiretalkError:
        """Sending failed. What the peer sent before it broke off can still be received."""
        told = explain(error, self.peer, "send", sock=self.sock)
        if isinstance(told, LimitError):
            # Too long a message, or no memory: this one was not sent, and the next may be.
            if not unsent and error.errno == EMSGSIZE:
                self._drop_sent(len(self._held[0]))
            return told
        with self._state:
            if self.broken is None:
                self.broken = told
                self.backlog_bytes += unsent
                if isinstance(self.broken, ResetError):
                    self.broken.ending.unsent_bytes = self.backlog_bytes
            self._held.clear()
        self._broken()
        return self.broken

    def _broken(self) -> None:
        """Nothing can be sent any more, which may be the end of it."""

    def _end(self, error: WiretalkError | None) -> None:
        super()._end(error)
        with self._state:
            self._held.clear()
