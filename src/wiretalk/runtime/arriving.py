"""Connections that have been accepted, and say first whose they are (PROXY protocol): each has its time for it."""

from __future__ import annotations

import asyncio
import logging

from wiretalk.errors import WiretalkError
from wiretalk.runtime.ready import ready
from wiretalk.transport import reset
from wiretalk.transport.proxy.arrival import Arrival

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.transport.tls import TlsContext

    Welcome = Callable[[socket.socket, Any, str, str, Plan, TlsContext | None], None]

log = logging.getLogger("wiretalk")


class Arrivals:
    """The connections of one server whose PROXY header is awaited.

    Args:
        welcome: called with each whose header has come: socket, peer's socket address, peer's name, our name, plan and
            TLS context.
        refused: called when one did not get so far.
    """

    def __init__(self, welcome: Welcome, refused: Callable[[], None]) -> None:
        self._welcome = welcome
        self._refused = refused
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, sock: socket.socket, sockaddr: Any, plan: Plan, secure: TlsContext | None) -> None:
        """Await the header of one connection; who may not send one is refused at once."""
        try:
            arrival = Arrival(sock, sockaddr, plan.address)
        except WiretalkError as error:
            log.warning("%s; refused", error)
            reset(sock)
            return
        task = asyncio.get_running_loop().create_task(self._hear(arrival, sock, plan, secure))
        self._tasks.add(task)

    async def _hear(self, arrival: Arrival, sock: socket.socket, plan: Plan, secure: TlsContext | None) -> None:
        why: object = ""
        within_s = plan.limits.tls_handshake_timeout_s
        try:
            async with asyncio.timeout(within_s):
                while not arrival.step():
                    await ready(sock, "read")
        except TimeoutError:
            why = f"no PROXY header within {within_s:g} s"
        except WiretalkError as error:
            why = error
        except BaseException:
            sock.close()
            raise
        finally:
            self._tasks.discard(asyncio.current_task())
        if why:
            log.warning("%s: refused: %s", arrival.by, why)
            reset(sock)
            self._refused()
        else:
            self._welcome(sock, arrival.sockaddr, arrival.peer, arrival.local, plan, secure)

    def close(self) -> None:
        """Await none any more."""
        for task in list(self._tasks):
            task.cancel()
