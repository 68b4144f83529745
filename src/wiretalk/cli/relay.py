"""`wiretalk relay`: join any two addresses."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.connect import retries
from wiretalk.cli.controlling import Beside, add_control
from wiretalk.cli.faulting import Faults, add_faults
from wiretalk.cli.output import tell
from wiretalk.cli.parser import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.address import Address
    from wiretalk.cli.parser import Parser
    from wiretalk.control import RelayProxy
    from wiretalk.layer.faults import FaultSet
    from wiretalk.relay import Relay

DESCRIPTION = """\
Join what comes to one address with another.

The first addresses are listened on where their scheme can listen, and the last one is connected to, once for each that
comes. The options listen and connect of an address say otherwise: two that listen are a rendezvous, two that connect a
bridge.

Between two byte streams bytes pass as they are. As soon as either side has messages (datagrams, WebSocket, or a
framing= in its address), messages pass, framed anew on each side, and translated where both addresses name a codec.
"""

EXAMPLES = (
    ("wiretalk relay :8080 tcp://pi.local:80", "every connection to port 8080 goes to the Pi"),
    ("wiretalk relay udp://:5000 'tcp://pc.local:9000?framing=line'", "datagrams become lines"),
    ("wiretalk relay unix:/tmp/x.sock tls://example.org:443", "TLS for a program that has none"),
    (
        "wiretalk relay 'tcp://:7000?framing=line&codec=json' 'tcp://pc.local:7001?framing=length:u32be&codec=msgpack'",
        "JSON lines to MessagePack",
    ),
)


def build(parser: Parser) -> None:
    """Add the options."""
    parser.add_argument(
        "addresses",
        metavar="ADDRESS",
        nargs="+",
        type=value(options.address),
        help="where to listen, one or several, and last whom to join them with (wiretalk help addresses)",
    )
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("-1", "--once", action="store_true", help="leave when the first joint has ended")
    how_many.add_argument(
        "--max", metavar="N", type=value(options.count), dest="most", help="leave when N joints have ended"
    )
    options.add_timeout(parser)
    parser.optional_value(
        "--retry",
        metavar="N",
        default="-1",
        dest="retry",
        type=value(retries),
        help="when an address cannot be connected to, try again: N times, or for ever",
    )
    parser.set_defaults(retry=0)
    options.add_server_limits(parser, idle_s=None)
    add_faults(parser)
    add_control(parser)
    parser.add_argument(
        "--stats", action="store_true", help="tell what passes: a live line on a terminal, and the sums"
    )
    options.add_json(parser, "one JSON object a joint made or parted, one a second with --stats, and one for the sums")
    options.add_verbose(parser)


def run(arguments: Namespace) -> int:
    """Relay until stopped."""
    from wiretalk.errors import UsageError

    if len(arguments.addresses) < 2:
        raise UsageError("", reason="a relay joins two addresses", hint="name the other one too")
    if arguments.json and any(address.scheme == "stdio" for address in arguments.addresses):
        raise UsageError("", reason="--json and the address - both want standard output", hint="leave one of them out")
    from wiretalk.cli.logs import log_to_stderr
    from wiretalk.runtime import run as run_loop

    log_to_stderr(whole=arguments.verbose)
    with Faults(arguments, live=arguments.control is not None) as faults:
        return run_loop(_relay(arguments, faults))


async def _relay(arguments: Namespace, faults: Faults) -> int:
    from wiretalk.cli.relaying import RelayReport
    from wiretalk.cli.serving import announce, serve_until_stopped
    from wiretalk.relay import Relay
    from wiretalk.relay.relay import listens

    *near, far = arguments.addresses
    bridge = not (listens(far, by_itself=False) or any(listens(address, by_itself=True) for address in near))
    report = RelayReport(verbose=arguments.verbose, stats=arguments.stats, json=arguments.json, bridge=bridge)

    def make(near: list[Address], far: Address, *layers: FaultSet) -> Relay:
        return Relay(
            near,
            far,
            limits=options.server_limits(arguments),
            access=options.access(arguments),
            layers=layers,
            timeout_s=arguments.timeout,
            retries=arguments.retry,
            max_joined=1 if arguments.once else arguments.most,
            on_join=report.joined,
            on_part=report.parted,
            trace=tell if arguments.verbose else _silent,
        )

    def started(relay: Relay | RelayProxy) -> None:
        announce(relay)
        report.listening(relay)

    relay: Relay | RelayProxy
    controlled = None
    if arguments.control is None or faults.net is None:
        relay = make(near, far, *faults.layers)
    else:
        from wiretalk.control import RelayProxy

        relay = controlled = RelayProxy(arguments.name or "relay", near, far, faults.net, make)
    report.relay = relay
    async with Beside(arguments, controlled):
        status = await serve_until_stopped(relay, started)
    report.stopped(relay)
    return status


def _silent(_: str) -> None:
    """Tell nothing."""
