"""What every conversation in the event loop has: its facts and its end, shared with the blocking face, and a transport.

How its messages are handled is decided by its two kinds: `connection` (somebody awaits them) and `replying` (a function
answers them).
"""

from __future__ import annotations

from wiretalk import conversing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from wiretalk.errors import WiretalkError
    from wiretalk.transport.loop import Loop
    from wiretalk.transport.tls import TlsFacts

    class Transport(Protocol):
        """What a conversation asks of its transport; see `transport.stream`."""

        broken: WiretalkError | None

        @property
        def loop(self) -> Loop: ...
        @property
        def backlog_bytes(self) -> int: ...
        @property
        def bytes_received(self) -> int: ...
        @property
        def bytes_sent(self) -> int: ...
        @property
        def tls(self) -> TlsFacts | None: ...
        def start(self) -> None: ...
        def pause(self) -> None: ...
        def resume(self) -> None: ...
        def write(self, data: bytes, /) -> None: ...
        def send_file(self, descriptor: int, offset: int, count: int, /) -> bool: ...
        def half_close(self) -> None: ...
        def close(self) -> None: ...
        def abort(self, error: WiretalkError | None = None, /) -> None: ...


class Conversation(conversing.Conversation):
    """One conversation in the event loop; see `wiretalk.conversing`."""

    __slots__ = ()

    _transport: Transport

    splices = False
    """Whether what comes may be passed to another socket without being looked at."""

    def start(self) -> None:
        """Begin, once the transport is attached."""
        self._transport.start()

    def hang_up(self) -> None:
        """End in good order, from our side: what is owed is sent, then the connection is closed. Does not wait."""
        self._transport.close()

    def finish_input(self) -> None:
        """Take no more, from our side: for who handles the conversation, the peer has finished."""
        self.end()  # type: ignore[attr-defined]  # every kind is a transport's sink
