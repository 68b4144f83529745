"""Who is joined with whom: each that comes with one that is dialled for it, or with one that comes to the other side.

These are ways to handle a server's conversations (see `runtime.handling`).
"""

from __future__ import annotations

import asyncio
import logging

from wiretalk.errors import OpenError, TimedOutError, WiretalkError
from wiretalk.limits import RETRY_FIRST_S, RETRY_MOST_S
from wiretalk.relay.end import End
from wiretalk.relay.messages import MessageEnd, carries_messages
from wiretalk.transport import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.runtime import Conversation
    from wiretalk.runtime.dialling import Dialler

log = logging.getLogger("wiretalk")


def end_type(*plans: Plan) -> type[End]:
    """Return the kind of side that joints between these plans have."""
    return MessageEnd if carries_messages(*plans) else End


async def dial(
    dialler: Dialler,
    kind: type[End],
    retries: int,
    keeper: Callable[[Any], None] | None = None,
    coming: End | None = None,
) -> End:
    """Return a side, dialled.

    Args:
        keeper: told of it when it opens and when it is over.
        retries: how often to try again when it cannot be opened, with pauses that grow; -1: for ever.
        coming: the side that it is dialled for, whose peer a PROXY header names; None: we ourselves.

    Raises: as `Dialler.dial`.
    """
    pause_s = RETRY_FIRST_S
    proxied = None
    if coming is not None and dialler.plan.address.option("send_proxy"):
        from wiretalk.transport.proxy.way import on_behalf

        proxied = on_behalf(coming.peer, coming.local)
    while True:
        try:
            return await dialler.dial(
                lambda plan, peer, local, opening: kind(plan, peer, local, keeper, opening), proxied
            )
        except (OpenError, TimedOutError) as error:
            if not retries:
                raise
            dialler.trace(f"{error}; trying again in {pause_s:g} s")
        retries -= retries > 0
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, RETRY_MOST_S)


class Dialling:
    """Each that comes is joined with one that is dialled for it.

    Args:
        dialler: whom to dial.
        retries: how often to try again.
        join: joins the side that came with the one dialled.
    """

    def __init__(self, dialler: Dialler, retries: int, join: Callable[[End, End], None]) -> None:
        self._dialler = dialler
        self._retries = retries
        self._join = join
        self._tasks: set[asyncio.Task[None]] = set()

    def conversation(self, plan: Plan, peer: str, local: str, keeper: Callable[[Any], None]) -> End:
        """See `runtime.handling.Handling`."""
        return end_type(plan, self._dialler.plan)(plan, peer, local, keeper)

    def datagrams(self, plan: Plan, counted: Callable[[], None] | None) -> None:
        """See `runtime.handling.Handling`."""

    def begun(self, conversation: Conversation) -> None:
        """See `runtime.handling.Handling`."""
        assert isinstance(conversation, End)  # noqa: S101  # made above
        task = asyncio.get_running_loop().create_task(self._dial(conversation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dial(self, end: End) -> None:
        try:
            other = await dial(self._dialler, type(end), self._retries, coming=end)
        except WiretalkError as error:
            log.warning("%s: cannot be joined with %s: %s", end.peer, shown(self._dialler.plan.address), error)
            end.abort(error)
            return
        if end.ending is not None:
            # It has left meanwhile.
            other.hang_up()
            return
        self._join(end, other)

    def cancel(self) -> None:
        """See `runtime.handling.Handling`."""
        for task in list(self._tasks):
            task.cancel()

    async def ended(self, within_s: float) -> None:
        """See `runtime.handling.Handling`."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)


class Meeting:
    """Each that comes to one address is joined with one that comes to the other, in the order in which they come.

    Both sides of a meeting share `waiting`; a side that has to wait is not read meanwhile.

    Args:
        across: the plan of the other address.
        waiting: those who wait: (whose side, the end).
        join: joins the one that has come to this side with the other.
    """

    def __init__(self, across: Plan, waiting: deque[tuple[Meeting, End]], join: Callable[[End, End], None]) -> None:
        self._across = across
        self._waiting = waiting
        self._join = join

    def conversation(self, plan: Plan, peer: str, local: str, keeper: Callable[[Any], None]) -> End:
        """See `runtime.handling.Handling`."""
        return end_type(plan, self._across)(plan, peer, local, keeper)

    def datagrams(self, plan: Plan, counted: Callable[[], None] | None) -> None:
        """See `runtime.handling.Handling`."""

    def begun(self, conversation: Conversation) -> None:
        """See `runtime.handling.Handling`."""
        assert isinstance(conversation, End)  # noqa: S101  # made above
        waiting = self._waiting
        while waiting and waiting[0][1].ending is not None:
            waiting.popleft()
        if not waiting or waiting[0][0] is self:
            waiting.append((self, conversation))
            return
        _, other = waiting.popleft()
        self._join(conversation, other)

    def cancel(self) -> None:
        """See `runtime.handling.Handling`; nothing runs."""

    async def ended(self, within_s: float) -> None:
        """See `runtime.handling.Handling`."""
