"""daytime: the date and the time of day as one line, in the words of RFC 867's own example; then the end.

A datagram, whatever it holds, is answered with the same.

Source: RFC 867.
"""

from __future__ import annotations

import time

from wiretalk.service.base import Service, answer_requests, as_value, unframed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.runtime import Connection


def day_and_time() -> bytes:
    """Return the local date and time without a line end: "Tuesday, February 22, 1982 17:37:43-PST"."""
    return time.strftime("%A, %B %d, %Y %H:%M:%S-%Z").encode()


async def daytime(connection: Connection) -> None:
    """Tell the time once; or answer a datagram."""
    end = b"\r\n" if unframed(connection) else b""
    if connection.address.kind == "datagram":
        await answer_requests(connection, lambda: day_and_time() + end)
    else:
        await connection.send(as_value(connection, day_and_time() + end))


def make() -> Service:
    """Make the service."""
    return Service("daytime", session=daytime)
