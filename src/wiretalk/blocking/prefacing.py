"""Say and hear what comes before a conversation, in a thread that waits; see `transport.proxy`."""

from __future__ import annotations

import select

from wiretalk.blocking.waiting import READABLE, WRITABLE, milliseconds
from wiretalk.transport.proxy.driving import Drive

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.blocking.waiting import Deadline
    from wiretalk.transport.proxy.driving import Preface


def drive(sock: socket.socket, prefaces: list[Preface], deadline: Deadline) -> bool:
    """Go through the prefaces; return whether that was done in time.

    Args:
        sock: connected, non-blocking; not owned.
        prefaces: in their order.
        deadline: until when.

    Raises:
        WiretalkError: it cannot go on; close the socket.
    """
    driven = Drive(sock, prefaces)
    while (need := driven.step()) is not None:
        poll = select.poll()
        poll.register(sock, READABLE if need == "read" else WRITABLE)
        if not poll.poll(milliseconds(deadline.left_s())) and deadline.left_s() == 0:
            return False
    return True
