"""Waiting in the main thread for what another thread does, in a way that Ctrl-C may break into at any place.

An exception of a signal's handler can be raised between any two steps of Python code. `threading.Event` and
`concurrent.futures.Future` guard what they hold with a lock of their own; broken into at the wrong step they keep it
for ever, and the other thread waits for it in turn. Here, nothing is held that the other thread would need.
"""

from __future__ import annotations

from _thread import allocate_lock
from concurrent.futures import CancelledError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from typing import Any

LOOK_S = 1.0
"""How often it is looked whether the loop that was asked is still there."""


class Once:
    """Something that happens once, in one thread, and that another waits for."""

    __slots__ = ("_happened", "_lock")

    def __init__(self) -> None:
        self._happened = False
        self._lock = allocate_lock()
        self._lock.acquire()

    def happen(self) -> None:
        """Let the one who waits go on. The second time, nothing happens."""
        if not self._happened:
            self._happened = True
            self._lock.release()

    @property
    def happened(self) -> bool:
        """Whether it has happened."""
        return self._happened

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it has happened; return whether it has.

        Args:
            timeout_s: None: without end.
        """
        # The lock is taken by one wait at most. Whoever comes later finds that it has happened.
        return self._happened or self._lock.acquire(timeout=-1 if timeout_s is None else max(0.0, timeout_s))


class LoopClosedError(Exception):
    """The loop that was asked has ended."""


class Asked:
    """A coroutine function that runs in the loop of another thread.

    Raises:
        LoopClosedError: the loop has ended.
    """

    __slots__ = ("_done", "_errors", "_loop", "_results", "_task")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any
    ) -> None:
        self._loop = loop
        self._done = Once()
        self._results: list[Any] = []
        self._errors: list[BaseException] = []
        self._task: asyncio.Task[Any] | None = None
        tell(loop, lambda: self._begin(function, arguments))

    def _begin(self, function: Callable[..., Coroutine[Any, Any, Any]], arguments: tuple[Any, ...]) -> None:
        self._task = self._loop.create_task(function(*arguments))
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        error = CancelledError() if task.cancelled() else task.exception()
        if error is None:
            self._results.append(task.result())
        else:
            self._errors.append(error)
        self._done.happen()

    def cancel(self) -> None:
        """Let the one who waits leave with CancelledError, if the function is not done yet."""
        tell(self._loop, self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def result(self) -> Any:
        """Wait; return what the function returns, or raise what it raises.

        Raises:
            concurrent.futures.CancelledError: it was called off.
            LoopClosedError: the loop has ended; whether the function was begun is not known.
        """
        while not self._done.wait(LOOK_S):
            if self._loop.is_closed():
                raise LoopClosedError
        if self._errors:
            raise self._errors[0]
        return self._results[0]


def ask(loop: asyncio.AbstractEventLoop, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
    """Run a coroutine function in the loop of another thread; return what it returns, or raise what it raises.

    Raises:
        LoopClosedError: the loop has ended; whether the function was begun is not known.
    """
    return Asked(loop, function, *arguments).result()


def tell(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    """Have something called by the loop of another thread.

    Raises:
        LoopClosedError: the loop has ended.
    """
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        raise LoopClosedError from None
