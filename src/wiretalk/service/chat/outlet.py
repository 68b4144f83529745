"""What one member is told: sent at once while there is room, missed while there is none, and never waited for.

A member that does not read fills its own send buffer (`limits.send_buffer_bytes`) and nothing else. What is said while
that is full it misses; when it has read everything it is told how much that was, and goes on with what is said then.
"""

from __future__ import annotations

import asyncio

from wiretalk.errors import LimitError, TimedOutError, WiretalkError
from wiretalk.limits import CHAT_STUCK_S
from wiretalk.service.chat.events import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.runtime import Connection
    from wiretalk.service.chat.forms import Form, Wire


class Outlet:
    """The way to one member.

    Args:
        connection: the member's.
        form: how events are put to it.

    Attributes:
        form: see above.
        told_history: whether it is told the history without having asked for it. A datagram's sender may be forged, and
            what it is told would go to somebody else, so that is kept short.
    """

    __slots__ = ("_catching_up", "_connection", "_missed", "form", "told_history")

    def __init__(self, connection: Connection, form: Form) -> None:
        self.form = form
        self.told_history = connection.address.kind != "datagram"
        self._connection = connection
        self._missed = 0
        self._catching_up: asyncio.Task[None] | None = None

    def take(self, wire: Wire) -> None:
        """Send what is to be told, or let the member miss it."""
        if self._missed or not self._sent(wire):
            self._miss(wire.count + wire.lost)
        elif wire.lost:
            self._miss(wire.lost)

    def close(self) -> None:
        """Tell nothing more."""
        if self._catching_up is not None:
            self._catching_up.cancel()

    def _sent(self, wire: Wire) -> bool:
        connection = self._connection
        try:
            return connection.post(wire.pieces, wire.count)
        except LimitError:
            # A datagram too long for the way to this peer.
            return False
        except WiretalkError as error:
            connection.abort(error)
            return False

    def _miss(self, count: int) -> None:
        self._missed += count
        if self._catching_up is None:
            self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Wait until the member has read everything, tell it what it has missed, and go on."""
        connection = self._connection
        while not await self._read_all():
            pass
        self._catching_up = None
        missed, self._missed = self._missed, 0
        if connection.ending is None:
            self._sent(self.form.batch([Event("missed", count=missed)]).wire())

    async def _read_all(self) -> bool:
        """Return whether everything has been read, or the connection is over; at the latest after CHAT_STUCK_S."""
        connection = self._connection
        taken = connection.bytes_sent
        try:
            await connection.drain(timeout_s=CHAT_STUCK_S)
        except TimedOutError as error:
            if connection.ending is not None:
                return True
            if connection.bytes_sent > taken:
                # Slow, and reading.
                return False
            connection.abort(error)
        except WiretalkError:
            # It is over, and the session is told so.
            return True
        return True
