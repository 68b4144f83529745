"""The options of `wiretalk serve exec`."""

from __future__ import annotations

import math

from wiretalk.cli import options
from wiretalk.cli.parser import value
from wiretalk.cli.services.secret import secret
from wiretalk.errors import UsageError
from wiretalk.limits import (
    EXEC_COMMAND_BYTES,
    EXEC_COMMAND_S,
    EXEC_RUNNING,
    EXEC_SESSION_BYTES,
    EXEC_SESSION_S,
)
from wiretalk.units import format_duration, format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.parser import Parser
    from wiretalk.service import Service

OPTIONS = {
    "program": "-- PROGRAM",
    "commands": "--commands",
    "max_running": "--max-running",
    "run_timeout": "--timeout",
    "max_output": "--max-output",
    "variables": "--env",
    "errors": "--stderr",
}

PLACES = ("log", "output", "none")
"""What may follow --stderr."""


def build(parser: Parser) -> None:
    """Add the options, and the program after them."""
    parser.take_after_dashes("program", "PROGRAM ARGUMENT…")
    group = parser.add_argument_group(
        "options of exec", "-- PROGRAM ARGUMENT… runs that for each connection, whose bytes are its input and output."
    )
    group.add_argument(
        "--commands",
        metavar="FILE",
        help="run the command that a line names instead, if this TOML file lists it and its arguments match",
    )
    group.add_argument(
        "--max-running",
        metavar="N",
        type=value(options.count),
        help=f"programs that run at once; who comes then is told (default {EXEC_RUNNING})",
    )
    group.add_argument(
        "--timeout",
        metavar="TIME",
        dest="run_timeout",
        type=value(_duration),
        help="end a program that runs for so long, or never "
        f"(default {format_duration(EXEC_SESSION_S)}, a command {format_duration(EXEC_COMMAND_S)})",
    )
    group.add_argument(
        "--max-output",
        metavar="SIZE",
        type=value(_size),
        help="end a program that says more, or never "
        f"(default {format_size(EXEC_SESSION_BYTES)}, a command {format_size(EXEC_COMMAND_BYTES)})",
    )
    group.add_argument(
        "--env",
        metavar="NAME=VALUE",
        dest="variables",
        action="append",
        type=value(_variable),
        help="add to the environment of programs, which has little of ours; may be given several times",
    )
    group.add_argument(
        "--stderr",
        metavar="WHERE",
        dest="errors",
        type=value(_place),
        help="where their standard error goes: log (ours, the default), output (with the output), or none",
    )


def _duration(text: str) -> float:
    seconds = options.duration_or_never(text)
    return math.inf if seconds is None else seconds


def _size(text: str) -> float:
    return math.inf if text in options.NEVER else options.size(text)


def _variable(text: str) -> tuple[str, str]:
    name, equals, said = text.partition("=")
    if not name or not equals:
        raise ValueError(f'"{text}" sets no variable: write NAME=VALUE')
    return name, said


def _place(text: str) -> str:
    if text not in PLACES:
        from wiretalk.spelling import did_you_mean

        hint = did_you_mean(text, PLACES) or f"say {', '.join(PLACES[:-1])} or {PLACES[-1]}"
        raise UsageError("", reason=f'standard error cannot go to "{text}"', hint=hint)
    return text


def service(arguments: Namespace) -> Service:
    """Make the service."""
    from wiretalk.service import make

    if arguments.program is not None and arguments.commands is not None:
        raise UsageError("", reason="--commands and -- PROGRAM are two services", hint="leave one of them out")
    if not arguments.program and arguments.commands is None:
        example = "like: wiretalk serve exec localhost:2323 -- sort -u"
        raise UsageError("", reason="exec has nothing to run", hint=f"say --commands FILE, or what to run, {example}")
    return make(
        "exec",
        run=arguments.program,
        commands=arguments.commands,
        token=secret(arguments),
        **({} if arguments.max_running is None else {"max_running": arguments.max_running}),
        timeout_s=arguments.run_timeout,
        max_output_bytes=arguments.max_output,
        directory=arguments.directory,
        variables=dict(arguments.variables or ()),
        errors=arguments.errors or "log",
    )
