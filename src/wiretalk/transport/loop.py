"""What a transport asks of an event loop, as types alone: asyncio's and uvloop's loops have it. Nothing runs here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from wiretalk.errors import WiretalkError

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
