"""A control's connection: its requests one after another, each within limits of time. HTTP is in `exchange`."""

from __future__ import annotations

import asyncio
import logging

from wiretalk.control.exchange import Exchange
from wiretalk.control.messages import Answer, Refusal, Request
from wiretalk.errors import FinishedError, TimedOutError, WiretalkError
from wiretalk.limits import CONTROL_ANSWER_S, CONTROL_IDLE_S, CONTROL_REQUEST_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wiretalk.control.routes import Routes
    from wiretalk.runtime import Connection

log = logging.getLogger("wiretalk")


class Session:
    """Answers the requests of connections.

    Args:
        routes: what can be asked for.
        request_s: how long a request may take to come, in seconds.
        answer_s: how long doing what it asks for may take.
        idle_s: how long the next one may take to begin.
    """

    def __init__(
        self,
        routes: Routes,
        *,
        request_s: float = CONTROL_REQUEST_S,
        answer_s: float = CONTROL_ANSWER_S,
        idle_s: float = CONTROL_IDLE_S,
    ) -> None:
        self._routes = routes
        self._request_s = request_s
        self._answer_s = answer_s
        self._idle_s = idle_s

    def session(self) -> Callable[[Connection], Awaitable[None]]:
        """Return what `wiretalk.serve` takes: a coroutine function of a connection."""

        async def hold(connection: Connection) -> None:
            await self.hold(connection)

        return hold

    async def hold(self, connection: Connection) -> None:
        """Answer the requests of one connection until it is over."""
        exchange = Exchange()
        try:
            while not exchange.over:
                request = await self._next(connection, exchange)
                if request is None:
                    return
                await connection.send(exchange.answer(await self._answer(request)), timeout_s=self._request_s)
        except Refusal as refusal:
            wire = exchange.answer(refusal.answer(), last=True)
            if wire:
                await connection.send(wire, timeout_s=self._request_s)
        except WiretalkError as error:
            # It has left in the middle of something, or does not take its answers: there is nobody to tell.
            log.info("control: %s", error)

    async def _next(self, connection: Connection, exchange: Exchange) -> Request | None:
        """Return the next request; None: there is none."""
        loop = asyncio.get_running_loop()
        begun_at: float | None = None
        while (request := exchange.next()) is None:
            wire = exchange.go_on()
            if wire:
                await connection.send(wire, timeout_s=self._request_s)
            if begun_at is None and exchange.begun:
                begun_at = loop.time()
            left_s = self._idle_s if begun_at is None else begun_at + self._request_s - loop.time()
            try:
                data = await connection.receive(timeout_s=max(0.0, left_s))
            except TimedOutError:
                if begun_at is None:
                    return None
                raise Refusal(408, f"the request did not come whole within {self._request_s:g} s") from None
            except FinishedError:
                return None
            exchange.feed(data)
        return request

    async def _answer(self, request: Request) -> Answer:
        try:
            async with asyncio.timeout(self._answer_s):
                return await self._routes.answer(request)
        except TimeoutError:
            return Refusal(504, f"it was not done within {self._answer_s:g} s").answer()
        except Exception:
            # A mistake of ours must neither end what is controlled nor reach who asked.
            log.exception("control: %s /%s failed", request.method, "/".join(request.path))
            return Refusal(500, "that failed, and the log of the server says why").answer()
