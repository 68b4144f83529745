"""Run a coroutine in a new event loop: uvloop's where it is installed, asyncio's own where not."""

from __future__ import annotations

import asyncio
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeVar

    Result = TypeVar("Result")


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the event loop; WIRETALK_LOOP=asyncio in the environment asks for asyncio's own."""
    if os.environ.get("WIRETALK_LOOP") != "asyncio":
        try:
            from uvloop import new_event_loop
        except ImportError:
            # No wheel for this platform: asyncio's own loop does everything too, more slowly.
            return asyncio.new_event_loop
        factory: Callable[[], asyncio.AbstractEventLoop] = new_event_loop
        return factory
    return asyncio.new_event_loop


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end and return its result, as `asyncio.run` does, on the fastest loop there is."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)
