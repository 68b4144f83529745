"""`wiretalk connect`: talk to one. Pipes when it is not a terminal; on one, a conversation in lines."""

from __future__ import annotations

import os

from wiretalk.cli import options
from wiretalk.cli.faulting import Faults, add_faults
from wiretalk.cli.output import on_terminal
from wiretalk.cli.parser import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from wiretalk.blocking import Connection
    from wiretalk.cli.looping import LoopedConnection
    from wiretalk.cli.manner import Manner
    from wiretalk.cli.parser import Parser

DESCRIPTION = """\
Talk to one peer.

On a terminal, each line that is typed is a message, and what the peer says is shown in lines with its name in front.
Ctrl-D finishes what you say, and the peer may still answer; Ctrl-C leaves.

Not on a terminal, bytes go in and bytes come out. The end of the input is passed on (a half-close), and what the peer
says is written until its own end. With --frame, a line of the input is one message, and a message is one line of the
output. On datagrams a line is a datagram, unless --frame says how else they are told apart in the input and output.
"""

EXAMPLES = (
    ("wiretalk connect tcp://pi.local:8888", "talk to a server, line by line"),
    ("wiretalk connect tls://example.org:443 < request", "send a file, print the answer"),
    ("wiretalk connect udp://pi.local:5000 -c json", "type JSON, read JSON, one datagram each"),
    ("tar c . | wiretalk connect unix:/run/x.sock", "send a stream"),
)

UNSAID = -1.0
"""The value of --wait where the user said nothing."""

DATAGRAM_WAIT_S = 1.0
"""Datagrams have no end: how long after our own last one the peer's may still come."""


def build(parser: Parser) -> None:
    """Add the options."""
    options.add_address(parser, "whom to talk to (wiretalk help addresses)")
    options.add_framing(parser)
    options.add_max_message(parser)
    options.add_shapes(parser)
    add_endings(
        parser,
        "after the end of the input, leave when the peer has been silent for so long, or never "
        "(default: never; for datagrams 1s)",
    )
    add_opening(parser)
    add_faults(parser)
    options.add_history(parser)


def add_opening(parser: Parser) -> None:
    """Add the options of opening a conversation."""
    options.add_timeout(parser)
    parser.optional_value(
        "--retry",
        metavar="N",
        default="-1",
        dest="retry",
        type=value(retries),
        help="when it cannot be opened, try again: N times, or for ever",
    )
    parser.set_defaults(retry=0)
    options.add_verbose(parser)


def retries(text: str) -> int:
    """Read the N of --retry; -1 is for ever."""
    return -1 if text == "-1" else options.count_or_none(text)


def add_endings(parser: Parser, wait: str) -> None:
    """Add the options of when to leave."""
    parser.add_argument("-w", "--wait", metavar="TIME", type=value(options.pause_or_never), default=UNSAID, help=wait)
    parser.add_argument(
        "-n", "--replies", metavar="N", type=value(options.count_or_none), help="leave after N messages of the peer"
    )
    parser.add_argument(
        "--idle",
        metavar="TIME",
        type=value(options.duration_or_never),
        help="end it when nothing passes either way for so long (default never)",
    )


def run(arguments: Namespace) -> int:
    """Hold the conversation; return the exit status."""
    from wiretalk.cli.interrupts import hear_signals
    from wiretalk.cli.manner import Manner

    hear_signals()
    manner = Manner(arguments, arguments.address)
    with Faults(arguments) as faults:
        if on_terminal() and not (manner.json or manner.hex):
            from wiretalk.cli.chatting import chat

            return chat(manner, arguments, layers=faults.layers)
        return _pipe(manner, arguments, faults)


def _pipe(manner: Manner, arguments: Namespace, faults: Faults) -> int:
    from wiretalk.cli.dialling import dial

    connection = dial(manner, arguments, for_reading=os.isatty(1), layers=faults.layers)
    wait_s = arguments.wait
    if wait_s == UNSAID:
        wait_s = None if manner.address.kind != "datagram" else DATAGRAM_WAIT_S
    return hold(connection, manner, arguments, wait_s=wait_s, expects=arguments.replies or 0)


def hold(
    connection: Connection | LoopedConnection,
    manner: Manner,
    arguments: Namespace,
    *,
    wait_s: float | None,
    expects: int,
    source: Iterator[list[bytes]] | None = None,
) -> int:
    """Hold a conversation between a source (standard input, unless another is given) and standard output.

    Args:
        connection: opened.
        manner: how it is held.
        arguments: the options replies and verbose.
        wait_s: see Talk.
        expects: see Talk.
        source: see Talk.

    Raises: as `Talk.hold`.
    """
    from wiretalk.cli.output import tell
    from wiretalk.cli.reading import Watch
    from wiretalk.cli.showing import watches_reader
    from wiretalk.cli.talking import Talk

    watch = Watch(output=watches_reader())
    shown = manner.shown(to_terminal=os.isatty(1))
    talk = Talk(
        connection,
        manner.input(watch) if source is None else source,
        shown,
        watch,
        wait_s=wait_s,
        replies=arguments.replies,
        expects=expects,
        alone=source is None and os.isatty(0),
        says_all=source is not None,
    )
    talk.hold()
    if arguments.verbose:
        tell(f"{connection.peer}: {connection.ending}")
    return 0
