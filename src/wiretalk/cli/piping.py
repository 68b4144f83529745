"""`wiretalk listen` where nobody types: standard input goes to the peers, what they say to standard output."""

from __future__ import annotations

import asyncio
import os
import threading
import time

from wiretalk.cli import options
from wiretalk.cli.controlling import controlled
from wiretalk.cli.gathering import Gathering
from wiretalk.cli.outlet import Outlet
from wiretalk.cli.output import complain, tell
from wiretalk.cli.reading import Watch
from wiretalk.cli.serving import announce, serve_until_stopped
from wiretalk.cli.showing import ending_of, watches_reader
from wiretalk.errors import WiretalkError
from wiretalk.runtime import run, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from wiretalk.cli.gathering import Peer
    from wiretalk.cli.manner import Manner
    from wiretalk.layer import Layering
    from wiretalk.runtime import Server


def pipe(manner: Manner, arguments: Namespace, *, once: bool, layers: Sequence[Layering] = ()) -> int:
    """Listen until stopped, or with `once` until the first conversation has ended; return the exit status.

    Raises:
        WiretalkError: it could not listen, or with `once` the conversation ended in any other way than in good order.
        BrokenPipeError: who read standard output has left.
        OSError: standard input could not be read, or standard output not written.
    """
    return run(Pipe(manner, arguments, once=once, layers=layers).hold())


class Pipe:
    """A gathering between standard input and standard output. It is the gathering's report."""

    def __init__(self, manner: Manner, arguments: Namespace, *, once: bool, layers: Sequence[Layering] = ()) -> None:
        self._manner = manner
        self._layers = layers
        self._arguments = arguments
        self._once = once
        self._to_terminal = os.isatty(1)
        self._watch = Watch(output=watches_reader())
        self._shown = manner.shown(to_terminal=self._to_terminal, several=not once)
        self._silent = no_input()

    async def hold(self) -> int:
        """See `pipe`."""
        loop = self._loop = asyncio.get_running_loop()
        arguments = self._arguments
        alone = self._silent or os.isatty(0)
        gathering = self._gathering = Gathering(self, replies=arguments.replies, alone=alone, once=self._once)
        outlet = self._outlet = Outlet(loop, gathering.fail)
        server = gathering.server = serve(
            self._manner.address,
            gathering.session,
            framing=self._manner.wire(for_reading=self._to_terminal),
            limits=options.server_limits(arguments),
            layers=self._layers,
            access=options.access(arguments),
            max_accepted=1 if self._once else None,
            on_close=gathering.closed,
        )
        tasks = []
        try:
            try:
                async with controlled(arguments, self._layers, "listen", lambda: server.addresses, ""):
                    status = await serve_until_stopped(server, lambda server: tasks.extend(self._started(server)))
            finally:
                for task in tasks:
                    task.cancel()
                await loop.run_in_executor(None, outlet.close)
        except WiretalkError as error:
            self._told_in_json(error)
            raise
        if gathering.failure is not None:
            raise gathering.failure
        return status or self._gathering.exit_status

    def _started(self, server: Server) -> list[asyncio.Task[None]]:
        announce(server)
        if self._manner.json:
            ends = [
                {"address": one, "family": family}
                for one, family in zip(server.addresses, server.families, strict=True)
            ]
            facts = {"addresses": ends, "fingerprints": server.fingerprints}
            self._outlet.put(lambda: self._shown.event("listening", **facts), 0)  # type: ignore[attr-defined]  # JsonLines
        threading.Thread(target=self._read, name="wiretalk-input", daemon=True).start()
        tasks = [self._loop.create_task(self._finish_when_stopped(server))]
        if self._arguments.timeout is not None:
            waiting = self._gathering.leave_unless_somebody_comes(self._arguments.timeout, str(self._manner.address))
            tasks.append(self._loop.create_task(waiting))
        return tasks

    def _told_in_json(self, error: WiretalkError) -> None:
        if self._manner.json:
            from wiretalk.cli.showing import ending_of_error

            self._shown.ended(str(self._manner.address), ending_of_error(error))

    # when to leave

    async def _finish_when_stopped(self, server: Server) -> None:
        await server.serve_forever()
        # There is nothing more to be said by us, so peers need not wait for it.
        await self._gathering.finish()

    async def _leave_when_silent(self) -> None:
        wait_s: float = self._arguments.wait
        while (left_s := self._gathering.heard_at + wait_s - time.monotonic()) > 0:  # noqa: ASYNC110  # see heard_at
            await asyncio.sleep(left_s)
        self._gathering.leave()

    # standard input, in a thread of its own

    def _read(self) -> None:
        try:
            if not self._silent:
                for messages in self._manner.input(self._watch):
                    self._call(self._gathering.say_to_somebody(messages))
                self._call(self._gathering.finish())
                if self._arguments.wait is not None:
                    self._gathering.heard_at = time.monotonic()
                    asyncio.run_coroutine_threadsafe(self._leave_when_silent(), self._loop)
            if self._watch.output and self._watch.wait_for_leaving():
                self._soon(self._gathering.fail, BrokenPipeError())
        except (OSError, WiretalkError) as error:
            self._soon(self._gathering.fail, error)
        except (RuntimeError, asyncio.CancelledError):
            # The loop is closed: it is over.
            pass

    def _call(self, coroutine: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _soon(self, call: Callable[..., object], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(call, *arguments)

    # the gathering's report

    def opened(self, peer: Peer) -> None:
        """See `gathering.Report`."""
        connection = peer.connection
        facts = connection.as_dict()
        if self._arguments.verbose:
            tell(f"{connection.peer}: opened at {connection.local}" + (f", {connection.tls}" if connection.tls else ""))
        self._outlet.put(lambda: self._shown.opened(connection.peer, facts), 0)

    async def heard(self, peer: Peer, message: bytes) -> None:
        """See `gathering.Report`."""
        self._outlet.put(lambda: self._show(peer, message), len(message) + 64)
        await self._outlet.room()

    def _show(self, peer: Peer, message: bytes) -> None:
        try:
            self._shown.received(peer.connection.peer, message)
        except WiretalkError as error:
            # A message that is no value of the codec, or cannot be written in the framing: this peer's own matter.
            self._soon(peer.connection.abort, error)

    def cut(self, peer: Peer, rest: bytes) -> None:
        """See `gathering.Report`."""
        self._outlet.put(lambda: self._shown.cut(peer.connection.peer, rest), len(rest))

    def unfinished(self, peer: Peer) -> bool:  # noqa: ARG002  # the report's signature
        """See `gathering.Report`: pieces are written as they come."""
        return False

    def quiet(self, peer: Peer) -> None:
        """See `gathering.Report`."""

    def said(self, peer: Peer, messages: list[bytes]) -> None:
        """See `gathering.Report`."""
        if self._shown.wants_sent:
            name = peer.connection.peer
            for message in messages:
                self._outlet.put(lambda message=message: self._shown.sent(name, message), len(message))  # type: ignore[misc]  # bound now

    def finished(self, peer: Peer) -> None:  # noqa: ARG002  # the report's signature
        """See `gathering.Report`."""
        if self._once:
            self._outlet.put(lambda: self._shown.finished(self._watch), 0)

    def ended(self, peer: Peer) -> None:
        """See `gathering.Report`."""
        connection = peer.connection
        ending = connection.ending
        facts = ending_of(connection.as_dict())
        if ending is not None and (ending.how not in {"finished", "closed"} or self._arguments.verbose):
            (tell if ending.how == "finished" else complain)(f"{connection.peer}: {ending}")
        self._outlet.put(lambda: self._shown.ended(connection.peer, facts), 0)


def no_input() -> bool:
    """Whether standard input is none: closed, or /dev/null, as a shell gives it to what runs in the background."""
    try:
        here = os.fstat(0)
        return here.st_rdev == os.stat(os.devnull).st_rdev and here.st_rdev != 0
    except OSError:
        return True
