"""Connect to the first of several addresses that answers, as RFC 8305 (Happy Eyeballs, version 2) says.

Each address gets a head start over the next; the first to connect wins and the others are closed.
"""

from __future__ import annotations

import asyncio

from wiretalk.conversing import together
from wiretalk.errors import OpenError, TimedOutError, WiretalkError
from wiretalk.limits import ATTEMPT_DELAY_S
from wiretalk.runtime.ready import ready
from wiretalk.transport import finish_connect, open_socket, shown, start_connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.transport import Candidate

    Trace = Callable[[str], None]

BACKLOG_RETRY_S = 0.02
"""A Unix server's backlog is full, and the system does not tell when it no longer is: the pause before asking again."""


async def connect_one(candidate: Candidate, trace: Trace) -> Any:
    """Return a socket connected to one candidate.

    Raises:
        OpenError: it cannot be connected to.
    """
    trace(f"connecting to {candidate}")
    sock = open_socket(candidate)
    try:
        while (connected := start_connect(sock, candidate)) is None:  # noqa: ASYNC110  # nothing tells when there is room
            await asyncio.sleep(BACKLOG_RETRY_S)
        if not connected:
            await ready(sock, "write")
            finish_connect(sock, candidate)
    except BaseException:
        sock.close()
        raise
    return sock


async def connect_first(candidates: list[Candidate], trace: Trace) -> tuple[Any, Candidate]:
    """Return a connected socket and the candidate it is connected to.

    Args:
        candidates: in the order in which they are tried, families interleaved.
        trace: told what is tried and what failed.

    Raises:
        OpenError: none could be connected to; it names what happened to each.
    """
    if len(candidates) == 1:
        return await connect_one(candidates[0], trace), candidates[0]
    waiting = list(candidates)
    running: dict[asyncio.Task[Any], Candidate] = {}
    failed: list[tuple[Candidate, WiretalkError]] = []
    loop = asyncio.get_running_loop()
    try:
        while waiting or running:
            if waiting:
                candidate = waiting.pop(0)
                running[loop.create_task(connect_one(candidate, trace))] = candidate
            done, _ = await asyncio.wait(
                running, timeout=ATTEMPT_DELAY_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                candidate = running.pop(task)
                error = task.exception()
                if error is None:
                    return task.result(), candidate
                if not isinstance(error, OpenError | TimedOutError):
                    raise error
                trace(str(error))
                failed.append((candidate, error))
    finally:
        await _abandon(running)
    raise together(shown(candidates[0].address), [error for _, error in failed])


async def _abandon(running: dict[asyncio.Task[Any], Candidate]) -> None:
    for task in running:
        task.cancel()
    for result in await asyncio.gather(*running, return_exceptions=True):
        if not isinstance(result, BaseException):
            # It connected in the very turn in which another had won.
            result.close()
