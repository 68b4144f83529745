"""What the commands that wait for peers share: telling where they listen, and leaving in good order when stopped."""

from __future__ import annotations

import asyncio
import signal

from wiretalk.address.schemes import SCHEMES
from wiretalk.cli.output import tell
from wiretalk.errors import EXIT_STATUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar

    from wiretalk.runtime import Conversation

    class Stoppable(Protocol):
        """What can be run until it is stopped: a server, a relay."""

        @property
        def addresses(self) -> list[str]: ...
        @property
        def families(self) -> list[str]: ...
        @property
        def fingerprints(self) -> list[str]: ...
        @property
        def connections(self) -> set[Conversation]: ...
        async def start(self) -> Any: ...
        async def serve_forever(self) -> None: ...
        def stop(self) -> None: ...
        async def close(self, *, drain_s: float | None = None) -> None: ...

    Kind = TypeVar("Kind", bound=Stoppable)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

WAIT_UNTOLD_S = 0.2
"""Conversations that end within so long of a stop need no word."""


def announce(server: Stoppable) -> None:
    """Tell every address that is listened on, with its family, and the certificates made on the spot."""
    for text, family in zip(server.addresses, server.families, strict=True):
        if text == "-":
            tell("serving standard input and output")
        elif not SCHEMES[text.partition(":")[0]].listens:
            # A program, a device, a file: it is there once, and nobody comes.
            tell(f"serving {text}")
        else:
            tell(f"listening on {text}{f' ({family})' if family else ''}")
    for fingerprint in server.fingerprints:
        tell(f"with a certificate made on the spot, which clients trust by fingerprint=sha256:{fingerprint}")


async def serve_until_stopped(server: Kind, started: Callable[[Kind], None] = announce) -> int:
    """Start a server, run it until it stops by itself or is interrupted, and let its conversations end.

    The first SIGINT, SIGTERM or SIGHUP stops accepting and drains; a second one leaves at once.

    Args:
        server: not started yet.
        started: called when it has started.

    Returns:
        The exit status: 0, or 130 where one of the signals was SIGINT.
    """
    loop = asyncio.get_running_loop()
    starting = asyncio.ensure_future(server.start())
    enough = asyncio.Event()
    came: list[int] = []
    leaving = False

    def take(number: int) -> None:
        if came or leaving:
            enough.set()
        came.append(number)
        server.stop()
        starting.cancel()

    for number in SIGNALS:
        # nohup has SIGHUP ignored, and means it.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, take, number)
    try:
        await starting
        started(server)
        await server.serve_forever()
    except asyncio.CancelledError:
        if not came:
            raise
    finally:
        leaving = True
        await _leave(server, enough, asked=bool(came))
    return EXIT_STATUS["interrupted"] if signal.SIGINT in came else 0


async def _leave(server: Stoppable, enough: asyncio.Event, *, asked: bool) -> None:
    """Let open conversations end, or end them when there is a second signal.

    Args:
        server: stopped.
        enough: set at the second signal.
        asked: whether there was a first one, so that somebody waits for us.
    """
    impatient = asyncio.ensure_future(enough.wait())
    closing = asyncio.ensure_future(server.close())
    await asyncio.wait([closing], timeout=WAIT_UNTOLD_S)
    if asked and not closing.done():
        count = len(server.connections)
        those = "one conversation" if count == 1 else f"{count} conversations"
        tell(f"waiting for {those} to end; Ctrl-C again leaves now")
    if not closing.done():
        await asyncio.wait([closing, impatient], return_when=asyncio.FIRST_COMPLETED)
    impatient.cancel()
    if not closing.done():
        closing.cancel()
        await asyncio.wait([closing])
        for conversation in list(server.connections):
            conversation.abort()
        closing = asyncio.ensure_future(server.close(drain_s=0))
    await closing
