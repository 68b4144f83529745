"""Do what may block aside, in a thread that is gone when it is done: an idle thread would cost every later message."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from wiretalk.transport import may_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from wiretalk.address import Address

    Result = TypeVar("Result")


async def aside(function: Callable[[Address], Result], address: Address) -> Result:
    """Return `function(address)`, called in a thread of its own where it may have to ask a name server or read files.

    Args:
        function: `transport.resolve`, `transport.listen`, or what makes a TLS context.
        address: of which a host that is a number, an empty one and localhost need nobody to be asked.
    """
    if not may_block(address) and not address.secure:
        return function(address)
    return await in_thread(lambda: function(address))


async def in_thread(function: Callable[[], Result]) -> Result:
    """Return `function()`, called in a thread of its own."""
    thread = ThreadPoolExecutor(1, "wiretalk-aside")
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, function)
    finally:
        thread.shutdown(wait=False)
