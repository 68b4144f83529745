"""What is joined now, and the sums of all that was. Counts alone; nothing here carries or ends anything."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.relay.end import End

    Observer = Callable[[End, End], None]

SUMMED = ("up_bytes", "down_bytes", "up_messages", "down_messages", "dropped")
"""What is summed up: bytes and messages from the near side (up) and to it (down), and messages dropped."""


class Ledger:
    """The joints of one relay.

    Args:
        on_join: called with the near and the far side when they are joined.
        on_part: called with them when both are over.

    Attributes:
        joints: near and far side of each joint that is open.
        joined: how many joints there have been.
    """

    def __init__(self, on_join: Observer | None, on_part: Observer | None) -> None:
        self._on_join = on_join
        self._on_part = on_part
        self._past = dict.fromkeys(SUMMED, 0)
        self.joints: set[tuple[End, End]] = set()
        self.joined = 0

    def join(self, near: End, far: End) -> None:
        """Join two sides."""
        self.joined += 1
        self.joints.add((near, far))

        def parted() -> None:
            self._part(near, far)

        near.parted = far.parted = parted
        if self._on_join is not None:
            self._on_join(near, far)
        near.join(far)

    def _part(self, near: End, far: End) -> None:
        if (near, far) not in self.joints:
            # The end of the one side ends the other within it: both tell.
            return
        self.joints.remove((near, far))
        for what, count in counts(near, far).items():
            self._past[what] += count
        if self._on_part is not None:
            self._on_part(near, far)

    def totals(self) -> dict[str, int]:
        """Return the sums over all joints so far: the keys of `SUMMED`."""
        sums = dict(self._past)
        for near, far in self.joints:
            for what, count in counts(near, far).items():
                sums[what] += count
        return sums


def counts(near: End, far: End) -> dict[str, int]:
    """Return what has passed through one joint: the keys of `SUMMED`."""
    return {
        "up_bytes": near.bytes_received,
        "down_bytes": near.bytes_sent,
        "up_messages": near.messages_received,
        "down_messages": near.messages_sent,
        "dropped": near.dropped + far.dropped,
    }
