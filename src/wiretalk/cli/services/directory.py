"""The option of `wiretalk serve` that says a directory, for all services that have one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.cli.parser import Parser

SERVICES = ("exec", "http")
"""Who has a use for it."""

OPTIONS = {"directory": "--directory"}


def build(parser: Parser) -> None:
    """Add the option."""
    group = parser.add_argument_group(f"options of {' or '.join(SERVICES)}")
    group.add_argument(
        "--directory",
        metavar="DIR",
        help="http: what is served; exec: where programs run (default: the current directory)",
    )
