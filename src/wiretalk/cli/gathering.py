"""The peers of `wiretalk listen`: who is here, what is said to them, and when it is over. It lives in the event loop.

What peers say goes to a `Report`, which knows how it is shown; where what we say comes from is not its matter.
"""

from __future__ import annotations

import asyncio
import time

from wiretalk.cli.screen import UNFINISHED_S
from wiretalk.errors import (
    ClosedError,
    FinishedError,
    LimitError,
    MessageError,
    TimedOutError,
    TruncatedError,
    WiretalkError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from wiretalk.runtime import Connection, Conversation, Server

    class Report(Protocol):
        """What a gathering tells of its peers; all of it is called in the loop's thread."""

        def opened(self, peer: Peer) -> None: ...
        async def heard(self, peer: Peer, message: bytes) -> None: ...
        def cut(self, peer: Peer, rest: bytes) -> None: ...
        def unfinished(self, peer: Peer) -> bool: ...
        def quiet(self, peer: Peer) -> None: ...
        def said(self, peer: Peer, messages: list[bytes]) -> None: ...
        def finished(self, peer: Peer) -> None: ...
        def ended(self, peer: Peer) -> None: ...


class Peer:
    """One peer.

    Attributes:
        number: counted from 1, in the order of coming.
        connection: the conversation with it.
        finished: whether it has nothing more to say.
        gone: set when nothing more is to be said to it.
    """

    __slots__ = ("connection", "finished", "gone", "number")

    def __init__(self, number: int, connection: Connection) -> None:
        self.number = number
        self.connection = connection
        self.finished = False
        self.gone = asyncio.Event()


class Gathering:
    """All peers of one server.

    Args:
        report: what is told of them.
        replies: leave after so many messages; None: any number.
        once: whether only one peer is taken.
        alone: whether a peer's end of input is the end of its conversation although we may have more to say.

    Attributes:
        server: given right after.
        peers: those who are here, by number.
        failure: what ended it all, where it was an error.
    """

    def __init__(self, report: Report, *, replies: int | None, alone: bool, once: bool) -> None:
        self.server: Server = None  # type: ignore[assignment]  # it needs our `session` to be made
        self.peers: dict[int, Peer] = {}
        self.failure: BaseException | None = None
        self.heard_at = time.monotonic()
        # The last conversation that is over, for the exit status of a server of one.
        self._last: Conversation | None = None
        self._by_connection: dict[Conversation, Peer] = {}
        self._report = report
        self._replies = replies
        self._alone = alone
        self._once = once
        self._count = 0
        self._heard = 0
        self._over = False
        self._somebody = asyncio.Event()
        self._came = asyncio.Event()

    # peers come and go

    async def session(self, connection: Connection) -> None:
        """Hold one conversation: the server's session."""
        self._count += 1
        peer = self.peers[self._count] = self._by_connection[connection] = Peer(self._count, connection)
        self._report.opened(peer)
        self._somebody.set()
        self._came.set()
        if self._once and connection.address.kind != "datagram":
            # Whoever else comes is refused at once, and need not wait for nothing.
            self.server.stop_accepting()
        if self._over:
            await connection.half_close()
        await self._hear(peer)
        peer.finished = True
        if not (self._alone or self._over or connection.address.kind == "datagram"):
            # What we have to say goes on, to its own end.
            self._report.finished(peer)
            await peer.gone.wait()

    async def _hear(self, peer: Peer) -> None:
        connection, report = peer.connection, self._report
        try:
            while True:
                waits = report.unfinished(peer)
                if not waits:
                    async for message in connection:
                        await self._heard_one(peer, message)
                        if report.unfinished(peer):
                            break
                    else:
                        return
                    continue
                try:
                    message = await connection.receive(timeout_s=UNFINISHED_S)
                except TimedOutError as error:
                    if error.wait != "receive":
                        raise
                    report.quiet(peer)
                    continue
                await self._heard_one(peer, message)
        except FinishedError:
            return
        except TruncatedError as error:
            report.cut(peer, error.rest)
            raise

    async def _heard_one(self, peer: Peer, message: bytes) -> None:
        if self._heard == self._replies:
            return
        self._heard += 1
        self.heard_at = time.monotonic()
        await self._report.heard(peer, message)
        if self._heard == self._replies:
            self.leave()

    def closed(self, conversation: Conversation) -> None:
        """See that a conversation is over: the server's `on_close`."""
        self._last = conversation
        peer = self._by_connection.pop(conversation, None)
        if peer is not None:
            self.peers.pop(peer.number, None)
            if not self.peers:
                self._somebody.clear()
            peer.gone.set()
            self._report.ended(peer)

    async def leave_unless_somebody_comes(self, within_s: float, address: str) -> None:
        """Wait until the first peer comes; if it does not in time (wait "accept"), that is the failure of it all."""
        try:
            async with asyncio.timeout(within_s):
                await self._came.wait()
        except TimeoutError:
            self.fail(TimedOutError(address, "accept", within_s))

    def fail(self, error: BaseException) -> None:
        """It is over because of this error, unless there was one before."""
        if self.failure is None:
            self.failure = error
            self.leave()

    @property
    def exit_status(self) -> int:
        """Of a server of one, how its conversation ended; else 0."""
        if not self._once or self._last is None or self._last.ending is None:
            return 0
        return self._last.ending.exit_status

    # what we say

    async def say_to_all(self, messages: list[bytes]) -> int:
        """Say something to everybody who is here; return to how many."""
        peers = list(self.peers.values())
        if len(peers) == 1:
            await self.say(peers[0], messages)
        else:
            await asyncio.gather(*(self.say(peer, messages) for peer in peers))
        return len(peers)

    async def say_to_somebody(self, messages: list[bytes]) -> None:
        """As say_to_all, but wait until anybody is here."""
        while not await self.say_to_all(messages):
            await self._somebody.wait()

    async def say(self, peer: Peer, messages: list[bytes]) -> None:
        """Say something to one peer. How a conversation ends that way is told when it has.

        Raises:
            MessageError, LimitError: a message cannot be sent so; whoever is the peer.
        """
        self._report.said(peer, messages)
        try:
            await peer.connection.send_all(messages)
        except (MessageError, LimitError) as error:
            if error.by == "us":
                raise
            self._lost(peer, error)
        except WiretalkError as error:
            self._lost(peer, error)

    def _lost(self, peer: Peer, error: WiretalkError) -> None:
        """Sending failed: end it, unless the session is still hearing what the peer has said: it learns of it there."""
        if peer.finished and not isinstance(error, ClosedError):
            peer.connection.abort(error)

    # the end

    async def finish(self) -> None:
        """We have nothing more to say, to those who are here and to those who will be."""
        self._over = True
        for peer in list(self.peers.values()):
            await self.dismiss(peer)

    async def dismiss(self, peer: Peer) -> None:
        """We have nothing more to say to this one; it may still."""
        peer.gone.set()
        try:
            await peer.connection.half_close()
        except WiretalkError as error:
            self._lost(peer, error)

    def leave(self) -> None:
        """End everything now, in good order."""
        self.server.stop()
        self._over = True
        for peer in list(self.peers.values()):
            peer.gone.set()
            peer.connection.hang_up()

    def abort(self, peers: Iterable[Peer] | None = None) -> None:
        """End everything at once."""
        self.server.stop()
        for peer in list(self.peers.values() if peers is None else peers):
            peer.connection.abort()
