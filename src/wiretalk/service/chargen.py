"""chargen: lines of 72 characters without end, each beginning one character further in the ring of the 95 printable
characters of ASCII; on datagrams, each request is answered with 0 to 512 of them.

What a peer says on a connection is thrown away. A connection goes on until the peer closes it, also after the peer's
end of input, as fast as the peer reads and no faster.

Source: RFC 864.
"""

from __future__ import annotations

import asyncio
import random

from wiretalk.errors import WiretalkError
from wiretalk.service.base import Service, answer_requests, as_value, unframed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.runtime import Connection

LINE_CHARACTERS = 72
DATAGRAM_CHARACTERS = 512

_RING = bytes(range(0x20, 0x7F))
LINES = tuple((_RING + _RING)[at : at + LINE_CHARACTERS] for at in range(len(_RING)))
"""One turn of the ring, without line ends."""

_TURN = b"".join(line + b"\r\n" for line in LINES)


def characters() -> bytes:
    """Return the answer to one datagram."""
    length = random.randrange(DATAGRAM_CHARACTERS + 1)  # noqa: S311  # a length, not a secret
    return _TURN[:length]


async def _throw_away(connection: Connection) -> None:
    try:
        async for _ in connection:
            pass
    except WiretalkError:
        # However it broke off, the sending side is told too, and tells.
        pass


async def chargen(connection: Connection) -> None:
    """Send lines until the peer closes; or answer a datagram."""
    if connection.address.kind == "datagram":
        await answer_requests(connection, characters)
        return
    if connection.address.kind == "stream" and unframed(connection):
        turn = [as_value(connection, _TURN)]
    else:
        end = b"\r\n" if unframed(connection) else b""
        turn = [as_value(connection, line + end) for line in LINES]
    thrown_away = asyncio.create_task(_throw_away(connection))
    try:
        while True:
            await connection.send_all(turn)
            # A peer that reads as fast as this sends never makes `send` wait, and others want their turn.
            await asyncio.sleep(0)
    finally:
        thrown_away.cancel()
        await asyncio.wait([thrown_away])


def make() -> Service:
    """Make the service."""
    return Service("chargen", session=chargen)
