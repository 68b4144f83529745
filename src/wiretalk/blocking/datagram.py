"""A datagram socket of one client for threads that wait: whole datagrams in, whole datagrams out, none ever cut."""

from __future__ import annotations

import socket
from errno import EMSGSIZE

from wiretalk.blocking.channel import Channel
from wiretalk.errors import LimitError
from wiretalk.limits import KIB
from wiretalk.transport import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.blocking.waiting import Bell
    from wiretalk.errors import WiretalkError

UDP_READ_BYTES = 64 * KIB
"""More than the longest UDP datagram (65,527 bytes over IPv6, RFC 768 and RFC 8200), so none is ever cut."""


UNIX_ROOM_LOOK_S = 0.005
"""An unconnected Unix socket counts as writable even while its peer's queue is full: how often to try again."""


def read_bytes(sock: socket.socket, max_message_bytes: int) -> int:
    """Return how much to ask of a datagram socket: one byte over the limit, so that a datagram over it shows."""
    wanted = max_message_bytes + 1
    return wanted if sock.family == getattr(socket, "AF_UNIX", None) else min(wanted, UDP_READ_BYTES)


class DatagramChannel(Channel):
    """Carry the datagrams between us and one peer, or a group.

    Errors that the network sends back are told once each, and then it goes on.

    Args:
        max_message_bytes: a longer datagram is a LimitError, never its first part.
        everybody: whom to send to, where answers come from other addresses (a group); None: the connected peer.
    """

    __slots__ = ("_everybody", "_max")

    _empty_is_end = False

    def __init__(
        self, sock: socket.socket, peer: str, max_message_bytes: int, everybody: Any, bell: Bell | None = None
    ) -> None:
        super().__init__(sock, peer, bell)
        self._max = max_message_bytes
        self._everybody = everybody
        self.read_bytes = read_bytes(sock, max_message_bytes)

    def _take(self) -> bytes | None:
        try:
            data = self.sock.recv(self.read_bytes)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            if self._off is not None:
                raise self.why() from None
            # The network's answer to something sent before.
            raise explain(error, self.peer, "receive") from None
        if len(data) > self._max:
            raise LimitError("max_message_bytes", self._max, "a datagram longer than the limit was dropped")
        return data

    def _transmit(self, data: bytes | memoryview) -> int:
        if self._everybody is None:
            return self.sock.send(data)
        return self.sock.sendto(data, self._everybody)

    def _transmit_held(self) -> int:
        self._transmit(self._held[0])
        return len(self._held[0])

    def _drop_sent(self, sent: int) -> None:
        self._count_sent(sent)
        with self._state:
            self.backlog_bytes -= len(self._held.popleft())

    def _break(self, error: OSError, unsent: int) -> WiretalkError:
        if self._off is not None:
            return self.why()
        if self._held and not unsent and error.errno == EMSGSIZE:
            self._drop_sent(0)
        return explain(error, self.peer, "send", sock=self.sock)

    def half_close(self) -> None:
        """Do nothing: datagrams have no end of input."""

    def _linger(self) -> None:
        """Do nothing: no reset can overtake a datagram."""
