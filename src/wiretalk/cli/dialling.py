"""Open one conversation for the shell: try again as often as the user said, and tell what happens on the way."""

from __future__ import annotations

import os
import time

from wiretalk.cli.output import tell
from wiretalk.errors import (
    InUseError,
    NoSuchHostError,
    RefusedError,
    TimedOutError,
    UnreachableError,
    UsageError,
    WiretalkError,
)
from wiretalk.limits import RETRY_FIRST_S, RETRY_MOST_S, Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from wiretalk.address import Address
    from wiretalk.blocking import Connection
    from wiretalk.cli.looping import LoopedConnection
    from wiretalk.cli.manner import Manner
    from wiretalk.layer import Layering

WORTH_ANOTHER_TRY = (RefusedError, UnreachableError, NoSuchHostError, InUseError, TimedOutError)
"""What may be otherwise a moment later; a certificate that is not trusted will not be."""


def dial(
    manner: Manner, arguments: Namespace, *, for_reading: bool, layers: Sequence[Layering] = ()
) -> Connection | LoopedConnection:
    """Open a conversation; with --json, print its ending if it never begins.

    Args:
        manner: how it is to be held, and whom with.
        arguments: the options timeout, idle, retry and verbose.
        for_reading: a person reads what the peer says as it comes.
        layers: what stands between the peer and the connection (faults); only the loop's face has them.

    Raises:
        UsageError: the address is our own standard input and output.
        OpenError, TimedOutError: the last failure.
    """
    address = manner.address
    if address.scheme == "stdio":
        raise UsageError("", reason='"-" is our own standard input and output', hint="name the other side")
    try:
        connection = _dial(manner, arguments, manner.wire(for_reading=for_reading), tuple(layers))
    except WiretalkError as error:
        if manner.json:
            from wiretalk.cli.showing import JsonLines, ending_of_error
            from wiretalk.transport import shown

            JsonLines(manner.words).ended(shown(address), ending_of_error(error))
        raise
    if not arguments.verbose and os.isatty(2):
        tell(f"connected to {with_family(connection.peer)}")
    return connection


def _dial(
    manner: Manner, arguments: Namespace, framing: str | None, layers: tuple[Layering, ...]
) -> Connection | LoopedConnection:
    limits = Limits(max_message_bytes=manner.max_message_bytes, idle_timeout_s=arguments.idle)
    tracing = tell if arguments.verbose else None
    attempts_left = arguments.retry
    pause_s = RETRY_FIRST_S
    told = ""
    while True:
        try:
            return _open(manner.address, framing, limits, arguments.timeout, tracing, layers)
        except WORTH_ANOTHER_TRY as error:
            if not attempts_left:
                raise
            attempts_left -= 1
            if str(error) != told or arguments.verbose:
                told = str(error)
                tell(f"{told}; trying again")
        time.sleep(jittered(pause_s))
        pause_s = min(pause_s * 2, RETRY_MOST_S)


def _open(
    address: Address,
    framing: str | None,
    limits: Limits,
    timeout_s: float | None,
    trace: Callable[[str], None] | None,
    layers: tuple[Layering, ...],
) -> Connection | LoopedConnection:
    if layers:
        from wiretalk.cli.looping import LoopedConnection

        return LoopedConnection(
            address, framing=framing, limits=limits, timeout_s=timeout_s, trace=trace, layers=layers
        )
    from wiretalk.blocking import connect

    return connect(address, framing=framing, limits=limits, timeout_s=timeout_s, trace=trace)


def jittered(pause_s: float) -> float:
    """Return a pause of half to one and a half times its length: many clients must not come back at once."""
    return pause_s * (0.5 + os.urandom(1)[0] / 255)


def with_family(text: str) -> str:
    """Return the name of an endpoint, with its version of IP where it has one: "tcp://127.0.0.1:80 (IPv4)"."""
    if "://[" in text:
        return f"{text} (IPv6)"
    host = text.partition("://")[2].rpartition(":")[0]
    return f"{text} (IPv4)" if host.replace(".", "").isdigit() and "." in host else text
