"""Standard output for an event loop: a thread writes, so that a slow reader holds up its peers and nothing else."""

from __future__ import annotations

import threading
from collections import deque

from wiretalk.limits import MIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

MAX_HELD_BYTES = 1 * MIB
"""Not yet written; above it, whoever has more waits."""


class Outlet:
    """Do writes in order, in a thread.

    Args:
        loop: who asks for them.
        failed: called in the loop, once, with the error that ended the writing; what is asked for later is dropped.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, failed: Callable[[OSError], None]) -> None:
        import asyncio

        self._loop = loop
        self._failed = failed
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Callable[[], None], int]] = deque()
        self._held_bytes = 0
        self._room = asyncio.Event()
        self._closed = False
        self._broken = False
        self._thread = threading.Thread(target=self._write, name="wiretalk-output", daemon=True)
        self._thread.start()

    def put(self, write: Callable[[], None], size: int) -> None:
        """Have something written.

        Args:
            write: called in the thread; what it raises but OSError is its own matter.
            size: how many bytes it is about.
        """
        with self._changed:
            if not self._broken:
                self._waiting.append((write, size))
                self._held_bytes += size
                self._changed.notify()

    async def room(self) -> None:
        """Wait while too much is not written yet."""
        while self._held_bytes > MAX_HELD_BYTES:
            self._room.clear()
            if self._held_bytes > MAX_HELD_BYTES:
                await self._room.wait()

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                write, size = self._waiting.popleft()
            try:
                write()
            except OSError as error:
                with self._changed:
                    self._broken = True
                    self._waiting.clear()
                    self._held_bytes = 0
                self._tell(self._failed, error)
            else:
                with self._changed:
                    self._held_bytes -= size
            if self._held_bytes <= MAX_HELD_BYTES and not self._room.is_set():
                self._tell(self._room.set)

    def _tell(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            pass

    def close(self) -> None:
        """Wait until all is written."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
