"""Waiting in the main thread for what another thread does, in a way that Ctrl-C may break into at any place.

An exception of a signal's handler can be raised between any two steps of Python code. `threading.Event` and
`concurrent.futures.Future` guard what they hold with a lock of their own; broken into at the wrong step they keep it
for ever, and the other thread waits for it in turn. Here, nothing is held that the other thread would need.
"""

from __future__ import annotations

from _thread import allocate_lock

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


def ask(loop: asyncio.AbstractEventLoop, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
    """Run a coroutine function in the loop of another thread; return what it returns, or raise what it raises.

    Raises:
        LoopClosedError: the loop has ended; whether the function was begun is not known.
    """
    done = Once()
    results: list[Any] = []
    errors: list[BaseException] = []

    async def answer() -> None:
        try:
            results.append(await function(*arguments))
        except BaseException as error:  # noqa: BLE001  # raised again by the one who asks
            errors.append(error)
        finally:
            done.happen()

    tell(loop, lambda: loop.create_task(answer()))
    while not done.wait(LOOK_S):
        if loop.is_closed():
            raise LoopClosedError
    if errors:
        raise errors[0]
    return results[0]


def tell(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    """Have something called by the loop of another thread.

    Raises:
        LoopClosedError: the loop has ended.
    """
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        raise LoopClosedError from None
