"""A connection of the event loop, used by threads that wait: for what only the asyncio face has, which is layers.

The loop has a thread of its own. What is here has the names and the promises of `wiretalk.blocking.Connection`, as far
as a talk needs them.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, Future

from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, FinishedError
from wiretalk.runtime import connect, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.conversing import Conversation
    from wiretalk.layer import Layering
    from wiretalk.limits import Limits
    from wiretalk.runtime import Connection


class LoopedConnection:
    """One conversation, opened; its loop ends when it is closed.

    Args:
        address: whom to talk to; the other arguments are those of `wiretalk.connect`.

    Raises: as `wiretalk.connect` does when it is opened.
    """

    def __init__(
        self,
        address: Address,
        *,
        framing: str | None,
        limits: Limits,
        timeout_s: float | None,
        trace: Callable[[str], None] | None,
        layers: tuple[Layering, ...],
    ) -> None:
        self._connector = connect(
            address, framing=framing, limits=limits, timeout_s=timeout_s, trace=trace, layers=layers
        )
        self._loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]  # its thread makes it
        self._left: asyncio.Event = None  # type: ignore[assignment]  # likewise
        self._lock = threading.Lock()
        self._waiting: set[Future[Any]] = set()
        self._off = False
        self._closed = False
        opened: Future[Connection] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="wiretalk-loop", daemon=True)
        self._thread.start()
        self._connection = opened.result()

    def _run(self, opened: Future[Connection]) -> None:
        run(self._hold(opened))

    async def _hold(self, opened: Future[Connection]) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = asyncio.Event()
        try:
            connection = await self._connector
        except BaseException as error:  # noqa: BLE001  # raised again by who asked
            opened.set_exception(error)
            return
        opened.set_result(connection)
        await self._left.wait()

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the loop, and wait for what it returns.

        Raises:
            ClosedError: the wait was called off.
        """
        with self._lock:
            if self._off:
                coroutine.close()
                raise self._why()
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
            self._waiting.add(future)
        try:
            return future.result()
        except CancelledError:
            raise self._why() from None
        finally:
            with self._lock:
                self._waiting.discard(future)

    def _why(self) -> ClosedError:
        return ClosedError(self.peer, Ending("closed", "us", unsent_bytes=self._connection.unsent_bytes))

    @property
    def peer(self) -> str:
        """The peer's address, as text."""
        return self._connection.peer

    @property
    def ending(self) -> Ending | None:
        """How it ended, or None while it goes on."""
        return self._connection.ending

    @property
    def conversation(self) -> Conversation:
        """Its facts."""
        return self._connection

    def as_dict(self) -> dict[str, Any]:
        """Return the facts for JSON."""
        return self._connection.as_dict()

    def receive(self, *, timeout_s: float | None = None) -> Any:
        """See `wiretalk.blocking.Connection.receive`."""
        return self._wait(self._connection.receive(timeout_s=timeout_s))

    def __iter__(self) -> Iterator[Any]:
        while True:
            try:
                message = self.receive()
            except FinishedError:
                return
            yield message

    def send(self, message: Any) -> None:
        """See `wiretalk.blocking.Connection.send`."""
        self._wait(self._connection.send(message))

    def send_all(self, messages: list[Any]) -> None:
        """See `wiretalk.blocking.Connection.send_all`."""
        self._wait(self._connection.send_all(messages))

    def half_close(self) -> None:
        """See `wiretalk.blocking.Connection.half_close`."""
        self._wait(self._connection.half_close())

    def hang_up(self) -> None:
        """Let every thread that waits here leave with a ClosedError; whoever holds the connection then closes it."""
        with self._lock:
            self._off = True
            waiting = list(self._waiting)
        for future in waiting:
            future.cancel()

    def close(self) -> None:
        """See `wiretalk.blocking.Connection.close`; the loop ends with it."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._off = True
        try:
            asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._left.set)
            self._thread.join()
