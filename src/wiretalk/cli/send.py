"""`wiretalk send`: one-shot. Send, print the answers, leave; it never waits for ever."""

from __future__ import annotations

import os

from wiretalk.cli import options
from wiretalk.cli.connect import UNSAID, add_endings, add_opening, hold
from wiretalk.errors import LimitError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.manner import Manner
    from wiretalk.cli.parser import Parser

DESCRIPTION = """\
Send messages, print the answers, and leave.

Each MESSAGE is one message: on a byte stream it is ended by LF, unless --frame says how else messages are told apart;
on datagrams it is one datagram. "-" stands for all of standard input, as one message.

On a byte stream the end of what we say is passed on (a half-close), and the answers are printed as they come, until the
peer ends, or is silent for 10 s. On datagrams it leaves after as many answers as messages, or after 1 s of silence.
"""

EXAMPLES = (
    ("wiretalk send tcp://pi.local:8888 hello", "one line, and the answers to it"),
    ("wiretalk send udp://pi.local:5000 -c json '{\"led\": 1}'", "one datagram of JSON"),
    ("wiretalk send -e tcp://example.org:80 'GET / HTTP/1.0\\r\\n\\r\\n'", "a request by hand"),
    ("wiretalk send --hex-in --hex tcp://192.0.2.7:502 000100000006010300000001", "bytes, and a dump of the answer"),
)

STREAM_WAIT_S = 10.0
"""How long a peer may be silent before we leave: it may have to think."""

DATAGRAM_WAIT_S = 1.0
"""As STREAM_WAIT_S, for datagrams, of which many are never answered."""


def build(parser: Parser) -> None:
    """Add the options."""
    options.add_address(parser, "whom to talk to (wiretalk help addresses)")
    parser.add_argument("messages", metavar="MESSAGE", nargs="+", help='a message; "-" is all of standard input')
    written = parser.add_mutually_exclusive_group()
    written.add_argument(
        "-e", "--escapes", action="store_true", help=r"in a MESSAGE, \n \r \t \0 \e \\ and \xHH stand for others"
    )
    written.add_argument(
        "--hex-in", action="store_true", help="each MESSAGE is hexadecimal digits; nothing is added to its bytes"
    )
    options.add_framing(parser)
    options.add_max_message(parser)
    options.add_shapes(parser)
    add_endings(
        parser,
        "leave when the peer has been silent for so long, or never (default 10s; for datagrams 1s)",
    )
    add_opening(parser)


def run(arguments: Namespace) -> int:
    """Send, print, leave; return the exit status."""
    from wiretalk.cli.dialling import dial
    from wiretalk.cli.interrupts import hear_signals
    from wiretalk.cli.manner import Manner

    hear_signals()
    manner = Manner(arguments, arguments.address)
    # Before anything is opened: a mistake in a message must not be heard by the peer as silence.
    messages = [_message(text, arguments, manner) for text in arguments.messages]
    datagrams = manner.address.kind == "datagram"
    wait_s = arguments.wait
    if wait_s == UNSAID:
        wait_s = DATAGRAM_WAIT_S if datagrams else STREAM_WAIT_S
    expects = arguments.replies
    if expects is None:
        # Many datagrams are never answered; a stream whose peer neither answers nor ends is a failure.
        expects = 0 if datagrams else 1
        arguments.replies = len(messages) if datagrams else None
    connection = dial(manner, arguments, for_reading=os.isatty(1))
    return hold(connection, manner, arguments, wait_s=wait_s, source=iter([messages]), expects=expects)


def _message(text: str, arguments: Namespace, manner: Manner) -> bytes:
    if text == "-":
        from wiretalk.cli.reading import Watch, whole

        said = whole(Watch(output=False), manner.max_message_bytes)
    elif arguments.hex_in:
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise UsageError("", reason=f'"{text}" is not hexadecimal digits, two a byte') from None
    elif arguments.escapes:
        from wiretalk.cli.words import unescaped

        said = unescaped(text)
    else:
        said = os.fsencode(text)
    message = manner.typed(said)
    if len(message) > manner.max_message_bytes:
        reason = f"a message of {len(message)} bytes"
        raise LimitError("max_message_bytes", manner.max_message_bytes, reason, by="us")
    return message
