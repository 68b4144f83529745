"""One thread that accepts at all addresses of a server, hands datagrams to their peers, and looks for idle ones.

It never blocks on a peer, never spins, and never dies of what the system refuses.
"""

from __future__ import annotations

import select
import threading

from wiretalk.blocking.arriving import Arrivals
from wiretalk.blocking.logs import log
from wiretalk.blocking.waiting import READABLE, Bell, Deadline, milliseconds
from wiretalk.errors import LimitError, WiretalkError
from wiretalk.limits import ACCEPT_RETRY_S, ACCEPTS_A_WAKE
from wiretalk.transport import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.blocking.peers import Peers
    from wiretalk.conversing import Plan
    from wiretalk.transport import Listener

    Adopt = Callable[["Source", Any, Any, Bell], None]
    Welcome = Callable[["Source", Any, Any, str, str, Bell], None]


class Source:
    """A listening socket and how its conversations are held.

    Args:
        listener: the socket.
        plan: framing, codec and limits.
        secure: the TLS context, or None.

    Attributes:
        says_first_whose_it_is: whether each connection begins with a PROXY header.
    """

    __slots__ = ("listener", "plan", "says_first_whose_it_is", "secure")

    def __init__(self, listener: Listener, plan: Plan, secure: Any) -> None:
        self.listener = listener
        self.plan = plan
        self.secure = secure
        self.says_first_whose_it_is = bool(listener.address.option("proxy_protocol"))


class Acceptor:
    """Accept from several listeners in one thread.

    Args:
        adopt: called with each accepted socket, its peer's address and a bell for it; it must not wait.
        full: whether the server takes no more connections now; `wake` tells that it may again.
        sweep: called every `sweep_s` seconds.
        sweep_s: see there.
        welcome: called like `adopt`, with the names of the peer and of us, for one that has said by a PROXY header
            whose it is.

    Attributes:
        arrivals: connections whose PROXY header is awaited.
    """

    def __init__(
        self, adopt: Adopt, full: Callable[[], bool], sweep: Callable[[], None], sweep_s: float, welcome: Welcome
    ) -> None:
        self._adopt = adopt
        self.arrivals = Arrivals(welcome)
        self._full = full
        self._sweep = sweep
        self._sweep_s = sweep_s
        self._sources: dict[int, Source] = {}
        self._peers: dict[int, Peers] = {}
        self._bell = Bell()
        # For the next connection, made before it is accepted: without one it could not be held.
        self._spare: Bell | None = None
        self._poll = select.poll()
        self._watching = False
        self._retry: Deadline | None = None
        self._out_told = False
        self._closing = False
        self._deaf = False
        self._deafened = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wiretalk-accept", daemon=True)

    def __len__(self) -> int:
        return len(self._sources) + len(self._peers)

    def add(self, source: Source) -> None:
        """Accept from this one too."""
        self._sources[source.listener.fileno()] = source

    def add_peers(self, peers: Peers) -> None:
        """Hand out the datagrams of this one too."""
        self._peers[peers.fileno()] = peers

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look again whether there is room."""
        self._bell.ring()

    def stop_listening(self) -> None:
        """Accept no more from now on: who comes is refused. Datagrams go on being handed out."""
        self._deaf = True
        self._bell.ring()
        if self._thread.is_alive():
            # A socket is closed only once nobody polls it any more, so the thread that does has to do it.
            self._deafened.wait()

    def _close_listeners(self) -> None:
        for source in self._sources.values():
            source.listener.close()
        self._sources.clear()

    def close(self) -> None:
        """Stop accepting for good, and leave no socket file behind. Datagram sockets stay for their sessions."""
        self._closing = True
        self._bell.ring()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._close_listeners()
        self.arrivals.close()
        if self._spare is not None:
            self._spare.close()

    def _run(self) -> None:
        try:
            self._accept_until_closed()
        finally:
            # Nobody is to wait for a thread that has ended.
            self._deafened.set()

    def _accept_until_closed(self) -> None:
        self._poll.register(self._bell, READABLE)
        for fd in self._peers:
            self._poll.register(fd, READABLE)
        next_sweep = Deadline(self._sweep_s)
        while not self._closing:
            self._watch()
            wait = next_sweep.within(self._retry.left_s() if self._retry is not None else None)
            wait = wait.within(self.arrivals.left_s())
            for fd, _ in self._poll.poll(milliseconds(wait.left_s())):
                if fd == self._bell.fileno():
                    self._bell.clear()
                elif fd in self._peers:
                    self._peers[fd].readable()
                elif fd in self.arrivals:
                    self.arrivals.readable(fd, self._poll)
                else:
                    self._accept(self._sources[fd])
            self.arrivals.refuse_late(self._poll)
            if next_sweep.left_s() == 0:
                self._sweep()
                next_sweep = Deadline(self._sweep_s)

    def _watch(self) -> None:
        """Listen, or do not: at a limit the kernel holds what its backlog holds, and refuses the rest."""
        if self._retry is not None and self._retry.left_s() == 0:
            self._retry = None
        wanted = self._retry is None and not self._deaf and not self._full()
        if wanted != self._watching:
            self._watching = wanted
            for fd in self._sources:
                if wanted:
                    self._poll.register(fd, READABLE)
                else:
                    self._poll.unregister(fd)
        if self._deaf and not self._deafened.is_set():
            self._close_listeners()
            self._deafened.set()

    def _accept(self, source: Source) -> None:
        for _ in range(ACCEPTS_A_WAKE):
            if self._closing or self._deaf or self._retry is not None or self._full():
                return
            try:
                accepted = self._accept_one(source)
            except LimitError as error:
                # The connection stays in the backlog, so the socket stays ready: wait by the clock, or this would spin.
                self._retry = Deadline(ACCEPT_RETRY_S)
                if not self._out_told:
                    self._out_told = True
                    log().warning("%s: %s; accepting goes on when there is room", source.listener.address, error)
                return
            except WiretalkError as error:
                self._retry = Deadline(ACCEPT_RETRY_S)
                log().warning("%s: accepting: %s", source.listener.address, error)
                return
            if not accepted:
                return
            self._out_told = False

    def _accept_one(self, source: Source) -> bool:
        try:
            bell = self._spare = self._spare or Bell()
        except OSError as error:
            raise explain(error, str(source.listener.address), "accept") from error
        accepted = source.listener.accept()
        if accepted is None:
            return False
        self._spare = None
        if source.says_first_whose_it_is:
            self.arrivals.take(source, *accepted, bell, self._poll)
        else:
            self._adopt(source, *accepted, bell)
        return True
