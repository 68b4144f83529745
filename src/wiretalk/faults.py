"""Faults in Python: a network that misbehaves exactly as told, in front of a server, a client or a relay.

    from wiretalk import faults

    async with wiretalk.serve(":8888", session, layers=[faults.layer("latency=50ms", "down:loss=0.1", seed=7)]):
        ...

What `layer` returns is live: faults are added to it, changed and removed while connections run, and connections cut.

    net = faults.layer(seed=7)
    async with wiretalk.connect("tcp://pi.local:8888", layers=[net]) as connection:
        net.add("latency=200ms")
        net.cut(1)
"""

from __future__ import annotations

from wiretalk.layer.faults import FAULTS, Fault, FaultLog, FaultSet, parse, read_log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.layer.faults.log import Script

__all__ = ["FAULTS", "Fault", "FaultLog", "FaultSet", "layer", "parse", "read_log"]


def layer(
    *faults: str | Fault,
    seed: int | None = None,
    log: Callable[[dict[str, Any]], None] | None = None,
    script: Script | None = None,
) -> FaultSet:
    """Return faults, to be given to `layers=` of `wiretalk.serve`, `wiretalk.connect` or a relay.

    Args:
        faults: like "latency=50ms,jitter=10ms" or "down:loss=0.1,after=5s", in the order in which bytes pass them.
        seed: of all that is left to chance; None: one is drawn, and the result's `seed` tells it.
        log: called with a record of every fault applied (`[].append`, or `FaultLog(file)`).
        script: what `read_log` has read: the same faults at the same offsets of the same connections.

    Raises:
        UsageError: a fault is none.

    >>> import asyncio
    >>> import wiretalk
    >>> async def echo(connection):
    ...     async for message in connection:
    ...         await connection.send(message)
    >>> async def main():
    ...     net = layer("up:loss,after=1msg,for=1msg", seed=7)
    ...     async with wiretalk.serve("tcp://127.0.0.1:0", echo, framing="line", layers=[net]) as server:
    ...         async with wiretalk.connect(server.addresses[0], framing="line") as connection:
    ...             for word in (b"one", b"two", b"three"):
    ...                 await connection.send(word)
    ...             return [await connection.receive() for _ in range(2)]
    >>> asyncio.run(main())
    [b'one', b'three']
    """
    return FaultSet(faults, seed=seed, log=log, script=script)
