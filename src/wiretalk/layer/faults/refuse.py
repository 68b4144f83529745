"""`refuse`: the connection is reset at once after it was accepted, since only the system could refuse it before.

With TLS that is after the handshake. On datagrams there is nothing to reset: what comes is dropped.
"""

from __future__ import annotations

from wiretalk.layer.faults.state import StateStage


class Refuse(StateStage):
    """Refuse the connection; its layer does it, before the conversation learns that there is one."""

    without = ("after", "for")

    __slots__ = ()

    def start(self) -> None:
        """See Stage: added to a connection that is open already, it is too late for that one."""

    def refuse(self) -> None:
        """Tell that the connection is refused."""
        self.log({}, 0)

    def _look(self) -> None:
        """There is no time at which it begins."""
