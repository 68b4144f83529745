"""What a transport asks of an event loop, whom it tells, and what is asked of it; as types alone. Nothing runs here.

asyncio's and uvloop's loops have what is asked of a loop.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from wiretalk.errors import WiretalkError
    from wiretalk.transport.tls import TlsFacts

    class Timer(Protocol):
        """A call to come, which can be taken back."""

        def cancel(self) -> None: ...

    class Loop(Protocol):
        """The part of an event loop that transports use."""

        def add_reader(self, fd: int, callback: Callable[..., Any], /, *args: Any) -> Any: ...
        def remove_reader(self, fd: int, /) -> Any: ...
        def add_writer(self, fd: int, callback: Callable[..., Any], /, *args: Any) -> Any: ...
        def remove_writer(self, fd: int, /) -> Any: ...
        def call_later(self, delay: float, callback: Callable[..., Any], /, *args: Any) -> Timer: ...

    class Sink(Protocol):
        """Where a transport pushes what comes; all calls are made by the loop's thread."""

        def opened(self) -> None:
            """The conversation can begin (with TLS: the handshake is done)."""

        def data(self, data: bytes, /) -> bytes | None:
            """Bytes came: for a stream any piece of it, else one datagram. Returns what is to be written at once."""

        def end(self) -> None:
            """The peer has finished sending (half-close); sending goes on."""

        def held(self) -> None:
            """The system has no room for all that was written: some of it is held back."""

        def drained(self) -> None:
            """What was held back for want of room has been taken by the system."""

        def trouble(self, error: WiretalkError, /) -> None:
            """Something to tell at the next call; the conversation goes on (datagrams)."""

        def lost(self, error: WiretalkError | None, /) -> None:
            """It is over; None: in good order. The last call, made once."""

    class Transport(Protocol):
        """What a conversation, or a layer, asks of what is below it; see `transport.stream`."""

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
