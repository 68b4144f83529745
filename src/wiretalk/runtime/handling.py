"""How a server handles its conversations: a coroutine each, or a function a message. One class a way.

A way makes the conversation of each peer and is told when it has begun; accepting and draining are in `serving`.
"""

from __future__ import annotations

import asyncio
import logging

from wiretalk.conversing import leaving_for, on_bytes
from wiretalk.errors import ClosedError, WiretalkError
from wiretalk.runtime.connection import Connection
from wiretalk.runtime.replying import ReplyConversation, ReplyDatagrams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Protocol

    from wiretalk.conversing import Plan
    from wiretalk.runtime.conversation import Conversation
    from wiretalk.runtime.replying import Reply

    Session = Callable[[Connection], Awaitable[None]]
    Keeper = Callable[[Any], None]

    class Handling(Protocol):
        """A way to handle conversations."""

        def conversation(self, plan: Plan, peer: str, local: str, keeper: Keeper) -> Conversation:
            """Return the conversation with one peer; `keeper` is to be called when it opens and when it is over."""
            ...

        def datagrams(self, plan: Plan, counted: Callable[[], None] | None) -> ReplyDatagrams | None:
            """Return who answers all datagrams of a socket, `counted` called for each; None: a conversation a peer."""
            ...

        def begun(self, conversation: Conversation) -> None:
            """A conversation has opened."""

        def cancel(self) -> None:
            """Time is up: end what still runs."""

        async def ended(self, within_s: float) -> None:
            """Wait for what has been cancelled, at most so long."""


log = logging.getLogger("wiretalk")


class Sessions:
    """A coroutine a connection, or a peer.

    Args:
        session: called with each connection; one that raises ends its own conversation, and nothing else.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()

    def conversation(self, plan: Plan, peer: str, local: str, keeper: Keeper) -> Conversation:
        """See Handling."""
        return Connection(plan, peer, local, keeper)

    def datagrams(self, plan: Plan, counted: Callable[[], None] | None) -> None:
        """See Handling."""

    def begun(self, conversation: Conversation) -> None:
        """See Handling."""
        task = asyncio.get_running_loop().create_task(self._run(conversation))  # type: ignore[arg-type]  # made above
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """See Handling."""
        for task in list(self._tasks):
            task.cancel()

    async def ended(self, within_s: float) -> None:
        """See Handling."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)

    async def _run(self, connection: Connection) -> None:
        try:
            await self._session(connection)
        except WiretalkError as error:
            connection.leaving = leaving_for(error)
            # How the conversation ended is told where it ended; only what we did wrong ourselves is news.
            if error.by == "us" and not isinstance(error, ClosedError):
                log.warning("%s: %s; the connection is ended", connection.peer, error)
        except Exception:  # whatever a handler raises ends its own conversation and nothing else
            connection.leaving = "failed"
            log.exception("%s: the session failed; the connection is ended", connection.peer)
        try:
            await connection.close()
        except WiretalkError as error:
            log.info("%s: %s", connection.peer, error)


class Replies:
    """A function a message.

    Args:
        reply: called with each message; returns the answer, or None.
    """

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def conversation(self, plan: Plan, peer: str, local: str, keeper: Keeper) -> Conversation:
        """See Handling."""
        return ReplyConversation(plan, peer, local, keeper, on_bytes(self._reply, plan))

    def datagrams(self, plan: Plan, counted: Callable[[], None] | None) -> ReplyDatagrams | None:
        """See Handling."""
        if plan.layers:
            # What stands between a peer and its conversation has a state of its own for each.
            return None
        reply = on_bytes(self._reply, plan)
        if counted is None:
            return ReplyDatagrams(plan, reply)

        def counting(message: bytes) -> bytes | None:
            counted()
            return reply(message)

        return ReplyDatagrams(plan, counting)

    def begun(self, conversation: Conversation) -> None:
        """See Handling; the conversation answers by itself."""

    def cancel(self) -> None:
        """See Handling; nothing runs."""

    async def ended(self, within_s: float) -> None:
        """See Handling."""
