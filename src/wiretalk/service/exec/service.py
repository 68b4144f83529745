"""exec as a service: what it is made of, and where it may be served."""

from __future__ import annotations

import logging
import math
import os

from wiretalk.address import parse
from wiretalk.address.address import Address
from wiretalk.errors import UsageError
from wiretalk.limits import (
    EXEC_COMMAND_BYTES,
    EXEC_COMMAND_S,
    EXEC_RUNNING,
    EXEC_SESSION_BYTES,
    EXEC_SESSION_S,
)
from wiretalk.service.base import Service
from wiretalk.service.exec.listing import commands_of, read
from wiretalk.service.exec.running import Manner, Runner, check_program
from wiretalk.service.exec.sessions import Listed, Lone
from wiretalk.service.guarding import Token, check_guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from wiretalk.runtime import Connection, Server
    from wiretalk.service.exec.running import Outcome

log = logging.getLogger("wiretalk")

CARRYING = ("line", "length", "netstring", "slip", "cobs")
"""Framings whose messages can hold an answer, whatever is in it; `line` with a little help."""


TOLD = ("timeout", "limit", "busy", "refused")
"""Outcomes that are told on our side whether or not anybody follows."""

ENDINGS = ("exit", "killed")
"""Outcomes that a peer is told where commands are listed, and cannot be where a program has the conversation."""


class Exec(Service):
    """The service, which is particular about where it is served.

    Args:
        holder: holds the conversations.
        token: what peers have to know; None: nothing.
    """

    __slots__ = ("_listed", "_token")

    def __init__(self, holder: Lone | Listed, token: Token | None) -> None:
        self._listed = isinstance(holder, Listed)
        self._token = token
        holder.happened = self._happened
        super().__init__("exec", session=holder.session, framing="line" if self._listed else "raw")

    def serve(self, addresses: str | Address | Iterable[str | Address], **settings: Any) -> Server:
        """See `Service.serve`.

        Raises:
            UsageError: strangers could come, or what is said there does not suit.
        """
        several = [addresses] if isinstance(addresses, str | Address) else list(addresses)
        parsed = [parse(one) if isinstance(one, str) else one for one in several]
        for address in parsed:
            self._check(address, settings.get("framing"), settings.get("codec"))
        check_guarded(parsed, self._token, "have commands run")
        return super().serve(parsed, **settings)

    def _happened(self, client: Connection, what: str, outcome: Outcome) -> None:
        """Tell of a program that has been run, or of a request that was refused."""
        sentence = f"{what}: {outcome}"
        if outcome.word in TOLD or (outcome.word in ENDINGS and not self._listed):
            log.warning("%s: %s", client.peer, sentence)
        else:
            log.info("%s: %s", client.peer, sentence)
        if self.told is not None:
            facts = {"run": what, "outcome": outcome.word, "told": outcome.told}
            self.told(client, "run", facts, sentence)

    def _check(self, address: Address, framing: str | None, codec: str | None) -> None:
        codec = address.option("codec") or codec or "bytes"
        if codec != "bytes":
            raise UsageError("", reason=f"exec speaks bytes, and has no use for the codec {codec}")
        if address.kind == "datagram" and not self._listed:
            raise UsageError(
                "",
                reason=f"a program's input and output are streams, and {address.scheme} has none",
                hint="list commands in a file for --commands, which answers datagrams too",
            )
        if address.kind != "stream":
            return
        framing = address.option("framing") or framing or self.framing
        if not self._listed and framing != "raw":
            raise UsageError("", reason=f"a program's input and output are bytes, not messages: leave {framing} out")
        if self._listed and framing.partition(":")[0] not in CARRYING:
            raise UsageError(
                "",
                reason=f"answers cannot be told apart in the framing {framing}",
                hint=f"take one of {', '.join(CARRYING)}",
            )


def make(
    *,
    run: Sequence[str] | None = None,
    commands: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    token: str | None = None,
    max_running: int = EXEC_RUNNING,
    timeout_s: float | None = None,
    max_output_bytes: float | None = None,
    directory: str | None = None,
    variables: Mapping[str, str] | None = None,
    errors: str = "log",
) -> Service:
    """Make the service: either `run` or `commands`.

    Args:
        run: the program, and its arguments, that each connection has to itself.
        commands: what peers may ask for: the path of a TOML file, or what such a file says (see `listing`).
        token: what each peer has to say as its first line; without it, only this machine's own may come, or those who
            TLS has proved.
        max_running: programs at once.
        timeout_s: how long one may run, in seconds; math.inf: for ever; None: an hour with `run`, a minute otherwise.
        max_output_bytes: how much it may say; math.inf: anything; None: 1 GiB with `run`, 16 MiB otherwise.
        directory: where it runs; None: where we do.
        variables: what is added to its environment, which has little of ours.
        errors: where its standard error goes: "log" (ours, line by line), "output" or "none".

    Raises:
        UsageError: one of them is wrong.
    """
    if (run is None) == (commands is None):
        raise UsageError(
            "", reason="exec runs either a program or listed commands", hint="say -- PROGRAM or --commands"
        )
    secret = None if token is None else Token(token)
    alone = run is not None
    manner = Manner(
        timeout_s=_limit(timeout_s, EXEC_SESSION_S if alone else EXEC_COMMAND_S),
        max_output_bytes=_limit(max_output_bytes, EXEC_SESSION_BYTES if alone else EXEC_COMMAND_BYTES),
        directory=directory,
        variables=variables,
        errors=errors,
    )
    runner = Runner(max_running)
    if run is not None:
        return Exec(Lone(_checked(run, manner), manner, runner, secret), secret)
    if isinstance(commands, str | os.PathLike):
        return Exec(Listed(commands_of(read(commands), manner, os.fspath(commands)), runner, secret), secret)
    return Exec(Listed(commands_of(commands or {}, manner), runner, secret), secret)


def _checked(run: Sequence[str], manner: Manner) -> list[str]:
    """Return a program and its arguments, which could be started."""
    if isinstance(run, str) or not run or not run[0] or any("\0" in word for word in run):
        raise UsageError("", reason="exec needs a program and its arguments, each a text of its own")
    check_program(run[0], manner)
    return list(run)


def _limit(said: float | None, usual: float) -> Any:
    """Return a limit: the usual one where none is said, None where there is none."""
    if said is None:
        return usual
    return None if said == math.inf else said
