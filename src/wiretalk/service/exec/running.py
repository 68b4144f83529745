"""Run one program for a peer, within its limits: time, output, and how many at once. It never outlives its peer."""

from __future__ import annotations

import asyncio
import logging
import os

from wiretalk.errors import LimitError, UsageError, WiretalkError
from wiretalk.limits import EXEC_LOOK_S
from wiretalk.runtime.launching import Program
from wiretalk.runtime.presence import Presence
from wiretalk.service.exec.complaints import Complaints
from wiretalk.transport import explain
from wiretalk.units import format_duration, format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from wiretalk.runtime import Connection

    Give = Callable[[bytes], Awaitable[None]]

log = logging.getLogger("wiretalk")

KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "LANG")
"""What of our environment a program is given, and all that begins with LC_."""

COMPLAINTS = ("log", "output", "none")
"""Where the standard error of a program may go."""


class Manner:
    """How programs are run.

    Args:
        timeout_s: how long one may run, in seconds; None: for ever.
        max_output_bytes: how much it may say; None: anything.
        directory: where it runs; None: where we do.
        variables: what is added to its environment, which has little of ours.
        errors: where its standard error goes: "log", "output" or "none".

    Raises:
        UsageError: a value is wrong.
    """

    __slots__ = ("directory", "errors", "max_output_bytes", "timeout_s", "variables")

    def __init__(
        self,
        *,
        timeout_s: float | None,
        max_output_bytes: int | None,
        directory: str | None = None,
        variables: Mapping[str, str] | None = None,
        errors: str = "log",
    ) -> None:
        if timeout_s is not None and timeout_s <= 0:
            raise UsageError("", reason=f"a program's time must be above 0, not {timeout_s:g}")
        if max_output_bytes is not None and max_output_bytes < 1:
            raise UsageError("", reason=f"a program's output must be 1 byte or more, not {max_output_bytes}")
        if errors not in COMPLAINTS:
            raise UsageError("", reason=f'standard error goes to {", ".join(COMPLAINTS)}, not "{errors}"')
        if directory is not None and not os.path.isdir(directory):
            raise UsageError("", reason=f"there is no directory {directory}")
        for name, value in (variables or {}).items():
            if not name or "=" in name or "\0" in name + value:
                raise UsageError("", reason=f'"{name}" cannot be a variable of the environment')
        self.timeout_s = timeout_s
        self.max_output_bytes = max_output_bytes
        self.directory = directory
        self.variables = dict(variables or {})
        self.errors = errors

    def environment(self, client: Connection) -> dict[str, str]:
        """Return the environment of a program that runs for this peer."""
        kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("LC_")}
        return kept | {"WIRETALK_PEER": client.peer, "WIRETALK_LOCAL": client.local} | self.variables


def check_program(program: str, manner: Manner) -> None:
    """Refuse a program that could not be started, before anybody asks for it.

    Raises:
        UsageError: there is none of that name, or it may not be run.
    """
    from shutil import which

    path = manner.variables.get("PATH", os.environ.get("PATH", os.defpath))
    found = which(os.path.join(manner.directory or "", program) if "/" in program else program, path=path)
    if found is None:
        raise UsageError("", reason=f"there is no program {program}", hint="is it installed, executable, in the PATH?")


class Outcome:
    """What became of a program, or of a request for one.

    Args:
        word: "ok", "exit", "killed", "timeout", "limit", "busy", "refused", "failed", or "gone", which nobody is told.
        told: the number, the signal, or a sentence; "" for ok.
    """

    __slots__ = ("told", "word")

    def __init__(self, word: str, told: str = "") -> None:
        self.word = word
        self.told = told

    def __str__(self) -> str:
        if not self.told:
            return self.word
        return f"{self.word} {self.told}" if self.word in {"exit", "killed"} else f"{self.word}: {self.told}"


def ended(status: int) -> Outcome:
    """Return what became of a program that has ended by itself."""
    if status == 0:
        return Outcome("ok")
    if status > 0:
        return Outcome("exit", str(status))
    from signal import Signals

    try:
        return Outcome("killed", Signals(-status).name)
    except ValueError:
        return Outcome("killed", f"signal {-status}")


LEFT = Outcome("gone")
"""Of a program whose peer has left."""


class Runner:
    """Runs programs, so many at once.

    Args:
        max_running: how many.

    Attributes:
        running: how many run now. One that has been told to end counts until it has.

    Raises:
        UsageError: the number is below 1.
    """

    __slots__ = ("_max_running", "running")

    def __init__(self, max_running: int) -> None:
        if max_running < 1:
            raise UsageError("", reason=f"max_running must be 1 or more, not {max_running}")
        self._max_running = max_running
        self.running = 0

    async def run(
        self,
        arguments: Sequence[str],
        manner: Manner,
        client: Connection,
        give: Give,
        feed: Callable[[Program], Awaitable[None]] | None = None,
    ) -> Outcome:
        """Run a program to its end, give its output on, and return what became of it.

        It is ended with its group when its time is over, when it says too much, and when the peer has left.

        Args:
            arguments: its argument vector.
            manner: how.
            client: the peer.
            give: called with each piece of output; waits while the peer is slow.
            feed: gives it what it reads; None: it reads nothing.

        Raises:
            WiretalkError: the conversation with the peer has failed.
        """
        if self.running >= self._max_running:
            return Outcome("busy", f"{self.running} programs run already, which is the limit; try again later")
        program = self._start(arguments, manner, client, reads=feed is not None)
        if isinstance(program, Outcome):
            return program
        watch = _Watch(client, program)
        feeding = None if feed is None else asyncio.ensure_future(feed(program))
        try:
            async with asyncio.timeout(manner.timeout_s) as time:
                return await _listen(program, manner.max_output_bytes, give)
        except TimeoutError:
            if not time.expired():
                raise
            return Outcome("timeout", f"it was ended after {format_duration(manner.timeout_s or 0)}")
        finally:
            watch.cancel()
            program.end()
            if feeding is not None:
                feeding.cancel()
                await asyncio.wait([feeding])

    def _start(self, arguments: Sequence[str], manner: Manner, client: Connection, *, reads: bool) -> Program | Outcome:
        def reaped() -> None:
            self.running -= 1

        self.running += 1
        try:
            return Program(
                arguments,
                directory=manner.directory,
                variables=manner.environment(client),
                reads=reads,
                errors=Complaints(f"{client.peer}: {arguments[0]}").take if manner.errors == "log" else manner.errors,
                reaped=reaped,
            )
        except (OSError, LimitError) as error:
            self.running -= 1
            told = error if isinstance(error, WiretalkError) else explain(error, arguments[0], "open")
            log.warning("%s: %s", client.peer, told)
            return Outcome("failed", "the program could not be started")


async def _listen(program: Program, most: int | None, give: Give) -> Outcome:
    """Give on what the program says, to its end or up to so many bytes."""
    left = most
    while True:
        try:
            piece = await program.connection.receive()
        except WiretalkError:
            # The end: in good order, with a status that is not 0, or because it was ended.
            break
        if left is not None and most is not None:
            if len(piece) > left:
                await give(piece[:left])
                size = format_size(most)
                return Outcome("limit", f"it was ended after {size}{' bytes' if size.isdigit() else ''} of output")
            left -= len(piece)
        await give(piece)
    return LEFT if program.status is None else ended(program.status)


class _Watch:
    """Ends a program when its peer has left."""

    __slots__ = ("_client", "_peer", "_program", "_timer")

    def __init__(self, client: Connection, program: Program) -> None:
        self._client = client
        self._peer = Presence(client)
        self._program = program
        self._timer: asyncio.TimerHandle | None = None
        self._look()

    def _look(self) -> None:
        if self._peer.is_over():
            self._client.abort()
            self._program.end()
        else:
            self._timer = asyncio.get_running_loop().call_later(EXEC_LOOK_S, self._look)

    def cancel(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
