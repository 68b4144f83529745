"""`wiretalk control`: relays and their faults, made and changed over HTTP, as toxiproxy's server has them."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.controlling import add_token, token
from wiretalk.cli.faulting import LogFile, add_fault_log, seed
from wiretalk.cli.parser import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.cli.parser import Parser
    from wiretalk.control import Control

DESCRIPTION = """\
Run relays that are made, changed and taken down over HTTP, in toxiproxy's own API: its clients in every language work
with it as they are, and so does wiretalk fault.

It begins without any relay, and listens where toxiproxy does, unless told otherwise: on port 8474 of this machine
alone. Anywhere else it wants a token, which requests bring as Authorization: Bearer TOKEN.

The same is had beside a relay, a server or a listener that is there already: wiretalk relay --control ADDRESS.
"""

EXAMPLES = (
    ("wiretalk control", "in place of toxiproxy-server"),
    ("wiretalk control --config toxiproxy.json", "with the relays that a file of toxiproxy's lists"),
    ("wiretalk control unix:/tmp/control.sock", "for those who may open a file"),
    ("wiretalk control --token @secret :8474", "for everybody who knows what the file says"),
)


def build(parser: Parser) -> None:
    """Add the options."""
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        nargs="?",
        type=value(options.address),
        help="where to listen (default tcp://localhost:8474)",
    )
    parser.add_argument("--config", metavar="FILE", help="make these relays first: JSON, as for POST /populate")
    add_token(parser, "--token")
    parser.add_argument("--seed", metavar="N", type=value(seed), help="of all that is left to chance")
    add_fault_log(parser)
    options.add_drain(parser)
    options.add_verbose(parser)


def run(arguments: Namespace) -> int:
    """Run until stopped."""
    from wiretalk.cli.logs import log_to_stderr
    from wiretalk.runtime import run as run_loop

    listed = None if arguments.config is None else _read(arguments.config)
    log_to_stderr(whole=arguments.verbose)
    log = None if arguments.fault_log is None else LogFile(arguments.fault_log)
    try:
        return run_loop(_control(arguments, listed, log))
    finally:
        if log is not None:
            log.close()


def _read(path: str) -> object:
    import json

    from wiretalk.errors import UsageError

    with open(path, "rb") as file:
        try:
            return json.load(file)
        except (ValueError, RecursionError) as error:
            raise UsageError("", reason=f"{path} is no JSON: {error}") from None


async def _control(arguments: Namespace, listed: object, log: LogFile | None) -> int:
    from wiretalk.cli.controlling import tell_where
    from wiretalk.cli.output import tell
    from wiretalk.cli.serving import serve_until_stopped
    from wiretalk.control import Control, Proxies
    from wiretalk.control.control import DEFAULT_ADDRESS
    from wiretalk.layer.faults import FaultSet

    chance = FaultSet(seed=arguments.seed).seed
    address = arguments.address or DEFAULT_ADDRESS
    control = Control(address, Proxies(seed=chance, log=log), token=token(arguments), drain_s=arguments.drain)
    if listed is not None:
        await _populate(control, arguments.config, listed)

    def started(control: Control) -> None:
        tell(f"faults are drawn from --seed {chance}")
        for one in control.proxies:
            tell(f'"{one.name}" listens on {one.listen}, for {one.upstream}')
        tell_where(control)

    return await serve_until_stopped(control, started)


async def _populate(control: Control, path: str, listed: object) -> None:
    from wiretalk.control.messages import Refusal
    from wiretalk.errors import UsageError

    try:
        _, refusal = await control.proxies.populate(listed, trusted=True)
    except Refusal as error:
        refusal = error
    if refusal is not None:
        await control.close(drain_s=0)
        raise UsageError("", reason=f"{path}: {refusal.sentence}")
