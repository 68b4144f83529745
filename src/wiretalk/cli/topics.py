"""What `wiretalk help TOPIC` says, made of the tables of the rooms that know. Each function returns the whole text."""

from __future__ import annotations

from wiretalk.cli.overview import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.options import Option

STATUSES = {
    "finished": "done: the conversation ended in good order",
    "failed": "anything that has no number of its own",
    "usage": "the command, or an address in it, was wrong; nothing was opened",
    "refused": "nobody listens there, or they refuse",
    "unreachable": "no way there: no route, no such socket file, host down",
    "no-such-host": "no such name",
    "in-use": "somebody else has that address",
    "not-permitted": "the system does not permit it",
    "not-trusted": "TLS: one side does not trust the other",
    "timed-out": "a wait took too long; the error says which",
    "reset": "the peer, or the way to it, broke off",
    "limit": "a limit was reached; the error says which",
    "malformed": "bytes that break the framing, or a message that it cannot carry",
    "truncated": "the stream ended within a message",
    "codec": "a message that is no value of the codec, or a value that makes none",
    "closed": "we closed it ourselves before its end",
    "missing-package": "an optional package is not installed; the error says how it is",
    "interrupted": "Ctrl-C (SIGINT), or SIGTERM while talking to one peer",
}
"""What each exit status means, by its word."""


def addresses() -> str:
    """Schemes and options."""
    from wiretalk.address import OPTIONS, SCHEMES

    lines = [
        "An address is SCHEME: and what the scheme needs, then ?OPTION=VALUE&OPTION=VALUE…",
        "HOST:PORT alone means tcp://HOST:PORT, and - our own standard input and output.",
        "",
        "Listening, an empty host is every interface, IPv4 and IPv6 together, and port 0 any free port, which is told.",
        "Connecting, an empty host is localhost.",
        "",
        "schemes:",
        *table((scheme.form, scheme.summary) for scheme in SCHEMES.values()),
        "",
        "options:",
        *table((_form(option), _meaning(option)) for option in OPTIONS.values()),
        "",
        "examples:",
        *(f"  {scheme.example}" for scheme in SCHEMES.values()),
        "  tcp://:9000?framing=line&codec=json",
        "  tls://:8443?self_signed",
    ]
    return "\n".join(lines) + "\n"


def _form(option: Option) -> str:
    if option.kind == "flag":
        return option.name
    return f"{option.name}=…"


def _meaning(option: Option) -> str:
    from wiretalk.address import SCHEMES

    schemes = list(option.schemes)
    summary = option.summary + (f": {option.range}" if option.choices else "")
    if len(schemes) == len(SCHEMES):
        return summary
    from wiretalk.address.options import IP, SOCKETS, STREAMS

    for group, name in ((STREAMS, "byte streams"), (SOCKETS, "sockets"), (IP, "IP")):
        if schemes == group.split():
            return f"{summary} ({name})"
    # tcp stands for tcp4 and tcp6 too, and likewise udp.
    said = [name for name in schemes if name.rstrip("46") == name or name.rstrip("46") not in schemes]
    return f"{summary} ({', '.join(said)})"


def framings() -> str:
    """Framings."""
    from wiretalk.framing import FRAMINGS

    lines = [
        "A byte stream has no messages; a framing gives it some. A datagram is a message already.",
        "",
        *table((name, summary) for name, (_, summary) in FRAMINGS.items()),
        "",
        "On a byte stream, --frame is how messages are told apart on the wire; on our side, each is a line.",
        "Without it, the bytes of a pipe pass as they are; what is typed, and a message of send, is ended by LF.",
        "On datagrams, --frame is how they are told apart on standard input and output: in lines, unless it says else.",
        "",
        "examples:",
        "  echo hello | wiretalk connect :9000 --frame length:u32be",
        "  wiretalk connect udp://pi.local:5000 --frame fixed:16 < records.bin",
    ]
    return "\n".join(lines) + "\n"


def codecs() -> str:
    """Codecs."""
    from wiretalk.codec import CODECS

    lines = [
        "A codec turns a message into a value, and back. Values are typed and shown in lines.",
        "",
        *table((name, summary) for name, (_, summary) in CODECS.items()),
        "",
        "hex is typed and shown as digits; msgpack and struct as JSON, a record without its brackets too: 1, 2, 3.5",
        "With a codec, a byte stream is cut into lines unless --frame says how else.",
        "",
        "examples:",
        "  wiretalk connect udp://pi.local:5000 --codec json",
        "  wiretalk send :9000 --frame slip --codec hex 'c0 00 ff'",
        "  wiretalk send udp://pi.local:5000 --codec 'struct:>HHf' '1, 2, 3.5'",
    ]
    return "\n".join(lines) + "\n"


def faults() -> str:
    """Faults."""
    from wiretalk.layer.faults.fault import COMMON, parameters_of
    from wiretalk.layer.faults.table import FAULTS, load

    rows = []
    for name, (_, summary) in FAULTS.items():
        stage = load(name)
        rows.append((written(name), summary))
        rows += [
            (f"  {one.name}={one.form}", one.summary)
            for one in parameters_of(stage).values()
            if one.name not in COMMON and one.name != stage.main
        ]
    lines = [
        "A fault is written [up:|down:]NAME[=VALUE][,PARAMETER=VALUE…]; without a direction it is on both ways.",
        "Up is from who came to who was come to; down is back. Several faults are passed in the order given.",
        "",
        *table(rows),
        "",
        "every fault, where it makes sense:",
        *table((f"{one.name}={one.form}", one.summary) for one in COMMON.values()),
        "",
        "WHEN is seconds, bytes or messages: 5s, 1000B, 64KiB, 10msg. A byte stream without a framing has no messages:",
        "what is read at a time counts as one. With a framing, what happens to pieces happens to whole messages.",
        "",
        "examples:",
        "  wiretalk relay :8080 tcp://pi.local:80 --fault latency=50ms,jitter=10ms",
        "  wiretalk serve echo udp://:7000 --fault up:loss=10% --seed 7",
        "  wiretalk relay :8080 tcp://pi.local:80 --fault down:reset=1000B --fault-log faults.jsonl",
    ]
    return "\n".join(lines) + "\n"


def written(name: str) -> str:
    """Return how a fault is written: "latency=TIME", "reset[=WHEN]"."""
    from wiretalk.layer.faults.fault import parameters_of
    from wiretalk.layer.faults.table import load

    stage = load(name)
    main = parameters_of(stage).get(stage.main)
    if main is None:
        return name
    return f"{name}={main.form}" if main.default is None and not main.optional else f"{name}[={main.form}]"


def exit_status() -> str:
    """Exit statuses."""
    from wiretalk.errors import EXIT_STATUS

    rows = ((f"{number:3}  {how}", STATUSES[how]) for how, number in EXIT_STATUS.items())
    lines = [
        "The exit status says how the conversation ended. The same words are in errors and in --json.",
        "",
        *table(rows),
        "",
        "listen and serve, stopped by SIGTERM, let their conversations end and leave with 0.",
    ]
    return "\n".join(lines) + "\n"
