"""The option of `wiretalk serve` that says a secret, for all services that want one of who comes from elsewhere."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.parser import Parser

SERVICES = ("exec", "http")
"""Who has a use for it."""

OPTIONS = {"secret": "--token"}

TOKEN = "WIRETALK_TOKEN"  # noqa: S105  # the name of a variable
"""The variable of the environment that may hold the token, where other users of the machine do not see it."""


def build(parser: Parser) -> None:
    """Add the option."""
    group = parser.add_argument_group(f"options of {' and '.join(SERVICES)}")
    group.add_argument(
        "--token",
        metavar="TOKEN",
        dest="secret",
        help=f"the secret that each who comes has to know; @FILE: what the file says; or say it in {TOKEN}",
    )


def secret(arguments: Namespace) -> str | None:
    """Return the token that is said; None: there is none.

    Raises:
        UsageError: its file cannot be read.
    """
    try:
        return options.token(arguments.secret, TOKEN)
    except OSError as error:
        raise UsageError("", reason=f"the token cannot be read from {error.filename}: {error.strerror}") from None
