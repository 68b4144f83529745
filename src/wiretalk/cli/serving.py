"""What the commands that wait for peers share: telling where they listen, and leaving in good order when stopped."""

from __future__ import annotations

import asyncio
import signal

from wiretalk.address import parse
from wiretalk.cli.output import tell
from wiretalk.errors import EXIT_STATUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.runtime import Server

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def announce(server: Server) -> None:
    """Tell every address that is listened on, with its family, and the certificates made on the spot."""
    for text in server.addresses:
        family = families(text)
        tell(f"listening on {text}{f' ({family})' if family else ''}")
    for fingerprint in server.fingerprints:
        tell(f"its certificate was made on the spot: SHA-256 {fingerprint}")


def families(text: str) -> str:
    """Return the versions of IP that a bound address takes: "IPv6 and IPv4", "IPv4", …; "" where there is no IP."""
    address = parse(text)
    if not address.ip_version:
        return ""
    if address.ip_version == 6 and address.host == "::" and not address.family and not address.option("v6only"):
        return "IPv6 and IPv4"
    return f"IPv{address.ip_version}"


async def serve_until_stopped(server: Server, started: Callable[[Server], None] = announce) -> int:
    """Start a server, run it until it stops by itself or is interrupted, and let its conversations end.

    The first SIGINT or SIGTERM stops accepting and drains; a second one leaves at once.

    Args:
        server: not started yet.
        started: called when it has started.

    Returns:
        The exit status: 0, or 130 when it was interrupted.
    """
    loop = asyncio.get_running_loop()
    this = asyncio.current_task()
    interrupted = False

    def stop() -> None:
        nonlocal interrupted
        if interrupted and this is not None:
            this.cancel()
        interrupted = True
        server.stop()

    try:
        async with server:
            for number in SIGNALS:
                loop.add_signal_handler(number, stop)
            started(server)
            await server.serve_forever()
    except asyncio.CancelledError:
        if not interrupted:
            raise
    return EXIT_STATUS["interrupted"] if interrupted else 0
