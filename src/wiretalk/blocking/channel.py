"""A connected stream socket for threads that wait: bytes in when asked for, bytes out until the system has taken them.

One thread may receive while another sends and a third closes. The rules that make that safe:

- The socket never blocks; whoever waits polls for it and for the bell, which rings once somebody calls the waits off.
- What is to be sent goes out in the order in which it was given, under one lock. What the system did not take in time
  is held, and goes out before anything else.
- The file descriptor is given back by the last thread that uses it: one that is closed under a thread's feet could
  be another connection's by the time that thread reads from it.

Leaving is in `lifeline`, sending in `outlet`, receiving and ending here. What messages are, and what to do about an
error, is decided above.
"""

from __future__ import annotations

import socket
import time

from wiretalk.blocking.outlet import Outlet
from wiretalk.blocking.waiting import NEVER, READABLE, WRITABLE, Deadline
from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, TimedOutError, WiretalkError
from wiretalk.limits import CLOSE_TIMEOUT_S, LINGER_S, READ_BYTES
from wiretalk.transport import explain, note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.blocking.waiting import Bell
    from wiretalk.transport.tls import TlsFacts


class Channel(Outlet):
    """Carry the bytes of one connected stream socket.

    Args:
        sock: a connected, non-blocking stream socket; owned by the channel from now on.
        peer: the peer's name, for errors.
        bell: one that is nobody else's; None: a new one.

    Attributes:
        bytes_received: bytes taken from the system.
        leaving: why we close, where the peer can be told; see `conversing.Conversation`.
        read_bytes: how much is asked of the system in one read.
        Others: see `Outlet` and `Lifeline`.
    """

    __slots__ = (
        "_closing",
        "_eager",
        "_ended",
        "_finished",
        "_finishing",
        "_for_input",
        "_watches_output",
        "bytes_received",
        "leaving",
        "read_bytes",
    )

    _empty_is_end = True

    def __init__(self, sock: socket.socket, peer: str, bell: Bell | None = None) -> None:
        super().__init__(sock, peer, bell)
        self.bytes_received = 0
        self.leaving = ""
        self.read_bytes = READ_BYTES
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

    def shake_hands(self, deadline: Deadline) -> None:
        """Do the handshake of what is on the stream, within its time; here there is none."""

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
            # While another thread sends, what is held is its business; it rings when it leaves any.
            watches = bool(self._held) and self._sending.acquire(blocking=False) and not self._sent_held()
            if watches != self._watches_output:
                self._watches_output = watches
                self._for_input.modify(self.sock, READABLE | (WRITABLE if watches else 0))
            events = self._poll(self._for_input, deadline)
            if events & ~WRITABLE:
                return
            if not events and deadline.left_s() == 0:
                raise TimedOutError(self.peer, "receive", deadline.seconds)

    def _sent_held(self) -> bool:
        """Send what an earlier send could not wait for; return whether there is nothing left. Frees the lock."""
        try:
            return self._send_on()
        except WiretalkError:
            # It is noted, and told by the next send, or once all that came has been received.
            return True
        finally:
            self._sending.release()

    def readable(self) -> bool:
        """Return whether something has come that nobody has taken."""
        self._enter()
        try:
            return self._await(READABLE, Deadline(0))
        finally:
            self._leave()

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
                if self._room_look_s is not None and deadline.left_s() != 0:
                    time.sleep(self._room_look_s)
                elif not self._await(WRITABLE, deadline):
                    self.abort(TimedOutError(self.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes))
                    return
            self._linger()
        except WiretalkError as error:
            self._end(error)
            return
        self._end(self.broken)

    def _linger(self) -> None:
        """Let a reset not overtake our last bytes.

        A socket closed with input unread, or to come, answers with RST; the peer may then lose what it had not read
        yet, and is told of a reset where all was well. So the end is sent first, and a peer that has not finished is
        listened to for a moment.
        """
        deadline = Deadline(LINGER_S)
        try:
            if not self._finished:
                self.sock.shutdown(socket.SHUT_WR)
            while not self._ended and deadline.left_s() != 0:
                try:
                    if not self.sock.recv(READ_BYTES):
                        return
                except (BlockingIOError, InterruptedError):
                    self._await(READABLE, deadline)
        except OSError as error:
            # The peer is gone already: nothing can be lost to it any more.
            note(error)

    def _say_last(self) -> None:
        """Send what tells the peer what is wrong, and see that a reset does not overtake it."""
        if self._sending.acquire(blocking=False):
            try:
                if self._send_on():
                    self._linger()
            except WiretalkError:
                # The peer is gone; what it did wrong is still the news.
                pass
            finally:
                self._sending.release()

    def abort(self, error: WiretalkError | None = None) -> None:
        """End at once: what is held is dropped, a TCP peer sees a reset. Never waits; a signal handler may call it."""
        if not self.over:
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            except OSError:
                # Not a socket that lingers (a Unix one on some systems), or closed meanwhile: that is abrupt enough.
                pass
        self._end(error)

    def _broken(self) -> None:
        if self._ended:
            self._end(self.broken)

    def _fail(self, error: WiretalkError) -> WiretalkError:
        """It is over because of this error; return it, or what had ended it before, to be raised."""
        if self._off is not None:
            return self.why()
        self._end(error)
        return error
