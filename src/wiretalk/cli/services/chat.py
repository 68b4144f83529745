"""The options of `wiretalk serve chat`."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.parser import value
from wiretalk.limits import CHAT_HISTORY, CHAT_ROOMS, CHAT_TEXT_BYTES
from wiretalk.units import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.parser import Parser
    from wiretalk.service import Service

OPTIONS = {
    "room": "--room",
    "history": "--history",
    "max_rooms": "--max-rooms",
    "max_text_bytes": "--max-text",
    "echo": "--echo",
}


def build(parser: Parser) -> None:
    """Add the options."""
    group = parser.add_argument_group("options of chat")
    group.add_argument("--room", metavar="NAME", help="the room that everybody comes into (default lobby)")
    group.add_argument(
        "--history",
        metavar="N",
        type=value(options.count_or_none),
        help=f"messages kept of each room, and told to who joins it (default {CHAT_HISTORY})",
    )
    group.add_argument(
        "--max-rooms", metavar="N", type=value(options.count), help=f"rooms at once (default {CHAT_ROOMS})"
    )
    group.add_argument(
        "--max-text",
        metavar="SIZE",
        dest="max_text_bytes",
        type=value(options.size),
        help=f"the longest text said at once (default {format_size(CHAT_TEXT_BYTES)})",
    )
    group.add_argument(
        "--echo", action="store_true", default=None, help="tell members what they say themselves too, in its order"
    )


def service(arguments: Namespace) -> Service:
    """Make the service."""
    from wiretalk.service import make

    return make("chat", **{key: getattr(arguments, key) for key in OPTIONS if getattr(arguments, key) is not None})
