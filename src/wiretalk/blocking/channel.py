"""A connected stream socket for threads that wait: bytes in when asked for, bytes out until the system has taken them.

One thread may receive while another sends and a third closes. The rules that make that safe:

- The socket never blocks; whoever waits polls for it and for the bell, which rings once somebody calls the waits off.
- What is to be sent goes out in the order in which it was given, under one lock. What the system did not take in time
  is held, and goes out before anything else.
- The file descriptor is given back by the last thread that uses it: one that is closed under a thread's feet could
  be another connection's by the time that thread reads from it.

What messages are, and what to do about an error, is decided above.
"""

from __future__ import annotations

import select
import socket
from _thread import RLock, allocate_lock
from collections import deque
from errno import EMSGSIZE
from itertools import islice

from wiretalk.blocking.waiting import NEVER, READABLE, WRITABLE, Bell, Deadline, milliseconds
from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, LimitError, ResetError, TimedOutError, WiretalkError
from wiretalk.limits import CLOSE_TIMEOUT_S, LINGER_BYTES, LINGER_S, READ_BYTES
from wiretalk.transport import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.transport.tls import TlsFacts

PIECES_A_SEND = 64
"""Pieces handed to one sendmsg; well under every system's IOV_MAX."""


class Channel:
    """Carry the bytes of one connected stream socket.

    Args:
        sock: a connected, non-blocking stream socket; owned by the channel from now on.
        peer: the peer's name, for errors.
        bell: one that is nobody else's; None: a new one.

    Attributes:
        backlog_bytes: bytes given to `send` that the system has not taken.
        broken: why nothing can be sent any more, while there may still be something to receive.
        over: whether it is over, both ways.
        read_bytes: how much is asked of the system in one read.
        on_over: called once, by whichever thread ends it, with the reason; None: in good order.
        look_idle: called by a waiting thread now and then, if `look_s` says how often.
    """

    __slots__ = (
        "_bell",
        "_closing",
        "_eager",
        "_ended",
        "_finished",
        "_finishing",
        "_for_input",
        "_held",
        "_off",
        "_sending",
        "_state",
        "_users",
        "_watches_output",
        "backlog_bytes",
        "broken",
        "bytes_received",
        "bytes_sent",
        "look_idle",
        "look_s",
        "on_over",
        "over",
        "peer",
        "read_bytes",
        "sock",
    )

    _empty_is_end = True

    def __init__(self, sock: socket.socket, peer: str, bell: Bell | None = None) -> None:
        try:
            self._bell = bell or Bell()
        except OSError as error:
            sock.close()
            raise explain(error, peer, "open") from error
        self.sock = sock
        self.peer = peer
        self.bytes_received = 0
        self.bytes_sent = 0
        self.backlog_bytes = 0
        self.broken: WiretalkError | None = None
        self.over = False
        self.read_bytes = READ_BYTES
        self.on_over: Callable[[WiretalkError | None], None] | None = None
        self.look_idle: Callable[[], None] | None = None
        self.look_s: float | None = None
        self._held: deque[bytes | memoryview] = deque()
        # Guards what several threads change. Reentrant, since a signal handler may abort in the midst of it.
        self._state = RLock()
        # Held by who sends.
        self._sending = allocate_lock()
        # Threads that use the file descriptors now.
        self._users = 0
        # Why everybody who waits is to leave.
        self._off: WiretalkError | None = None
        self._ended = False
        self._finishing = False
        self._finished = False
        self._closing = False
        # Whether the last read filled its buffer, so that the next one will hardly have to wait.
        self._eager = False
        self._watches_output = False
        self._for_input = self._poll_for(READABLE)

    @property
    def tls(self) -> TlsFacts | None:
        """What TLS agreed on; None where there is none."""
        return None

    def _poll_for(self, events: int) -> select.poll:
        poll = select.poll()
        poll.register(self.sock, events)
        poll.register(self._bell, READABLE)
        return poll

    # using the file descriptors

    def _enter(self) -> None:
        with self._state:
            if self._off is not None:
                raise self.why()
            self._users += 1

    def _leave(self) -> None:
        with self._state:
            self._users -= 1
            last = self.over and not self._users
        if last:
            self._release()

    def _release(self) -> None:
        self.sock.close()
        self._bell.close()

    def why(self) -> WiretalkError:
        """Return why nobody can wait here any more, ready to be raised (again)."""
        off = self._off or ClosedError(self.peer, Ending("closed", "us"))
        # Raising one error time and again would lengthen its traceback each time.
        return off.with_traceback(None)

    def call_off(self, error: WiretalkError) -> None:
        """Let every thread that waits here leave with this error, now and from now on. Nothing is closed by it."""
        with self._state:
            if self._off is None:
                self._off = error
                self._bell.ring()

    # receiving

    def receive(self, deadline: Deadline = NEVER) -> bytes | None:
        """Wait for bytes and return them; None: the peer has finished.

        Raises:
            TimedOutError: none came in time (wait "receive"); it goes on.
            EndedError, TimedOutError: it is over, or was called off.
        """
        self._enter()
        try:
            while True:
                if not self._eager:
                    self._wait_for_input(deadline)
                data = self._read()
                if data is None:
                    continue
                if data or not self._empty_is_end:
                    return data
                if self.broken is not None:
                    # A send failed before: what the peer had sent by then has been received, and now it is over.
                    raise self._fail(self.broken)
                return None
        finally:
            self._leave()

    def _read(self) -> bytes | None:
        """Return what is there, b"" at the end of input, None if nothing is."""
        data = self._take()
        if data:
            self.bytes_received += len(data)
        return data

    def _take(self) -> bytes | None:
        """As `_read`, straight from the system."""
        try:
            data = self.sock.recv(self.read_bytes)
        except (BlockingIOError, InterruptedError):
            self._eager = False
            return None
        except OSError as error:
            raise self._fail(self.broken or explain(error, self.peer, "receive")) from None
        self._eager = len(data) == self.read_bytes
        return data

    def settle(self) -> None:
        """Take note that the end of input has been dealt with: it is over if we have finished too."""
        with self._state:
            self._ended = True
            over = self._finished or self.broken is not None
        if over:
            self._end(self.broken)

    def _wait_for_input(self, deadline: Deadline) -> None:
        while True:
            if self._held and self._sending.acquire(blocking=False):
                # What an earlier send could not wait for.
                try:
                    self._send_on()
                except WiretalkError:
                    # It is noted, and told by the next send, or once all that came has been received.
                    pass
                finally:
                    self._sending.release()
            watches = bool(self._held) and self.broken is None
            if watches != self._watches_output:
                self._watches_output = watches
                self._for_input.modify(self.sock, READABLE | (WRITABLE if watches else 0))
            events = self._poll(self._for_input, deadline)
            if not events and deadline.left_s() == 0:
                raise TimedOutError(self.peer, "receive", deadline.seconds)
            if events & ~WRITABLE:
                return

    def _poll(self, poll: select.poll, deadline: Deadline) -> int:
        """Wait until the socket is ready, the deadline has passed, or it is time to look; return the events.

        Raises:
            WiretalkError: somebody called it off.
        """
        ready = poll.poll(milliseconds(deadline.within(self.look_s).left_s()))
        if self._off is not None:
            raise self.why()
        if not ready:
            if self.look_idle is not None:
                self.look_idle()
                if self._off is not None:
                    raise self.why()
            return 0
        return ready[0][1]

    # sending

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
        if self._held:
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
                for_output = for_output or self._poll_for(WRITABLE)
                if not self._poll(for_output, deadline) and deadline.left_s() == 0:
                    raise TimedOutError(self.peer, "send", deadline.seconds, self.backlog_bytes)
        finally:
            self._sending.release()

    def _send_on(self) -> bool:
        """Send of what is held as much as the system takes; return whether that was all. Under the sending lock."""
        while self._held:
            if self.broken is not None:
                raise self.broken.with_traceback(None)
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
            while sent:
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
            self._put(data)
            return True
        finally:
            self._leave()

    def called_off_within(self, seconds: float) -> bool:
        """Wait so long, or until the waits are called off; return whether they are."""
        self._enter()
        try:
            return self._bell.wait(seconds)
        finally:
            self._leave()

    def readable(self) -> bool:
        """Return whether something has come that nobody has taken."""
        self._enter()
        try:
            return self._await(READABLE, Deadline(0))
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
        if self._ended:
            self._end(self.broken)
        return self.broken

    # ending

    def half_close(self) -> None:
        """Send what is held and then the end of our input; receiving goes on."""
        with self._state:
            if self._finishing or self._off is not None:
                return
            self._finishing = True
        self._enter()
        try:
            self._finish()
            self._flush(NEVER)
            self._shut_down()
        finally:
            self._leave()

    def _finish(self) -> None:
        """Hold what the protocol on the socket says at its end."""

    def _shut_down(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.broken = self.broken or explain(error, self.peer, "send")
        with self._state:
            self._finished = True
            over = self._ended
        if over:
            self._end(self.broken)

    def close(self) -> None:
        """Send what is held, then end both directions in good order. A second call does nothing."""
        with self._state:
            if self.over or self._closing:
                return
            self._closing = True
            self._users += 1
        try:
            self.call_off(ClosedError(self.peer, Ending("closed", "us", unsent_bytes=self.backlog_bytes)))
            deadline = Deadline(CLOSE_TIMEOUT_S)
            # Whoever is sending leaves at once, unless it is this very thread, interrupted by a signal handler.
            if not self._sending.acquire(timeout=deadline.for_lock_s()):
                self.abort(TimedOutError(self.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes))
                return
            try:
                self._close(deadline)
            finally:
                self._sending.release()
        finally:
            self._leave()

    def _close(self, deadline: Deadline) -> None:
        if not self._finishing and self.broken is None:
            self._finish()
        try:
            while not self._send_on():
                if not self._await(WRITABLE, deadline):
                    self.abort(TimedOutError(self.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes))
                    return
            self._linger()
        except WiretalkError as error:
            self._end(error)
            return
        self._end(self.broken)

    def _await(self, events: int, deadline: Deadline) -> bool:
        """Wait for the socket although the bell rings; return whether it is ready."""
        poll = select.poll()
        poll.register(self.sock, events)
        return bool(poll.poll(milliseconds(deadline.left_s())))

    def _linger(self) -> None:
        """Let a reset not overtake our last bytes.

        A socket closed with input unread answers with RST, and the peer may lose what it had not read yet. So the
        end is sent first, and a peer still sending is listened to for a moment.
        """
        unread = 0
        deadline = NEVER
        try:
            if not self._finished:
                self.sock.shutdown(socket.SHUT_WR)
            while deadline.left_s() != 0:
                try:
                    data = self.sock.recv(READ_BYTES)
                except (BlockingIOError, InterruptedError):
                    if not unread:
                        return
                    deadline = deadline.within(LINGER_S)
                    self._await(READABLE, deadline)
                    continue
                if not data:
                    return
                unread += len(data)
                if unread >= LINGER_BYTES:
                    deadline = deadline.within(LINGER_S)
        except OSError:
            # The peer is gone already: nothing can be lost to it any more.
            return

    def abort(self, error: WiretalkError | None = None) -> None:
        """End at once: what is held is dropped, a TCP peer sees a reset. Never waits; a signal handler may call it."""
        if not self.over:
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            except OSError:
                # Not a socket that lingers (a Unix one on some systems), or closed meanwhile: that is abrupt enough.
                pass
        self._end(error)

    def _fail(self, error: WiretalkError) -> WiretalkError:
        """It is over because of this error; return it, or what had ended it before, to be raised."""
        if self._off is not None:
            return self.why()
        self._end(error)
        return error

    def _end(self, error: WiretalkError | None) -> None:
        """It is over; who still waits is told. The file descriptors go with their last user."""
        with self._state:
            if self.over:
                return
            self.over = True
            self._off = error or self._off or ClosedError(self.peer, Ending("closed", "us"))
            self._bell.ring()
            self._held.clear()
            unused = not self._users
        if self.on_over is not None:
            self.on_over(error)
        if unused:
            self._release()
