"""A connected socket of ordered messages (SOCK_SEQPACKET) in an event loop: a stream transport that keeps boundaries.

An empty packet cannot be told from the end of input, so it is refused where messages are encoded, not here.
"""

from __future__ import annotations

import socket

from wiretalk.errors import LimitError
from wiretalk.transport.stream import StreamTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from typing import Any

    from wiretalk.transport.loop import Loop, Sink


class PacketTransport(StreamTransport):
    """Carry the messages of one connected SOCK_SEQPACKET socket; each `data` and each `write` is one whole message.

    Args:
        max_message_bytes: a longer message from the peer is a LimitError, never its first part.
    """

    __slots__ = ("max_message_bytes",)

    def __init__(self, loop: Loop, sock: socket.socket, sink: Sink, peer: str, max_message_bytes: int) -> None:
        super().__init__(loop, sock, sink, peer)
        self.max_message_bytes = max_message_bytes

    def _readable(self) -> None:
        try:
            data, _, flags, _ = self.sock.recvmsg(self.max_message_bytes)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            if self.broken is not None:
                self._over(self.broken)
                return
            # Such a socket tells of a reset before the packets that came ahead of it, which can still be read.
            self._break(error)
            if self.sink is not None:
                self._look_behind()
                self._readable()
            return
        if flags & socket.MSG_TRUNC:
            self.abort(LimitError("max_message_bytes", self.max_message_bytes, "a packet longer than the limit"))
        elif data:
            self.wire_received += len(data)
            self._received(data)
            self._look_behind()
        else:
            self._end_of_input()

    def _send_held(self, backlog: deque[Any]) -> int:
        return self.sock.send(backlog[0])
