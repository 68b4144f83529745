"""A connection of the event loop, used by threads that wait: for what only the asyncio face has, which is layers.

The loop has a thread of its own. What is here has the names and the promises of `wiretalk.blocking.Connection`, as far
as a talk needs them.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError
from functools import partial

from wiretalk.cli.awaiting import Asked, Once, ask, tell
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
        self._waiting: set[Asked] = set()
        self._off = False
        self._closed = False
        self._opened = Once()
        self._ended = Once()
        self._failure: BaseException | None = None
        threading.Thread(target=self._run, name="wiretalk-loop", daemon=True).start()
        self._opened.wait()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            run(self._hold())
        finally:
            self._ended.happen()

    async def _hold(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = asyncio.Event()
        try:
            self._connection = await self._connector
        except BaseException as error:  # noqa: BLE001  # raised again by who asked
            self._failure = error
            return
        finally:
            self._opened.happen()
        await self._left.wait()

    def _wait(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any, **options: Any) -> Any:
        """Run a coroutine function in the loop, and wait for what it returns.

        Raises:
            ClosedError: the wait was called off.
        """
        if self._off:
            raise self._why()
        asked = Asked(self._loop, partial(function, **options), *arguments)
        self._waiting.add(asked)
        try:
            # No lock, which Ctrl-C could leave behind: `hang_up` says it first, and then looks who waits.
            self._leave_if_off(asked)
            return asked.result()
        except CancelledError:
            raise self._why() from None
        finally:
            self._waiting.discard(asked)

    def _leave_if_off(self, asked: Asked) -> None:
        if self._off:
            asked.cancel()

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
        return self._wait(self._connection.receive, timeout_s=timeout_s)

    def __iter__(self) -> Iterator[Any]:
        while True:
            try:
                message = self.receive()
            except FinishedError:
                return
            yield message

    def send(self, message: Any) -> None:
        """See `wiretalk.blocking.Connection.send`."""
        self._wait(self._connection.send, message)

    def send_all(self, messages: list[Any]) -> None:
        """See `wiretalk.blocking.Connection.send_all`."""
        self._wait(self._connection.send_all, messages)

    def half_close(self) -> None:
        """See `wiretalk.blocking.Connection.half_close`."""
        self._wait(self._connection.half_close)

    def hang_up(self) -> None:
        """Let every thread that waits here leave with a ClosedError; whoever holds the connection then closes it."""
        self._off = True
        for asked in list(self._waiting):
            asked.cancel()

    def close(self) -> None:
        """See `wiretalk.blocking.Connection.close`; the loop ends with it."""
        if self._closed:
            return
        self._closed = True
        self._off = True
        try:
            ask(self._loop, self._connection.close)
        finally:
            tell(self._loop, self._left.set)
            self._ended.wait()
