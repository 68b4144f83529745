"""Connect to the first of several addresses that answers, as RFC 8305 (Happy Eyeballs, version 2) says.

Each address gets a head start over the next; the first to connect wins and the others are closed. One thread, one poll.
"""

from __future__ import annotations

import select

from wiretalk.blocking.waiting import WRITABLE, Deadline, milliseconds
from wiretalk.errors import OpenError, TimedOutError, WiretalkError
from wiretalk.limits import ATTEMPT_DELAY_S
from wiretalk.transport import finish_connect, open_socket, shown, start_connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from wiretalk.transport import Candidate

    Trace = Callable[[str], None]

BACKLOG_RETRY_S = 0.02
"""A Unix server's backlog is full, and the system does not tell when it no longer is: the pause before asking again."""


def connect_first(candidates: list[Candidate], trace: Trace, deadline: Deadline) -> tuple[socket.socket, Candidate]:
    """Return a connected socket and the candidate it is connected to.

    Args:
        candidates: in the order in which they are tried, families interleaved.
        trace: told what is tried and what failed.
        deadline: until when.

    Raises:
        OpenError: none could be connected to; it names what happened to each.
        TimedOutError: the deadline has passed (wait "connect").
    """
    race = _Race(candidates, trace)
    try:
        while (won := race.step(deadline)) is None:
            if deadline.left_s() == 0:
                raise TimedOutError(shown(candidates[0].address), "connect", deadline.seconds)
        return won
    finally:
        race.abandon()


class _Race:
    """The attempts under way, by file descriptor."""

    def __init__(self, candidates: list[Candidate], trace: Trace) -> None:
        self._address = shown(candidates[0].address)
        self._waiting = list(candidates)
        self._trace = trace
        self._running: dict[int, tuple[socket.socket, Candidate]] = {}
        self._queued: list[tuple[socket.socket, Candidate]] = []
        self._failed: list[WiretalkError] = []
        self._poll = select.poll()
        self._next = Deadline(0)

    def step(self, deadline: Deadline) -> tuple[socket.socket, Candidate] | None:
        """Start what is due, wait for what is under way; return the winner, if there is one now."""
        if self._waiting and (self._next.left_s() == 0 or not self._running):
            self._next = Deadline(ATTEMPT_DELAY_S)
            won = self._start(self._waiting.pop(0))
            if won is not None:
                return won
        for sock, candidate in self._take_queued():
            won = self._connect(sock, candidate)
            if won is not None:
                return won
        if not self._running and not self._queued:
            if not self._waiting:
                raise self._together()
            return None
        wait = deadline
        if self._waiting:
            wait = wait.within(self._next.left_s())
        if self._queued:
            wait = wait.within(BACKLOG_RETRY_S)
        for fd, _ in self._poll.poll(milliseconds(wait.left_s())):
            won = self._finish(fd)
            if won is not None:
                return won
        return None

    def _take_queued(self) -> list[tuple[socket.socket, Candidate]]:
        queued, self._queued = self._queued, []
        return queued

    def _start(self, candidate: Candidate) -> tuple[socket.socket, Candidate] | None:
        self._trace(f"connecting to {candidate}")
        try:
            sock = open_socket(candidate)
        except OpenError as error:
            self._lose(error)
            return None
        return self._connect(sock, candidate)

    def _connect(self, sock: socket.socket, candidate: Candidate) -> tuple[socket.socket, Candidate] | None:
        try:
            connected = start_connect(sock, candidate)
        except BaseException as error:
            sock.close()
            if not isinstance(error, OpenError | TimedOutError):
                raise
            self._lose(error)
            return None
        if connected:
            return sock, candidate
        if connected is None:
            self._queued.append((sock, candidate))
        else:
            self._running[sock.fileno()] = sock, candidate
            self._poll.register(sock, WRITABLE)
        return None

    def _finish(self, fd: int) -> tuple[socket.socket, Candidate] | None:
        sock, candidate = self._running.pop(fd)
        self._poll.unregister(fd)
        try:
            finish_connect(sock, candidate)
        except BaseException as error:
            sock.close()
            if not isinstance(error, OpenError | TimedOutError):
                raise
            self._lose(error)
            return None
        return sock, candidate

    def _lose(self, error: WiretalkError) -> None:
        self._trace(str(error))
        self._failed.append(error)

    def _together(self) -> WiretalkError:
        if len(self._failed) == 1:
            return self._failed[0]
        from wiretalk.conversing import together

        return together(self._address, self._failed)

    def abandon(self) -> None:
        """Close what has not won."""
        for sock, _ in [*self._running.values(), *self._queued]:
            sock.close()
