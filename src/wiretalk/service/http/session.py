"""A connection: its requests one after another, each within limits of time. HTTP is in `exchange`."""

from __future__ import annotations

import asyncio
import logging
import os
import time

from wiretalk.ending import Ending
from wiretalk.errors import EndedError, FinishedError, TimedOutError, WiretalkError
from wiretalk.limits import (
    HTTP_BODY_BYTES,
    HTTP_HEAD_S,
    HTTP_HELD_BYTES,
    HTTP_IDLE_S,
    HTTP_JOINED_BYTES,
    HTTP_LINGER_S,
    HTTP_STALL_S,
)
from wiretalk.service.http.conditions import write_date
from wiretalk.service.http.exchange import Exchange
from wiretalk.service.http.messages import Answer, Part, Refusal
from wiretalk.service.http.target import read_target
from wiretalk.transport.filepart import SHORTER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.runtime import Connection
    from wiretalk.service.http.getting import Getting
    from wiretalk.service.http.messages import Request
    from wiretalk.service.http.permits import Permits
    from wiretalk.service.http.putting import Putting
    from wiretalk.service.http.target import Target

    Told = Callable[[Connection, str, dict[str, Any], str], None]

log = logging.getLogger("wiretalk")


class Times:
    """How long a peer may take, in seconds.

    Args:
        head_s: for the head of a request.
        idle_s: until the next request begins.
        stall_s: sending nothing of a body, or taking nothing of an answer.
        linger_s: while it is still sending what has been refused.
    """

    __slots__ = ("head_s", "idle_s", "linger_s", "stall_s")

    def __init__(
        self,
        *,
        head_s: float = HTTP_HEAD_S,
        idle_s: float = HTTP_IDLE_S,
        stall_s: float = HTTP_STALL_S,
        linger_s: float = HTTP_LINGER_S,
    ) -> None:
        self.head_s = head_s
        self.idle_s = idle_s
        self.stall_s = stall_s
        self.linger_s = linger_s


class Site:
    """What is done with requests, for all connections of a server.

    Args:
        getting: GET and HEAD.
        putting: PUT; None: there is none.
        permits: who may.
        headers: that every answer has.
        told: called with each request that has been answered: the connection, "request", its facts, and a sentence.
        times: how long peers may take; None: as in `wiretalk.limits`.
    """

    def __init__(
        self,
        getting: Getting,
        putting: Putting | None,
        permits: Permits,
        *,
        headers: tuple[tuple[str, str], ...],
        told: Told,
        times: Times | None = None,
    ) -> None:
        self.getting = getting
        self.putting = putting
        self.permits = permits
        self.headers = headers
        self.told = told
        self.times = times or Times()
        # Of answers on their way, what is in memory.
        self.held_bytes = 0
        self.allow = ("Allow", "GET, HEAD, OPTIONS" + (", PUT" if putting is not None else ""))

    async def hold(self, connection: Connection) -> None:
        """Answer the requests of one connection until it is over."""
        await Talk(self, connection).hold()


class Talk:
    """The requests of one connection."""

    def __init__(self, site: Site, connection: Connection) -> None:
        self._site = site
        self._times = site.times
        self._connection = connection
        self._exchange = Exchange()

    async def hold(self) -> None:
        """See `Site.hold`."""
        exchange = self._exchange
        while not exchange.over:
            begun_at = time.monotonic()
            request = None
            try:
                request = await self._next()
                if request is None:
                    return
                begun_at = time.monotonic()
                answer = self._if_there_is_room(await self._answer(request))
            except Refusal as refusal:
                answer = refusal.answer()
            size = answer.held_bytes
            self._site.held_bytes += size
            try:
                await self._send(request, answer, begun_at)
            finally:
                self._site.held_bytes -= size
        if exchange.unread:
            await self._linger()

    # what is asked

    async def _next(self) -> Request | None:
        """Return the head of the next request; None: there is none.

        Raises:
            Refusal: it is none, or did not come in time.
        """
        exchange, times, connection = self._exchange, self._times, self._connection
        begun_at: float | None = None
        while (request := exchange.head()) is None:
            if begun_at is None and exchange.begun:
                begun_at = time.monotonic()
            left_s = times.idle_s if begun_at is None else begun_at + times.head_s - time.monotonic()
            connection.resting = begun_at is None
            try:
                data = await connection.receive(timeout_s=max(0.0, left_s))
            except TimedOutError:
                if begun_at is None:
                    return None
                raise Refusal(408, f"the head of the request did not come whole within {times.head_s:g} s") from None
            except FinishedError:
                return None
            finally:
                connection.resting = False
            exchange.feed(data)
        return request

    async def _piece(self) -> bytes:
        """Return the next piece of the request's body; b"": that was all.

        Raises:
            Refusal: it does not come.
        """
        exchange, connection = self._exchange, self._connection
        while (piece := exchange.body()) is None:
            wire = exchange.go_on()
            if wire:
                await connection.send(wire, timeout_s=self._times.stall_s)
            try:
                exchange.feed(await connection.receive(timeout_s=self._times.stall_s))
            except TimedOutError:
                raise Refusal(408, f"nothing of the body came for {self._times.stall_s:g} s") from None
            except FinishedError:
                exchange.feed(b"")
        return piece

    # what is answered

    async def _answer(self, request: Request) -> Answer:
        try:
            return await self._act(request)
        except (Refusal, WiretalkError):
            raise
        except Exception:
            # A mistake of ours must not reach who asked.
            log.exception("http: %s %s failed", request.method, request.target)
            raise Refusal(500, "that failed, and the log of the server says why") from None

    def _if_there_is_room(self, answer: Answer) -> Answer:
        """Return the answer, unless peers that read slowly make us hold too much already.

        Raises:
            Refusal: they do.
        """
        size = answer.held_bytes
        if size <= HTTP_JOINED_BYTES or self._site.held_bytes + size <= HTTP_HELD_BYTES:
            return answer
        answer.close()
        raise Refusal(503, "too many peers are being sent such answers; try again", [("Retry-After", "1")])

    async def _act(self, request: Request) -> Answer:
        site, method = self._site, request.method
        if method == "OPTIONS" and request.target == "*":
            return Answer(204, [site.allow])
        target = read_target(request.target)
        site.permits.check(request, target, self._connection.address, writing=method == "PUT")
        if method == "PUT" and site.putting is not None:
            return await self._put(site.putting, request, target)
        await self._drop_body(request)
        if method in {"GET", "HEAD"}:
            return await site.getting.answer(request, target)
        if method == "OPTIONS":
            return Answer(204, [site.allow])
        raise Refusal(405, f"{method} is not for here" + NO_UPLOADS * (method == "PUT"), [site.allow])

    async def _drop_body(self, request: Request) -> None:
        size = 0
        while request.has_body and (piece := await self._piece()):
            size += len(piece)
            if size > HTTP_BODY_BYTES:
                raise Refusal(413, "a request of this kind has no use for so long a body")

    async def _put(self, putting: Putting, request: Request, target: Target) -> Answer:
        upload = putting.begin(request, target)
        try:
            while piece := await self._piece():
                upload.write(piece)
            return upload.finish(request, target)
        finally:
            upload.close()

    async def _send(self, request: Request | None, answer: Answer, begun_at: float) -> None:
        """Send an answer; the connection is broken off where that cannot be done to its end."""
        connection, exchange = self._connection, self._exchange
        before, size_sent = connection.bytes_sent, None
        try:
            bare = request is not None and request.method == "HEAD"
            size = None if answer.status in {204, 304} else answer.size
            headers = [("Date", write_date(time.time())), *answer.headers, *self._site.headers]
            wire = exchange.start(answer.status, headers, size, last=request is None)
            if bare or not answer.body:
                await self._write(wire)
            else:
                exchange.passed(answer.size)
                await self._write_body(wire, answer)
            exchange.end()
            size_sent = len(wire) + (0 if bare else answer.size)
        except WiretalkError as error:
            # What has been said of its length is not so any more, and the peer must not take it for whole.
            connection.abort(error if isinstance(error, EndedError) else None)
            raise
        finally:
            answer.close()
            if size_sent is None:
                # What the peer, or rather the system, has taken of it.
                size_sent = connection.bytes_sent - before
            self._tell(request, answer.status, size_sent, time.monotonic() - begun_at)

    async def _write_body(self, wire: bytes, answer: Answer) -> None:
        """Send the head and the body: short pieces together, long parts of a file by the kernel."""
        gathered = [wire]
        for piece in answer.body:
            if isinstance(piece, bytes):
                gathered.append(piece)
            elif piece.count <= HTTP_JOINED_BYTES:
                gathered.append(self._read(answer, piece))
            else:
                await self._write(b"".join(gathered))
                gathered.clear()
                await self._connection.send_file(
                    _open(answer), piece.offset, piece.count, timeout_s=self._times.stall_s
                )
        await self._write(b"".join(gathered))

    def _read(self, answer: Answer, part: Part) -> bytes:
        """Return a short part of the file.

        Raises:
            EndedError: it is not there any more.
        """
        data = os.pread(_open(answer), part.count, part.offset)
        if len(data) < part.count:
            raise EndedError(self._connection.peer, Ending("failed", "system", reason=SHORTER))
        return data

    async def _write(self, data: bytes) -> None:
        """Send bytes; the peer may be slow in taking them, and may not stand still.

        Raises:
            TimedOutError: it does.
        """
        connection = self._connection
        for at in range(0, len(data), HTTP_JOINED_BYTES):
            sent = connection.bytes_sent
            try:
                await connection.send(data[at : at + HTTP_JOINED_BYTES], timeout_s=self._times.stall_s)
            except TimedOutError:
                if connection.bytes_sent == sent:
                    raise

    async def _linger(self) -> None:
        """Let a peer that is still sending see our answer, before a reset could overtake it."""
        connection = self._connection
        await connection.half_close()
        try:
            async with asyncio.timeout(self._times.linger_s):
                while True:
                    await connection.receive()
        except (TimeoutError, WiretalkError):
            # It has had its time, or has left.
            return

    def _tell(self, request: Request | None, status: int, size: int, duration_s: float) -> None:
        method, path = (request.method, request.target) if request is not None else ("", "")
        facts = {
            "method": method,
            "path": path,
            "status": status,
            "bytes": size,
            "duration_s": round(duration_s, 6),
        }
        what = f"{method} {path}" if method else "no request"
        self._site.told(self._connection, "request", facts, f"{what}: {status}, {size} bytes, {duration_s:.3f} s")


NO_UPLOADS = ": this server takes no files (--upload)"


def _open(answer: Answer) -> int:
    assert answer.descriptor is not None  # noqa: S101  # who has parts has a file
    return answer.descriptor
