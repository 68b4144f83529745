"""`wiretalk listen`: wait for peers. Pipes when it is not a terminal; on one, a conversation with all of them."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.controlling import add_control
from wiretalk.cli.faulting import Faults, add_faults
from wiretalk.cli.output import on_terminal
from wiretalk.cli.parser import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.parser import Parser

DESCRIPTION = """\
Wait for peers, and talk to them.

On a terminal, what is typed goes to all peers, or to one: "@2 hello". What they say is shown in lines with their number
and name in front. /peers lists them, /help says what else there is. Ctrl-D finishes what you say; Ctrl-C leaves.

Not on a terminal, it takes one peer: bytes go in and bytes come out, the end of the input is passed on, and it leaves
when both sides have ended. With --keep it goes on for ever, with all peers at once: the input goes to each of them, and
what they say is written message by message. Datagrams have no end, so there it is as with --keep. An input that is
/dev/null is none: nothing is said, and no end of it is passed on.
"""

EXAMPLES = (
    ("wiretalk listen :8888", "on every interface, IPv4 and IPv6"),
    ("wiretalk listen tcp://127.0.0.1:9000 > file", "receive one stream"),
    ("wiretalk listen --keep -f line unix:/tmp/log.sock >> log", "gather lines of many peers"),
    ("wiretalk listen udp://239.1.2.3:5000 --json", "join a multicast group, a JSON object a datagram"),
)


def build(parser: Parser) -> None:
    """Add the options."""
    options.add_address(parser, "where to listen (wiretalk help addresses)")
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("-k", "--keep", action="store_true", help="take all peers, for ever (the rule on a terminal)")
    how_many.add_argument("-1", "--once", action="store_true", help="take one peer, and leave when it has ended")
    options.add_framing(parser)
    options.add_shapes(parser)
    parser.add_argument(
        "-n", "--replies", metavar="N", type=value(options.count), help="leave after N messages of peers"
    )
    parser.add_argument(
        "-w",
        "--wait",
        metavar="TIME",
        type=value(options.pause_or_never),
        help="after the end of the input, leave when nobody has said anything for so long (default never)",
    )
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=value(options.duration_or_never),
        help="leave when nobody has come for so long (default never)",
    )
    # Whoever listens to one peer may have to wait long for its next word.
    options.add_server_limits(parser, idle_s=None)
    add_faults(parser)
    add_control(parser)
    options.add_verbose(parser)
    options.add_history(parser)


def run(arguments: Namespace) -> int:
    """Listen until stopped, or until the one peer has ended; return the exit status."""
    from wiretalk.cli.logs import log_to_stderr
    from wiretalk.cli.manner import Manner
    from wiretalk.errors import UsageError

    manner = Manner(arguments, arguments.address)
    if manner.address.scheme == "stdio":
        raise UsageError("", reason='"-" is our own standard input and output', hint="name where to listen")
    log_to_stderr(whole=arguments.verbose)
    typed = on_terminal()
    once = arguments.once or not (arguments.keep or typed or manner.address.kind == "datagram")
    if typed and not (manner.json or manner.hex):
        from wiretalk.cli.hosting import host

        with Faults(arguments, live=arguments.control is not None) as faults:
            return host(manner, arguments, once=once, layers=faults.layers)
    from wiretalk.cli.piping import pipe

    with Faults(arguments, live=arguments.control is not None) as faults:
        return pipe(manner, arguments, once=once, layers=faults.layers)
