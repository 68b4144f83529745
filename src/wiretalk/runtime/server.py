"""`serve`: several addresses, one handler, one set of limits. Here the words of the call are checked, and no more.

How it is served is in `serving`; how conversations are handled, in `handling`.
"""

from __future__ import annotations

import inspect

from wiretalk.address import Address, parse
from wiretalk.conversing import Plan
from wiretalk.errors import UsageError
from wiretalk.limits import Limits
from wiretalk.runtime.handling import Replies, Sessions
from wiretalk.runtime.serving import Serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wiretalk.address.access import Access
    from wiretalk.layer import Layering
    from wiretalk.runtime.handling import Handling, Session
    from wiretalk.runtime.replying import Reply
    from wiretalk.runtime.serving import Observer


class Server(Serving):
    """Serve conversations: a coroutine a connection, or a function a message.

    The same handler serves every address; a datagram peer is a connection like any other. A handler that raises ends
    its own conversation, with one log record; leaving the `async with` drains.

    Args:
        addresses: one address or several.
        session: a coroutine function, called with each `Connection` (for UDP: with each peer).
        reply: a function, called with each message; it returns the answer, or None for none. The fast way.
        framing: how byte streams are cut into messages ("line", "length:u32be", …); None: not at all ("raw").
        codec: what a message is to the handler ("text", "json", …); None: bytes.
        limits: see `wiretalk.limits.Limits`.
        layers: what stands between every peer and its conversation, nearest to the peer first.
        access: who may come (`wiretalk.address.access.Access`); None: everybody.
        max_accepted: stop after so many conversations; None: never.
        on_open: called with each conversation when it opens.
        on_close: called with each conversation when it is over; its `ending` tells how.

    Attributes: see `Serving`.

    Raises:
        UsageError: an argument, framing or codec is wrong.
        AddressError: an address is wrong.
    """

    def __init__(
        self,
        addresses: str | Address | Iterable[str | Address],
        session: Session | None = None,
        *,
        reply: Reply | None = None,
        framing: str | None = None,
        codec: str | None = None,
        limits: Limits | None = None,
        layers: Sequence[Layering] = (),
        access: Access | None = None,
        max_accepted: int | None = None,
        on_open: Observer | None = None,
        on_close: Observer | None = None,
    ) -> None:
        handling = _handling(session, reply)
        several = [addresses] if isinstance(addresses, str | Address) else list(addresses)
        if not several:
            raise UsageError("", reason="serve needs at least one address")
        limits = limits or Limits()
        plans = [
            Plan(parse(one) if isinstance(one, str) else one, framing, codec, limits, layers=layers) for one in several
        ]
        super().__init__(
            plans, handling, limits, access=access, max_accepted=max_accepted, on_open=on_open, on_close=on_close
        )


def _handling(session: Session | None, reply: Reply | None) -> Handling:
    if (session is None) == (reply is None):
        raise UsageError("", reason="serve takes either a session (a coroutine function) or reply= (a function)")
    if reply is not None:
        if inspect.iscoroutinefunction(reply):
            raise UsageError("", reason="reply= takes a plain function; a coroutine function is a session")
        return Replies(reply)
    if not inspect.iscoroutinefunction(session):
        raise UsageError("", reason="a session is a coroutine function (async def); a plain function goes to reply=")
    return Sessions(session)


serve = Server
"""Made by its own name, entered by another: `async with wiretalk.serve(…) as server`."""
