"""A connected socket of ordered messages (SOCK_SEQPACKET) for threads that wait: a channel that keeps boundaries.

An empty packet cannot be told from the end of input, so it is refused where messages are encoded, not here.
"""

from __future__ import annotations

import socket

from wiretalk.blocking.channel import Channel
from wiretalk.errors import LimitError
from wiretalk.transport import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.blocking.waiting import Bell


class PacketChannel(Channel):
    """Carry the messages of one connected SOCK_SEQPACKET socket; what is sent and received is whole messages.

    Args:
        max_message_bytes: a longer message from the peer is a LimitError, never its first part.
    """

    __slots__ = ("_max",)

    def __init__(self, sock: socket.socket, peer: str, max_message_bytes: int, bell: Bell | None = None) -> None:
        super().__init__(sock, peer, bell)
        self._max = max_message_bytes

    def _take(self) -> bytes | None:
        try:
            data, _, flags, _ = self.sock.recvmsg(self._max)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise self._fail(self.broken or explain(error, self.peer, "receive")) from None
        if flags & socket.MSG_TRUNC:
            too_long = LimitError("max_message_bytes", self._max, "a packet longer than the limit")
            self.abort(too_long)
            raise too_long
        return data

    def _transmit_held(self) -> int:
        return self.sock.send(self._held[0])
