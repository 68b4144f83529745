"""The options of control, shared by all verbs that have them, and the control beside what a verb runs."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.parser import value
from wiretalk.errors import UsageError
from wiretalk.limits import TOKEN_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace, _ActionsContainer
    from collections.abc import Callable, Sequence
    from typing import Self

    from wiretalk.cli.parser import Parser
    from wiretalk.control import Control, Faulty
    from wiretalk.layer import Layering

TOKEN = "WIRETALK_CONTROL_TOKEN"  # noqa: S105  # the name of a variable
"""The variable of the environment that may hold the token, where other users of the machine do not see it."""


def add_control(parser: Parser) -> None:
    """Add --control, --control-token and --name."""
    from wiretalk.cli import options

    group = parser.add_argument_group("options of control (wiretalk control --help)")
    group.add_argument(
        "--control",
        metavar="ADDRESS",
        type=value(options.address),
        help="let faults and connections be looked at and changed there, over HTTP, while it runs: wiretalk fault "
        "ADDRESS, or a client of toxiproxy",
    )
    add_token(group, "--control-token")
    group.add_argument("--name", metavar="NAME", help="what it is called there")


def add_token(parser: _ActionsContainer, name: str) -> None:
    """Add the option that says the token."""
    parser.add_argument(
        name,
        metavar="TOKEN",
        dest="token",
        help=f"what every request must bring; @FILE: what the file says; or say it in {TOKEN}",
    )


def token(arguments: Namespace) -> str | None:
    """Return the token that is said; None: there is none.

    Raises:
        OSError: its file cannot be read.
        UsageError: it cannot be sent in a head of HTTP.
    """
    said = options.token(arguments.token, TOKEN)
    if said is not None and not (said.isascii() and said.isprintable() and len(said) <= TOKEN_BYTES):
        reason = f"the token of the control must be at most {TOKEN_BYTES} printable ASCII characters"
        raise UsageError("", reason=reason)
    return said


class Beside:
    """The control beside what a verb runs, where there is to be one. Enter it with `async with`.

    Args:
        arguments: of `add_control`.
        proxy: what is controlled; None where there is no --control.

    Raises:
        UsageError: a control may not be there.
    """

    def __init__(self, arguments: Namespace, proxy: Faulty | None) -> None:
        self._control: Control | None = None
        if proxy is None:
            nothing_to_control(arguments)
            return
        from wiretalk.control import Control, Proxies

        log = proxy.net.logs[0] if proxy.net.logs else None
        self._control = Control(arguments.control, Proxies(seed=proxy.net.seed, log=log), token=token(arguments))
        self._control.proxies.take(proxy)

    async def __aenter__(self) -> Self:
        if self._control is not None:
            await self._control.start()
            tell_where(self._control)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._control is not None:
            await self._control.close(drain_s=0)


def controlled(
    arguments: Namespace, layers: Sequence[Layering], name: str, listen: Callable[[], list[str]], upstream: str
) -> Beside:
    """Return the control beside a server, which has faults and is no relay.

    Args:
        layers: the faults (`Faults.layers`).
        name: what it is called unless --name says otherwise.
        listen: returns where it listens.
        upstream: what answers there.
    """
    if arguments.control is None:
        return Beside(arguments, None)
    from wiretalk.control import Faulty
    from wiretalk.control.places import shown
    from wiretalk.layer.faults import FaultSet

    net = layers[0]
    assert isinstance(net, FaultSet)  # noqa: S101  # Faults(live=True)
    return Beside(arguments, Faulty(arguments.name or name, net, lambda: shown(listen()), upstream))


def nothing_to_control(arguments: Namespace) -> None:
    """Refuse options of control where there is none.

    Raises:
        UsageError: there are some.
    """
    for option, given in (("--control-token", arguments.token), ("--name", arguments.name)):
        if given is not None:
            raise UsageError("", reason=f"{option} without a control", hint="say --control ADDRESS")


def tell_where(control: Control) -> None:
    """Tell where the control is."""
    from wiretalk.cli.output import tell

    for address in control.addresses:
        tell(f"controlled at {address}")
