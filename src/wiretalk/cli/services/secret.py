"""The option of `wiretalk serve` that says a secret, for all services that want one of who comes from elsewhere."""

from __future__ import annotations

import os

from wiretalk.errors import UsageError
from wiretalk.limits import TOKEN_BYTES

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
    said: str | None = arguments.secret
    if said is None:
        return os.environ.get(TOKEN)
    if not said.startswith("@"):
        return said
    try:
        with open(said[1:], "rb") as file:
            # A byte more than there may be, so that a longer one is seen; and the line end.
            return file.read(TOKEN_BYTES + 2).strip().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise UsageError("", reason=f"the token cannot be read from {said[1:]}: {error.strerror}") from None
