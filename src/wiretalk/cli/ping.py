"""`wiretalk ping`: whether a host answers, how fast, and which way leads there."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.parser import value
from wiretalk.errors import EXIT_STATUS, NotPermittedError, UsageError
from wiretalk.limits import (
    CONNECT_TIMEOUT_S,
    PING_BYTES,
    PING_HOPS,
    PING_INTERVAL_S,
    PING_LEAST_INTERVAL_S,
    PING_MOST_BYTES,
    PING_PROBES_A_HOP,
    PING_TIMEOUT_S,
    PING_TRACE_PAUSE_S,
)
from wiretalk.units import format_duration, format_size, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from types import FrameType

    from wiretalk.address import Address
    from wiretalk.cli.parser import Parser
    from wiretalk.ping import Stop, TracePlan
    from wiretalk.transport.candidate import Candidate
    from wiretalk.transport.probing import Prober

    Doing = Callable[[Prober, Stop], int]
    """Asks until it is over or to stop, and returns the exit status."""

DESCRIPTION = """\
Ask a host again and again, and tell how long each answer took.

HOST alone is asked by ICMP, as everybody's ping does; HOST:PORT or tcp://HOST:PORT, by a TCP connection, which takes no
privilege; udp://HOST:PORT, by datagrams that an echo service sends back.

With --trace, the way there is told: each router on it, and how long it took to answer.
"""

EXAMPLES = (
    ("wiretalk ping pi.local", "until Ctrl-C, which prints the sums"),
    ("wiretalk ping -c 5 tcp://example.org:443", "five TCP connections"),
    ("wiretalk ping --quiet --histogram -i 100ms 192.0.2.1", "ten times a second, as a live picture"),
    ("wiretalk ping --trace example.org", "the hops on the way"),
)

LEAST_UDP_BYTES = 8
"""What a datagram needs to be known again: whose it is, and which."""

ASK_ANOTHER = (EXIT_STATUS["refused"], EXIT_STATUS["unreachable"], EXIT_STATUS["timed-out"])
"""After these, another address of the host may do better."""

SCHEMES = ("icmp", "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6")


def build(parser: Parser) -> None:
    """Add the options."""
    parser.add_argument("target", metavar="HOST", type=value(target), help="a host, or an address of icmp, tcp or udp")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("-4", dest="version", action="store_const", const=4, default=0, help="its IPv4 address")
    which.add_argument("-6", dest="version", action="store_const", const=6, help="its IPv6 address")
    parser.add_argument(
        "-c",
        "--count",
        metavar="N",
        type=value(options.count),
        help=f"leave after N probes (default: never); with --trace, probes a hop (default {PING_PROBES_A_HOP})",
    )
    parser.add_argument(
        "-i",
        "--interval",
        metavar="TIME",
        type=value(options.duration),
        help=f"between two probes, {format_duration(PING_LEAST_INTERVAL_S)} at least (default "
        f"{format_duration(PING_INTERVAL_S)}; with --trace, {format_duration(PING_TRACE_PAUSE_S)})",
    )
    parser.add_argument(
        "-s",
        "--size",
        metavar="SIZE",
        type=value(payload),
        help=f"bytes of a probe's payload (default {PING_BYTES}; TCP has none)",
    )
    parser.add_argument("-t", "--ttl", metavar="N", type=value(hops), help="how many hops a probe may go")
    parser.add_argument(
        "-W",
        "--timeout",
        metavar="TIME",
        type=value(options.duration),
        default=PING_TIMEOUT_S,
        help=f"a probe unanswered for so long is lost (default {format_duration(PING_TIMEOUT_S)})",
    )
    parser.add_argument(
        "-w", "--deadline", metavar="TIME", type=value(options.duration), help="leave after so long, whatever has come"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print the sums alone")
    parser.add_argument(
        "--histogram", action="store_true", help="show how the times are spread: live on a terminal, else at the end"
    )
    parser.add_argument("-j", "--json", action="store_true", help="one JSON object a probe or a hop, one for the sums")
    parser.add_argument("--trace", action="store_true", help="tell the hops on the way there")
    parser.add_argument("-m", "--hops", metavar="N", type=value(hops), help=f"--trace: how far (default {PING_HOPS})")
    parser.add_argument("-n", "--numeric", action="store_true", help="--trace: do not look up the names of the hops")


def payload(text: str) -> int:
    """Read the size of a payload."""
    size = parse_size(text)
    if size > PING_MOST_BYTES:
        raise ValueError(f"a payload of {format_size(size)} does not fit in a packet; the most is {PING_MOST_BYTES}")
    return size


def hops(text: str) -> int:
    """Read a number of hops, 1 to 255."""
    number = options.count(text)
    if number > 255:
        raise ValueError(f'"{text}" is more hops than a packet can go: say 1 to 255')
    return number


def target(text: str) -> Address:
    """Read HOST, HOST:PORT, or an address of icmp, tcp or udp.

    Raises:
        AddressError: it is none.
        UsageError: it is an address of another scheme.
    """
    from wiretalk.address import parse
    from wiretalk.address.hosts import ipv6_groups

    if ":" not in text or ipv6_groups(text.partition("%")[0]) is not None:
        return parse(f"icmp://[{text}]" if ":" in text else f"icmp://{text}")
    if text.startswith("[") and text.endswith("]"):
        return parse(f"icmp://{text}")
    address = parse(text)
    if address.scheme not in SCHEMES:
        hint = "name a HOST, or an address of icmp, tcp or udp"
        raise UsageError("", reason=f"{address.scheme} cannot be pinged", hint=hint)
    if address.option("via"):
        raise UsageError("", reason="a ping does not go by a proxy", hint="leave out via=")
    return address


def run(arguments: Namespace) -> int:
    """Ask, or follow the way; return the exit status."""
    from wiretalk.blocking.connecting import resolved
    from wiretalk.blocking.waiting import Deadline
    from wiretalk.cli.interrupts import hear_signals
    from wiretalk.transport.probing import choose

    _check(arguments)
    doing = _trace(arguments) if arguments.trace else _ping(arguments)
    # Until somebody is asked, Ctrl-C ends it at once.
    hear_signals()
    candidates = resolved(arguments.target, Deadline(CONNECT_TIMEOUT_S))
    candidate = choose(candidates, arguments.version)
    prober = _open(candidate, arguments)
    try:
        status = doing(prober, _stopped_by_signals())
    finally:
        prober.close()
    if status in ASK_ANOTHER:
        _tell_of_another(candidate, candidates)
    return status


def _stopped_by_signals() -> Stop:
    """Return what the first signal that would interrupt us says; the next one interrupts."""
    import signal

    from wiretalk.ping import Stop

    stop = Stop()

    def heard(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        stop.say()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.default_int_handler:
            signal.signal(number, heard)
    return stop


def _tell_of_another(asked: Candidate, candidates: list[Candidate]) -> None:
    """Tell that the name stands for an address of the other version of IP too: that one may answer."""
    from wiretalk.cli.output import tell
    from wiretalk.transport.names import host_of

    for candidate in candidates:
        if candidate.family != asked.family:
            host = host_of(candidate.sockaddr)
            version = 6 if ":" in host else 4
            tell(f"{asked.address.host or 'localhost'} is {host} too; -{version} asks that")
            return


def _check(arguments: Namespace) -> None:
    """Refuse what does not go together."""
    scheme = arguments.target.scheme
    if scheme.startswith("tcp") and arguments.size is not None:
        raise UsageError("", reason="--size: a TCP connection that is opened carries no payload", hint="leave it out")
    if scheme.startswith("udp") and arguments.size is not None and arguments.size < LEAST_UDP_BYTES:
        hint = f"say {LEAST_UDP_BYTES} or more"
        raise UsageError("", reason="--size: a datagram that short is not known again when it comes back", hint=hint)
    if arguments.trace:
        for name in ("ttl", "histogram", "quiet"):
            if getattr(arguments, name):
                raise UsageError("", reason=f"--{name} does not go with --trace", hint="leave one of them out")
    elif arguments.hops is not None or arguments.numeric:
        name = "--hops" if arguments.hops is not None else "--numeric"
        raise UsageError("", reason=f"{name} is for --trace", hint="say that too")
    if arguments.histogram and arguments.json:
        raise UsageError("", reason="--histogram does not go with --json", hint="leave one of them out")


def _open(candidate: Candidate, arguments: Namespace) -> Prober:
    from wiretalk.transport.probing import open_prober

    size = PING_BYTES if arguments.size is None else arguments.size
    try:
        return open_prober(candidate, size_bytes=size, ttl=arguments.ttl, apart=arguments.trace)
    except NotPermittedError as error:
        if "ping_group_range" not in error.reason:
            raise
        reason = f"{error.reason}; without either, wiretalk ping tcp://HOST:PORT asks by a TCP connection"
        raise NotPermittedError(error.address, reason) from error


def _ping(arguments: Namespace) -> Doing:
    from wiretalk.ping import Plan
    from wiretalk.ping.plan import most_awaited

    plan = Plan(
        interval_s=arguments.interval or PING_INTERVAL_S,
        count=arguments.count,
        timeout_s=arguments.timeout,
        deadline_s=arguments.deadline,
        most_awaited=most_awaited(arguments.target.scheme),
    )

    def doing(prober: Prober, stop: Stop) -> int:
        from wiretalk.cli.pinging import ping

        return ping(prober, plan, arguments, stop)

    return doing


def _trace(arguments: Namespace) -> Doing:
    plan = _trace_plan(arguments)

    def doing(prober: Prober, stop: Stop) -> int:
        from wiretalk.cli.tracing import trace

        return trace(prober, plan, arguments, stop)

    return doing


def _trace_plan(arguments: Namespace) -> TracePlan:
    from wiretalk.ping import TracePlan

    return TracePlan(
        hops=arguments.hops or PING_HOPS,
        probes=arguments.count or PING_PROBES_A_HOP,
        pause_s=arguments.interval or PING_TRACE_PAUSE_S,
        timeout_s=arguments.timeout,
        deadline_s=arguments.deadline,
    )
