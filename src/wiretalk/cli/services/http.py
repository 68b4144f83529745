"""The options of `wiretalk serve http`, but for the token, which others have too."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.parser import value
from wiretalk.cli.services.secret import secret
from wiretalk.limits import HTTP_UPLOAD_BYTES
from wiretalk.units import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.parser import Parser
    from wiretalk.service import Service

OPTIONS = {
    "public": "--public",
    "hidden": "--hidden",
    "upload": "--upload",
    "overwrite": "--overwrite",
    "max_upload_bytes": "--max-upload",
}

SWITCHES = (
    ("--public", "everybody who comes may read, on every interface"),
    ("--hidden", "names that begin with a dot are there like others"),
    ("--upload", "take files by PUT, from those who know the token"),
    ("--overwrite", "a file that is taken may replace another"),
)


def build(parser: Parser) -> None:
    """Add the options."""
    group = parser.add_argument_group("options of http")
    for name, what in SWITCHES:
        group.add_argument(name, action="store_true", default=None, help=what)
    group.add_argument(
        "--max-upload",
        metavar="SIZE",
        dest="max_upload_bytes",
        type=value(options.size),
        help=f"the longest file that is taken (default {format_size(HTTP_UPLOAD_BYTES)})",
    )


def service(arguments: Namespace) -> Service:
    """Make the service."""
    from wiretalk.service import make

    given = {key: getattr(arguments, key) for key in ("directory", *OPTIONS) if getattr(arguments, key) is not None}
    return make("http", token=secret(arguments), **given)
