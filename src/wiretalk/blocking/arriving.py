"""Connections that have been accepted, and say first whose they are (PROXY protocol): each has its time, and no more.

The thread that accepts watches them, so that one that says nothing costs no thread.
"""

from __future__ import annotations

from wiretalk.blocking.logs import log
from wiretalk.blocking.waiting import READABLE, Deadline
from wiretalk.errors import WiretalkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import select
    from typing import Any

    from wiretalk.blocking.accepting import Source, Welcome
    from wiretalk.blocking.waiting import Bell
    from wiretalk.transport.proxy.arrival import Arrival


class Arrivals:
    """The connections of one server whose PROXY header is awaited, by file descriptor.

    Args:
        welcome: called with each whose header has come.
    """

    def __init__(self, welcome: Welcome) -> None:
        self._welcome = welcome
        self._waiting: dict[int, tuple[Arrival, Source, Any, Bell, Deadline]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, fd: int) -> bool:
        return fd in self._waiting

    def left_s(self) -> float | None:
        """Return the seconds until somebody is late; None: nobody will be."""
        return min((one[4].left_s() or 0.0 for one in self._waiting.values()), default=None)

    def take(self, source: Source, sock: Any, sockaddr: Any, bell: Bell, poll: select.poll) -> None:
        """Await the header of one connection; who may not send one is refused at once."""
        from wiretalk.transport.proxy.arrival import Arrival

        try:
            arrival = Arrival(sock, sockaddr, source.plan.address)
        except WiretalkError as error:
            log().warning("%s; refused", error)
            _drop(sock, bell)
            return
        deadline = Deadline(source.plan.limits.tls_handshake_timeout_s)
        self._waiting[sock.fileno()] = arrival, source, sock, bell, deadline
        poll.register(sock, READABLE)

    def readable(self, fd: int, poll: select.poll) -> None:
        """Read on: something has come."""
        arrival, source, sock, bell, _ = self._waiting[fd]
        try:
            if not arrival.step():
                return
        except WiretalkError as error:
            self._forget(fd, poll)
            log().warning("%s: refused: %s", arrival.by, error)
            _drop(sock, bell)
            return
        self._forget(fd, poll)
        try:
            self._welcome(source, sock, arrival.sockaddr, arrival.peer, arrival.local, bell)
        except WiretalkError as error:
            # The system gives no thread for it; the others are still to be heard.
            log().warning("%s: %s; the connection is ended", arrival.peer, error)

    def _forget(self, fd: int, poll: select.poll) -> None:
        del self._waiting[fd]
        poll.unregister(fd)

    def refuse_late(self, poll: select.poll) -> None:
        """Refuse those whose time is up."""
        late = [fd for fd, one in self._waiting.items() if one[4].left_s() == 0]
        for fd in late:
            arrival, _, sock, bell, deadline = self._waiting[fd]
            self._forget(fd, poll)
            log().warning("%s: refused: no PROXY header within %g s", arrival.by, deadline.seconds)
            _drop(sock, bell)

    def close(self) -> None:
        """Await none any more."""
        for _, _, sock, bell, _ in self._waiting.values():
            _drop(sock, bell)
        self._waiting.clear()


def _drop(sock: Any, bell: Bell) -> None:
    from wiretalk.transport import reset

    reset(sock)
    bell.close()
