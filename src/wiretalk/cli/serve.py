"""`wiretalk serve`: answer with a ready-made service, at one address or at several together."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.output import tell, write_out
from wiretalk.cli.overview import table
from wiretalk.cli.parser import value
from wiretalk.cli.showing import ending_of
from wiretalk.errors import UsageError
from wiretalk.service import SERVICES, make
from wiretalk.service.reply import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from wiretalk.cli.parser import Parser
    from wiretalk.ending import Ending
    from wiretalk.runtime import Conversation, Server
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
    ("wiretalk serve daytime --once tls://:7013", "tell one client the time over TLS, and leave"),
)

REPLY_TEXTS = (
    ("--greet", "said when a conversation begins"),
    ("--reply", "said to each message"),
    ("--farewell", "said before we end a conversation"),
)

FAULTS = frozenset({"malformed", "truncated", "codec", "limit", "not-trusted"})
"""Endings that are told without --verbose: somebody sent what cannot be right, and wonders why there is no answer."""


def build(parser: Parser) -> None:
    """Add the words and options of the command."""
    parser.add_argument("service", metavar="SERVICE", type=value(_known), help="one of the services above")
    options.add_address(
        parser, "where to listen (wiretalk help addresses); - is standard input and output", several=True
    )
    reply = parser.add_argument_group("options of reply")
    for name, what in REPLY_TEXTS:
        reply.add_argument(name, metavar="TEXT", help=what)
    reply.add_argument(
        "--close-on",
        metavar="WORD",
        action="append",
        help="end a conversation at the message WORD, which is not answered; may be given several times",
    )
    reply.add_argument(
        "--close-after",
        metavar="N",
        type=value(options.count_or_none),
        help="end each conversation after N messages; 0: right after the greeting",
    )
    parser.add_argument("--once", action="store_true", help="leave when the first conversation has ended")
    options.add_framing(parser)
    options.add_server_limits(parser)
    options.add_json(parser, "one JSON object a conversation opened or closed, and one for the sums")
    options.add_verbose(parser)


def run(arguments: Namespace) -> int:
    """Serve until stopped."""
    service = _service(arguments)
    if arguments.json and any(address.scheme == "stdio" for address in arguments.addresses):
        raise UsageError("", reason="--json and the address - both want standard output", hint="leave one of them out")
    from wiretalk.cli.logs import log_to_stderr
    from wiretalk.runtime import run as run_loop

    log_to_stderr(whole=arguments.verbose)
    return run_loop(_serve(arguments, service))


def _known(name: str) -> str:
    if name not in SERVICES:
        make(name)
    return name


def _service(arguments: Namespace) -> Service:
    names = (*(name for name, _ in REPLY_TEXTS), "--close-on", "--close-after")
    said = {name[2:].replace("-", "_"): name for name in names}
    given = {key: getattr(arguments, key) for key in said if getattr(arguments, key) is not None}
    if arguments.service == "reply":
        if not given:
            raise UsageError("", reason="reply has nothing to say", hint="give it --greet TEXT or --reply TEXT")
    elif given:
        reason = f"{said[next(iter(given))]} is an option of reply, and {arguments.service} has no use for it"
        raise UsageError("", reason=reason)
    return make(arguments.service, **given)


async def _serve(arguments: Namespace, service: Service) -> int:
    from wiretalk.cli.serving import announce, serve_until_stopped

    report = (JsonReport if arguments.json else Report)(arguments.verbose)
    server = service.serve(
        arguments.addresses,
        framing=arguments.frame,
        codec=arguments.codec,
        limits=options.server_limits(arguments),
        max_accepted=1 if arguments.once else None,
        on_open=report.opened,
        on_close=report.closed,
    )

    def started(server: Server) -> None:
        announce(server)
        report.listening(server)

    report.server = server
    status = await serve_until_stopped(server, started)
    report.stopped(server)
    return status


class Report:
    """Tell of conversations in plain lines on standard error: those that went wrong, or with --verbose all.

    Args:
        verbose: whether every conversation is told.
    """

    def __init__(self, verbose: bool) -> None:
        self.server: Server | None = None
        self._verbose = verbose

    def listening(self, server: Server) -> None:
        """Tell that the server has started; `announce` has told where."""

    def opened(self, conversation: Conversation) -> None:
        """Tell that a conversation has begun."""
        if self._verbose:
            tls = conversation.tls
            tell(f"{conversation.peer}: opened at {conversation.local}" + (f", {tls}" if tls is not None else ""))

    def closed(self, conversation: Conversation) -> None:
        """Tell that a conversation is over."""
        ending: Ending | None = conversation.ending
        if ending is not None and (self._verbose or ending.how in FAULTS):
            tell(f"{conversation.peer}: {ending}; {passed(conversation.as_dict())}, {conversation.age_s:.3f} s")

    def stopped(self, server: Server) -> None:
        """Tell what there has been."""
        if self._verbose:
            count = server.accepted
            tell(f"served {count} conversation{'s' if count != 1 else ''}; {passed(server.totals())}")


def passed(counts: dict[str, Any]) -> str:
    """Return the messages and bytes each way, in words."""
    ways = []
    for way, word in (("received", "in"), ("sent", "out")):
        count, size = counts[f"messages_{way}"], counts[f"bytes_{way}"]
        ways.append(f"{count} message{'s' if count != 1 else ''} ({size} bytes) {word}")
    return ", ".join(ways)


class JsonReport(Report):
    """Tell of conversations on standard output, one JSON object a line, as `listen` and `connect` do: `listening`, then
    `open` and `ending` of each conversation, by number, then `totals`. Faults are told in words too.

    A handshake that failed is the ending of a conversation without a number. When standard output fails, the server is
    stopped: nobody listens to it any more.
    """

    def __init__(self, verbose: bool) -> None:
        super().__init__(verbose)
        self._numbers: dict[Conversation, int] = {}
        self._last_number = 0
        self._failure: OSError | None = None

    def listening(self, server: Server) -> None:
        """See Report."""
        ends = [
            {"address": one, "family": family} for one, family in zip(server.addresses, server.families, strict=True)
        ]
        self._write("listening", addresses=ends, fingerprints=server.fingerprints)

    def opened(self, conversation: Conversation) -> None:
        """See Report."""
        super().opened(conversation)
        self._last_number += 1
        self._numbers[conversation] = self._last_number
        facts = conversation.as_dict()
        told = {name: facts[name] for name in ("peer", "local", "tls")}
        self._write("open", conversation=self._last_number, **told)

    def closed(self, conversation: Conversation) -> None:
        """See Report."""
        super().closed(conversation)
        number = self._numbers.pop(conversation, None)
        self._write("ending", conversation=number, peer=conversation.peer, **ending_of(conversation.as_dict()))

    def stopped(self, server: Server) -> None:
        """See Report.

        Raises:
            OSError: standard output failed, now or before.
        """
        super().stopped(server)
        self._write("totals", conversations=server.accepted, **server.totals())
        if self._failure is not None:
            raise self._failure

    def _write(self, event: str, **facts: Any) -> None:
        import json
        import time

        if self._failure is None:
            try:
                write_out(json.dumps({"event": event, "time": round(time.time(), 6), **facts}).encode() + b"\n")
            except OSError as error:
                self._failure = error
                if self.server is not None:
                    self.server.stop()
