"""Wait in the event loop until a socket can be read or written, and no longer than that."""

from __future__ import annotations

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


async def ready(sock: Any, to: str) -> None:
    """Return when the socket is ready.

    Args:
        sock: a non-blocking socket.
        to: "read" or "write".
    """
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    if to == "read":
        loop.add_reader(sock.fileno(), wake)
    else:
        loop.add_writer(sock.fileno(), wake)
    try:
        await woken
    finally:
        if to == "read":
            loop.remove_reader(sock.fileno())
        else:
            loop.remove_writer(sock.fileno())
