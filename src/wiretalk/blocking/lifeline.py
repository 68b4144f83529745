"""What several threads share that use one socket: who uses it, why they are to leave, and who gives it back.

A file descriptor that is closed under a thread's feet could be another connection's by the time that thread reads from
it. So the last one who uses it closes it, and a bell, which whoever waits polls as well, tells them to leave.
"""

from __future__ import annotations

import select
from _thread import RLock

from wiretalk.blocking.waiting import READABLE, SIGNAL_LOOK_S, Bell, Deadline, milliseconds
from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, WiretalkError
from wiretalk.transport import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


class Lifeline:
    """One socket's life among threads.

    Args:
        sock: the socket, non-blocking; owned from now on.
        peer: the peer's name, for errors.
        bell: one that is nobody else's; None: a new one.

    Attributes:
        over: whether it is over, both ways.
        on_over: called once, by whichever thread ends it, with the reason; None: in good order. It must not wait.
        look_idle: called by a waiting thread now and then, if `look_s` says how often.

    Raises:
        LimitError: out of file descriptors.
    """

    __slots__ = ("_bell", "_off", "_state", "_users", "look_idle", "look_s", "on_over", "over", "peer", "sock")

    def __init__(self, sock: socket.socket, peer: str, bell: Bell | None = None) -> None:
        try:
            self._bell = bell or Bell()
        except OSError as error:
            sock.close()
            raise explain(error, peer, "open") from error
        self.sock = sock
        self.peer = peer
        self.over = False
        self.on_over: Callable[[WiretalkError | None], None] | None = None
        self.look_idle: Callable[[], None] | None = None
        self.look_s: float | None = None
        # Guards what several threads change. Reentrant, since a signal handler may abort in the midst of it.
        self._state = RLock()
        # Threads that use the file descriptors now.
        self._users = 0
        # Why everybody who waits is to leave.
        self._off: WiretalkError | None = None

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

    def called_off_within(self, seconds: float) -> bool:
        """Wait so long, or until the waits are called off; return whether they are."""
        deadline = Deadline(seconds)
        self._enter()
        try:
            while self._off is None and self._bell.wait(deadline.left_s()):
                self._hear_bell()
            return self._off is not None
        finally:
            self._leave()

    def _hear_bell(self) -> None:
        """Let it ring on only if the waits are called off; else it was for whoever waits to look again."""
        if not self._is_off():
            self._bell.clear()
            if self._is_off():
                # Called off at this very moment, and others have to hear it too.
                self._bell.ring()

    def _is_off(self) -> bool:
        return self._off is not None

    # waiting

    def _poll_for(self, events: int) -> select.poll:
        poll = select.poll()
        poll.register(self.sock, events)
        poll.register(self._bell, READABLE)
        return poll

    def _poll(self, poll: select.poll, deadline: Deadline) -> int:
        """Wait until the socket is ready, the deadline has passed, or it is time to look; return the socket's events.

        Raises:
            WiretalkError: somebody called it off.
        """
        ready = poll.poll(milliseconds(deadline.within(self.look_s).within(SIGNAL_LOOK_S).left_s()))
        events = 0
        for fd, seen in ready:
            if fd == self._bell.fileno():
                self._hear_bell()
            else:
                events = seen
        if self._off is not None:
            raise self.why()
        if not ready and self.look_idle is not None:
            self.look_idle()
            if self._off is not None:
                raise self.why()
        return events

    def _await(self, events: int, deadline: Deadline) -> bool:
        """Wait for the socket although the bell rings; return whether it is ready."""
        poll = select.poll()
        poll.register(self.sock, events)
        return bool(poll.poll(milliseconds(deadline.left_s())))

    def _end(self, error: WiretalkError | None) -> None:
        """It is over; who still waits is told. The file descriptors go with their last user."""
        with self._state:
            if self.over:
                return
            self.over = True
            self._off = error or self._off or ClosedError(self.peer, Ending("closed", "us"))
            self._bell.ring()
            unused = not self._users
            if self.on_over is not None:
                self.on_over(error)
        if unused:
            self._release()
