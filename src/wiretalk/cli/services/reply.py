"""The options of `wiretalk serve reply`."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.parser import value
from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.parser import Parser
    from wiretalk.service import Service

TEXTS = (
    ("--greet", "said when a conversation begins"),
    ("--reply", "said to each message"),
    ("--farewell", "said before we end a conversation"),
)

OPTIONS = {
    "greet": "--greet",
    "reply": "--reply",
    "farewell": "--farewell",
    "close_on": "--close-on",
    "close_after": "--close-after",
}


def build(parser: Parser) -> None:
    """Add the options."""
    group = parser.add_argument_group("options of reply")
    for name, what in TEXTS:
        group.add_argument(name, metavar="TEXT", help=what)
    group.add_argument(
        "--close-on",
        metavar="WORD",
        action="append",
        help="end a conversation at the message WORD, which is not answered; may be given several times",
    )
    group.add_argument(
        "--close-after",
        metavar="N",
        type=value(options.count_or_none),
        help="end each conversation after N messages; 0: right after the greeting",
    )


def service(arguments: Namespace) -> Service:
    """Make the service."""
    from wiretalk.service import make

    given = {key: getattr(arguments, key) for key in OPTIONS if getattr(arguments, key) is not None}
    if not given:
        raise UsageError("", reason="reply has nothing to say", hint="give it --greet TEXT or --reply TEXT")
    return make("reply", **given)
