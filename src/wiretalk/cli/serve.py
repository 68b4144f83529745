"""`wiretalk serve`: answer with a ready-made service, at one address or at several together."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.controlling import add_control, controlled
from wiretalk.cli.faulting import add_faults
from wiretalk.cli.overview import table
from wiretalk.cli.parser import value
from wiretalk.cli.services import directory, secret
from wiretalk.errors import UsageError
from wiretalk.service import SERVICES, make
from wiretalk.service.reply import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from types import ModuleType

    from wiretalk.cli.faulting import Faults
    from wiretalk.cli.parser import Parser
    from wiretalk.runtime import Server
    from wiretalk.service import Service

DESCRIPTION = "\n".join(
    (
        "Answer with a ready-made service, at one address or at several together.",
        "",
        "services:",
        *table((name, summary) for name, (_, summary) in SERVICES.items()),
        "",
        "in a TEXT of reply (a brace itself is written twice):",
        *table((f"{{{name}}}", summary) for name, summary in FIELDS.items()),
    )
)

EXAMPLES = (
    ("wiretalk serve echo :8888", "send back what comes, on every interface"),
    ("wiretalk serve reply --greet hello --reply 'server rec: {message}' --close-on exit :8888", "answer lines"),
    ("wiretalk serve echo tcp://:7000 udp://:7000 unix:/tmp/echo.sock", "the same on TCP, UDP and a Unix socket"),
    ("wiretalk serve chat :7000 ws://:7001 unix:/tmp/chat.sock", "rooms to talk in, for who comes by any of them"),
    ("wiretalk serve daytime --once tls://:7013", "tell one client the time over TLS, and leave"),
    ("wiretalk serve exec localhost:2323 -- sort -u", "a program for each connection"),
    ("wiretalk serve exec --commands commands.toml localhost:2323", "the listed command that a line names"),
    ("wiretalk serve http localhost:8080 --directory public", "a directory, for the browsers of this machine"),
)

OWN_OPTIONS = {
    "chat": "wiretalk.cli.services.chat",
    "exec": "wiretalk.cli.services.exec",
    "http": "wiretalk.cli.services.http",
    "reply": "wiretalk.cli.services.reply",
}
"""Where the options are that one service alone has, by its name; see `wiretalk.cli.services`."""


SHARED = (directory, secret)
"""Where the options are that several services have."""


def build(parser: Parser) -> None:
    """Add the words and options of the command."""
    parser.add_argument("service", metavar="SERVICE", type=value(_known), help="one of the services above")
    options.add_address(
        parser, "where to listen (wiretalk help addresses); - is standard input and output", several=True
    )
    for own in _own_options().values():
        own.build(parser)
    for shared in SHARED:
        shared.build(parser)
    parser.add_argument("--once", action="store_true", help="leave when the first conversation has ended")
    options.add_framing(parser)
    options.add_server_limits(parser)
    add_faults(parser)
    add_control(parser)
    options.add_json(parser, "one JSON object a conversation opened or closed, and one for the sums")
    options.add_verbose(parser)


def run(arguments: Namespace) -> int:
    """Serve until stopped."""
    service = _service(arguments)
    if arguments.json and any(address.scheme == "stdio" for address in arguments.addresses):
        raise UsageError("", reason="--json and the address - both want standard output", hint="leave one of them out")
    from wiretalk.cli.faulting import Faults
    from wiretalk.cli.logs import log_to_stderr
    from wiretalk.runtime import run as run_loop

    log_to_stderr(whole=arguments.verbose)
    with Faults(arguments, live=arguments.control is not None) as faults:
        return run_loop(_serve(arguments, service, faults))


def _known(name: str) -> str:
    if name not in SERVICES:
        make(name)
    return name


def _own_options() -> dict[str, ModuleType]:
    from importlib import import_module

    return {name: import_module(module) for name, module in OWN_OPTIONS.items()}


def _service(arguments: Namespace) -> Service:
    name = arguments.service
    owners = [((other,), own.OPTIONS) for other, own in _own_options().items()]
    for others, theirs in (*owners, *((shared.SERVICES, shared.OPTIONS) for shared in SHARED)):
        for key, said in theirs.items():
            if name not in others and getattr(arguments, key) is not None:
                those = " and ".join(others)
                raise UsageError("", reason=f"{said} is an option of {those}, and {name} has no use for it")
    if name not in OWN_OPTIONS:
        return make(name)
    service: Service = _own_options()[name].service(arguments)
    return service


async def _serve(arguments: Namespace, service: Service, faults: Faults) -> int:
    from wiretalk.cli.output import tell
    from wiretalk.cli.reporting import JsonReport, Report
    from wiretalk.cli.serving import announce, serve_until_stopped

    report = (JsonReport if arguments.json else Report)(arguments.verbose)
    server = service.serve(
        arguments.addresses,
        framing=arguments.frame,
        codec=arguments.codec,
        limits=options.server_limits(arguments),
        layers=faults.layers,
        access=options.access(arguments),
        max_accepted=1 if arguments.once else None,
        on_open=report.opened,
        on_close=report.closed,
    )

    def started(server: Server) -> None:
        announce(server)
        for line in service.introduce(server.addresses):
            tell(line)
        report.listening(server)

    report.server = server
    service.told = report.event
    async with controlled(arguments, faults.layers, service.name, lambda: server.addresses, service.name):
        status = await serve_until_stopped(server, started)
    report.stopped(server)
    return status
