"""Conversations: a program that has one to itself, and commands that are asked for one after another."""

from __future__ import annotations

import logging
import re

from wiretalk.address.commands import UnclosedError, words
from wiretalk.errors import FinishedError, TimedOutError, WiretalkError
from wiretalk.limits import EXEC_REFUSALS, EXEC_REQUEST_BYTES, EXEC_TOKEN_S, TOKEN_BYTES
from wiretalk.service.exec.answers import answer_to
from wiretalk.service.exec.commands import RefusalError
from wiretalk.service.exec.complaints import shown
from wiretalk.service.exec.running import LEFT, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wiretalk.runtime import Connection
    from wiretalk.runtime.launching import Program
    from wiretalk.service.exec.answers import Answer
    from wiretalk.service.exec.commands import Command
    from wiretalk.service.exec.running import Manner, Runner
    from wiretalk.service.guarding import Token

    Happened = Callable[[Connection, str, Outcome], None]

log = logging.getLogger("wiretalk")

WRONG_TOKEN = "the token is wrong; it has to be the first line"  # noqa: S105  # what is said of one
NO_TOKEN = f"the token has not come within {EXEC_TOKEN_S:g} s; it has to be the first line"

HTTP = re.compile(rb".* HTTP/1\.[01]")
"""The first line of a request of a browser's, which any web page can have sent to this machine."""


def unheard(client: Connection, what: str, outcome: Outcome) -> None:
    """Hear of what has been run, and do nothing; who listens takes this one's place."""


async def ask_for(token: Token, client: Connection) -> bytes | None:
    """Take a peer's first line, and return what came with it and is not a part of it; None: it was not the token.

    Raises:
        WiretalkError: the peer has left.
    """
    why = WRONG_TOKEN
    try:
        line, rest = await _first_line(client)
        if token.matches(line):
            return rest
    except TimedOutError:
        why = NO_TOKEN
    except FinishedError:
        # It has said less than a line; where that was the token, it has nothing to ask for.
        pass
    log.warning("%s: %s", client.peer, why)
    await client.send(f"refused: {why}".encode() + (b"\n" if client.plan.framing == "raw" else b""))
    client.leaving = "failed"
    return None


async def _first_line(client: Connection) -> tuple[bytes, bytes]:
    """Return the first line, and what has come after it."""
    from asyncio import get_running_loop

    now = get_running_loop().time
    until = now() + EXEC_TOKEN_S
    said: bytes = await client.receive(timeout_s=EXEC_TOKEN_S)
    if client.address.kind == "stream" and client.plan.framing == "raw":
        # A stream without messages: the line may come in pieces, and the program's first input with it.
        while b"\n" not in said and len(said) <= TOKEN_BYTES + 1:
            said += await client.receive(timeout_s=max(0, until - now()))
        said, _, rest = said.partition(b"\n")
        return said.removesuffix(b"\r"), rest
    return _line(said), b""


def _line(message: bytes) -> bytes:
    return message.removesuffix(b"\n").removesuffix(b"\r")


class Lone:
    """Gives each peer a program of its own, whose input and output the conversation is.

    Args:
        arguments: the program and its arguments.
        manner: how it is run.
        runner: runs it.
        token: what peers have to say first; None: nothing.
    """

    __slots__ = ("_arguments", "_manner", "_runner", "_token", "happened")

    def __init__(self, arguments: Sequence[str], manner: Manner, runner: Runner, token: Token | None) -> None:
        self._arguments = arguments
        self._manner = manner
        self._runner = runner
        self._token = token
        self.happened: Happened = unheard

    async def session(self, client: Connection) -> None:
        """Hold one conversation."""
        first: bytes | None = b""
        if self._token is not None:
            first = await ask_for(self._token, client)
            if first is None:
                return

        last = b"\n"

        async def feed(program: Program) -> None:
            await _feed(client, program, first or b"")

        async def give(piece: bytes) -> None:
            nonlocal last
            last = piece[-1:]
            await client.send(piece)

        outcome = await self._runner.run(self._arguments, self._manner, client, give, feed)
        self.happened(client, self._arguments[0], outcome)
        if outcome.word == "ok" or outcome is LEFT:
            return
        client.leaving = "failed"
        if outcome.word not in {"exit", "killed"}:
            await client.send((b"" if last == b"\n" else b"\n") + f"wiretalk: {outcome}\n".encode())


async def _feed(client: Connection, program: Program, first: bytes) -> None:
    """Give a program what its peer says, and in the end its end."""
    try:
        if first:
            await program.connection.send(first)
        while True:
            try:
                data = await client.receive()
            except FinishedError:
                break
            except WiretalkError:
                # The peer has broken off, or said what cannot be.
                program.end()
                return
            await program.connection.send(data)
        await program.connection.half_close()
    except WiretalkError:
        # The program takes no more; what it still says is heard.
        return


class Listed:
    """Runs the listed commands that peers name.

    Args:
        commands: by name.
        runner: runs them.
        token: what peers have to say first; None: nothing.
    """

    __slots__ = ("_commands", "_runner", "_token", "happened")

    def __init__(self, commands: Mapping[str, Command], runner: Runner, token: Token | None) -> None:
        self._commands = commands
        self._runner = runner
        self._token = token
        self.happened: Happened = unheard

    async def session(self, client: Connection) -> None:
        """Hold one conversation."""
        datagrams = client.address.kind == "datagram"
        if self._token is not None and not datagrams and await ask_for(self._token, client) is None:
            return
        refused = 0
        client.resting = True
        async for message in client:
            client.resting = False
            request = _line(message)
            answer = answer_to(client)
            if datagrams and self._token is not None:
                line, _, request = request.partition(b"\n")
                if not self._token.matches(line.removesuffix(b"\r")):
                    log.warning("%s: %s", client.peer, WRONG_TOKEN)
                    await answer.finish(Outcome("refused", WRONG_TOKEN))
                    return
            if request.strip():
                outcome = await self._fulfil(request, client, answer)
                # Somebody may say the token twice, and it is not for the log.
                secret = self._token is not None and self._token.matches(request)
                self.happened(client, "(the token)" if secret else shown(request), outcome)
                if outcome is LEFT:
                    return
                refused += outcome.word == "refused"
                await answer.finish(outcome)
                if HTTP.fullmatch(request) or refused >= EXEC_REFUSALS:
                    client.leaving = "failed"
                    return
            client.resting = True

    async def _fulfil(self, request: bytes, client: Connection, answer: Answer) -> Outcome:
        """Do what a request asks for, telling the output; return what became of it."""
        try:
            name, *arguments = _words(request)
            if name in {"help", "list"}:
                for line in self._help(name, arguments):
                    await answer.give(line.encode() + b"\n")
                return Outcome("ok")
            command = self._commands.get(name)
            if command is None:
                raise RefusalError("there is no such command; help shows what there is")
            vector = command.fill(arguments)
        except RefusalError as error:
            return Outcome("refused", str(error))
        return await self._runner.run(vector, command.manner, client, answer.give)

    def _help(self, name: str, arguments: list[str]) -> list[str]:
        """Return the lines of `list`, `help` and `help COMMAND`."""
        commands = self._commands
        if name == "list" and not arguments:
            return list(commands)
        if name == "help" and not arguments:
            width = max(len(command.usage) for command in commands.values())
            return [f"{one.usage:{width}}  {one.description}".rstrip() for one in commands.values()]
        if name == "help" and len(arguments) == 1 and arguments[0] in commands:
            one = commands[arguments[0]]
            patterns = [f"{argument.name.upper()} is {argument.pattern}" for argument in one.arguments]
            return [one.usage, *([one.description] if one.description else []), *patterns]
        raise RefusalError("write list, help, or help and the name of a command")


def _words(request: bytes) -> list[str]:
    """Return the words of a request.

    Raises:
        RefusalError: it cannot be read.
    """
    if len(request) > EXEC_REQUEST_BYTES:
        raise RefusalError(f"the request is longer than {EXEC_REQUEST_BYTES} bytes")
    if b"\0" in request:
        raise RefusalError("the request holds a NUL")
    try:
        found = words(request.decode())
    except UnicodeDecodeError:
        raise RefusalError("the request is not UTF-8") from None
    except UnclosedError as error:
        raise RefusalError(error.reason) from None
    # There are words, as it is not blank; and a name that is empty is that of no command.
    return found or [""]
