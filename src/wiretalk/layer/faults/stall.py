"""`stall`: from some point on nothing passes any more, and nothing is lost: what comes is held back."""

from __future__ import annotations

from collections import deque

from wiretalk.layer.faults.stage import End
from wiretalk.layer.faults.state import StateStage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Stall(StateStage):
    """Hold all that comes, ends too, until it is over. When too much is held, the sender is not read."""

    main = "after"

    __slots__ = ("_queue",)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._queue: deque[tuple[bytes | End, bool]] = deque()

    def during(self, data: bytes, last: bool) -> None:
        """See StateStage."""
        self._queue.append((data, last))
        self.held_bytes += len(data)

    def end(self, end: End) -> None:
        """See Stage: all ends wait behind what is held."""
        if self._on:
            self._queue.append((end, False))
        else:
            self.next.end(end)

    def finish(self) -> None:
        """See StateStage."""
        queue, self._queue = self._queue, deque()
        self.held_bytes = 0
        for item, last in queue:
            if isinstance(item, End):
                self.next.end(item)
            else:
                self.next.put(item, last)
        self.lane.freed()

    def release(self) -> None:
        """See Stage."""
        super().release()
        self.finish()

    def drop(self) -> None:
        """See Stage."""
        super().drop()
        if self.lane.over:
            self._queue.clear()
            self.held_bytes = 0

    @property
    def moving(self) -> bool:
        """See Stage."""
        return self._on and self._timer is not None
