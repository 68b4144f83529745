"""Accept connections from one listening socket, as many as the limits and the system allow; never spin, never die."""

from __future__ import annotations

import asyncio
import logging

from wiretalk.errors import LimitError, WiretalkError
from wiretalk.limits import ACCEPT_RETRY_S, ACCEPTS_A_WAKE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.transport import Listener

log = logging.getLogger("wiretalk")


class Acceptor:
    """Accept from one listener.

    Args:
        listener: a listening socket; owned from now on.
        adopt: called with each accepted socket and its peer's address.
        full: whether the server is at its limit of connections; asked before each accept.
    """

    __slots__ = ("_adopt", "_full", "_loop", "_out_told", "_reading", "_timer", "listener")

    def __init__(
        self, listener: Listener, adopt: Callable[[Any, Any, Acceptor], None], full: Callable[[], bool]
    ) -> None:
        self.listener = listener
        self._adopt = adopt
        self._full = full
        self._loop = asyncio.get_running_loop()
        self._reading = False
        self._timer: asyncio.TimerHandle | None = None
        self._out_told = False

    def resume(self) -> None:
        """Accept (again)."""
        self._timer = None
        if not self._reading:
            self._reading = True
            self._loop.add_reader(self.listener.fileno(), self._readable)

    def pause(self) -> None:
        """Stop accepting: the kernel holds what its backlog holds, and refuses the rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.listener.fileno())

    def _readable(self) -> None:
        for _ in range(ACCEPTS_A_WAKE):
            if self._full():
                return
            try:
                accepted = self.listener.accept()
            except LimitError as error:
                self._wait_for_room(error)
                return
            except WiretalkError as error:
                log.warning("%s: accepting: %s", self.listener.address, error)
                self._retry_later()
                return
            if accepted is None:
                return
            self._out_told = False
            self._adopt(*accepted, self)

    def _wait_for_room(self, error: LimitError) -> None:
        if not self._out_told:
            self._out_told = True
            log.warning("%s: %s; accepting goes on when there is room", self.listener.address, error)
        self._retry_later()

    def _retry_later(self) -> None:
        # The connection stays in the backlog, so the socket stays readable: wait by the clock, or this would spin.
        self.pause()
        self._timer = self._loop.call_later(ACCEPT_RETRY_S, self.resume)

    def close(self) -> None:
        """Stop for good, and leave no socket file behind."""
        self.pause()
        self.listener.close()
