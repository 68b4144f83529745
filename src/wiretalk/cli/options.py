"""Options that several commands have, each worded once, and the limits made of them."""

from __future__ import annotations

import os

from wiretalk.cli.parser import value
from wiretalk.errors import UsageError
from wiretalk.limits import (
    CONNECT_TIMEOUT_S,
    DRAIN_S,
    IDLE_TIMEOUT_S,
    MAX_CONNECTIONS,
    MAX_MESSAGE_BYTES,
    MAX_UDP_PEERS,
    QUEUE_MESSAGES,
    SEND_BUFFER_BYTES,
    TLS_HANDSHAKE_TIMEOUT_S,
    TOKEN_BYTES,
    UDP_PEER_IDLE_S,
    Limits,
)
from wiretalk.units import format_duration, format_size, parse_duration, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from wiretalk.address import Address
    from wiretalk.address.access import Access
    from wiretalk.cli.parser import Parser

NEVER = ("never", "forever", "none")
"""The words for a time without end."""

# how values are read


def size(text: str) -> int:
    """Read a size in bytes, 1 or more."""
    bytes_ = parse_size(text)
    if bytes_ < 1:
        raise ValueError(f'"{text}" is too small: say 1 or more')
    return bytes_


def duration(text: str) -> float:
    """Read a time in seconds, above 0."""
    seconds = parse_duration(text)
    if seconds <= 0:
        raise ValueError(f'"{text}" is too short: say more than 0, like 10s or 500ms')
    return seconds


def pause(text: str) -> float:
    """Read a time in seconds, 0 or more."""
    return parse_duration(text)


def duration_or_never(text: str) -> float | None:
    """Read a time in seconds, above 0, or "never" (None)."""
    return None if text in NEVER else duration(text)


def pause_or_never(text: str) -> float | None:
    """Read a time in seconds, 0 or more, or "never" (None)."""
    return None if text in NEVER else pause(text)


def count(text: str) -> int:
    """Read a whole number, 1 or more."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ValueError(f'"{text}" is not a number of 1 or more')
    return int(text)


def count_or_none(text: str) -> int:
    """Read a whole number, 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'"{text}" is not a number of 0 or more')
    return int(text)


def framing(text: str) -> str:
    """Check a framing's specification."""
    from wiretalk.framing import check

    check(text)
    return text


def codec(text: str) -> str:
    """Check a codec's specification."""
    from wiretalk.codec import make

    make(text)
    return text


def address(text: str) -> Address:
    """Read an address that can be opened by this version.

    Raises:
        AddressError: it is none, or its scheme cannot be opened yet.
    """
    from wiretalk.address import parse

    return parse(text)


def token(said: str | None, variable: str) -> str | None:
    """Return the secret that an option says, TOKEN or @FILE, or else the environment; None: there is none.

    Raises:
        OSError: its file cannot be read.
    """
    if said is None:
        return os.environ.get(variable)
    if not said.startswith("@"):
        return said
    with open(said[1:], "rb") as file:
        # A byte more than there may be, so that a longer one is seen; and the line end.
        return file.read(TOKEN_BYTES + 2).strip().decode("utf-8", "surrogateescape")


# options


def add_address(parser: Parser, what: str, *, several: bool = False) -> None:
    """Add ADDRESS, or ADDRESS…."""
    if several:
        parser.add_argument("addresses", metavar="ADDRESS", nargs="+", type=value(address), help=what)
    else:
        parser.add_argument("address", metavar="ADDRESS", type=value(address), help=what)


def add_framing(parser: Parser) -> None:
    """Add --frame and --codec."""
    parser.add_argument(
        "-f",
        "--frame",
        metavar="SPEC",
        type=value(framing),
        help="what makes messages of the bytes: line, length:u32be, … (wiretalk help framings)",
    )
    parser.add_argument(
        "-c",
        "--codec",
        metavar="SPEC",
        type=value(codec),
        help="what makes values of the messages: text, json, hex, … (wiretalk help codecs)",
    )


def add_max_message(parser: Parser) -> None:
    """Add --max-message."""
    parser.add_argument(
        "--max-message",
        metavar="SIZE",
        type=value(size),
        default=MAX_MESSAGE_BYTES,
        help=f"largest message, either way (default {format_size(MAX_MESSAGE_BYTES)})",
    )


def add_timeout(parser: Parser) -> None:
    """Add --timeout, for connecting."""
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=value(duration_or_never),
        default=CONNECT_TIMEOUT_S,
        help=f"how long connecting may take, or never (default {format_duration(CONNECT_TIMEOUT_S)})",
    )


def add_verbose(parser: Parser) -> None:
    """Add --verbose."""
    parser.add_argument("-v", "--verbose", action="store_true", help="tell each step on standard error")


def add_json(parser: Parser, what: str = "one JSON object a message, and one for the ending") -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help=what)


def add_shapes(parser: Parser) -> None:
    """Add --hex and --json: what else standard output may hold than the messages themselves."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "-x", "--hex", action="store_true", help="print a dump of what passes both ways, like hexdump -C"
    )
    either.add_argument(
        "-j", "--json", action="store_true", help="print one JSON object a message, and one for the ending"
    )


def add_history(parser: Parser) -> None:
    """Add --no-history."""
    parser.add_argument(
        "--no-history", dest="history", action="store_false", help="do not keep the lines typed on a terminal"
    )


def add_drain(parser: Parser) -> None:
    """Add --drain."""
    parser.add_argument(
        "--drain",
        metavar="TIME",
        type=value(pause),
        default=DRAIN_S,
        help=f"when stopped, how long open conversations may take to end (default {format_duration(DRAIN_S)})",
    )


def add_access(parser: Parser) -> None:
    """Add --allow and --deny."""
    for name, what in (("--allow", "let in"), ("--deny", "refuse")):
        parser.add_argument(
            name,
            metavar="NETWORK",
            action="append",
            default=[],
            type=value(network),
            help=f"{what} a network (10.0.0.0/8), an address or a host, may be given several times"
            + ("; everybody else is refused" if name == "--allow" else ", even where it is allowed"),
        )


def network(text: str) -> str:
    """Check what may follow --allow and --deny."""
    from wiretalk.address.access import Access

    Access([text])
    return text


def access(arguments: Namespace) -> Access | None:
    """Return who may come, as the options of `add_access` say; None: everybody."""
    if not arguments.allow and not arguments.deny:
        return None
    from wiretalk.address.access import Access

    return Access(arguments.allow, arguments.deny)


def add_server_limits(parser: Parser, *, idle_s: float | None = IDLE_TIMEOUT_S) -> None:
    """Add the limits of a server, --drain and --max-message among them, and who may come.

    Args:
        parser: the command's.
        idle_s: the default of --idle.
    """
    add_access(parser)
    add_max_message(parser)
    add_drain(parser)
    parser.add_argument(
        "--idle",
        metavar="TIME",
        type=value(duration_or_never),
        default=idle_s,
        help="end a connection silent for so long, or never "
        f"(default {'never' if idle_s is None else format_duration(idle_s)})",
    )
    for name, metavar, reader, default, shown, what in SERVER_LIMITS:
        parser.add_argument(
            name, metavar=metavar, type=value(reader), default=default, help=f"{what} (default {shown})"
        )


SERVER_LIMITS: tuple[tuple[str, str, Callable[[str], object], float, str, str], ...] = (
    ("--max-connections", "N", count, MAX_CONNECTIONS, str(MAX_CONNECTIONS), "connections open at once"),
    ("--max-udp-peers", "N", count, MAX_UDP_PEERS, str(MAX_UDP_PEERS), "UDP peers remembered at once"),
    (
        "--udp-peer-idle",
        "TIME",
        duration,
        UDP_PEER_IDLE_S,
        format_duration(UDP_PEER_IDLE_S),
        "forget a UDP peer silent for so long",
    ),
    ("--send-buffer", "SIZE", size, SEND_BUFFER_BYTES, format_size(SEND_BUFFER_BYTES), "unsent bytes at which to wait"),
    ("--queue", "N", count, QUEUE_MESSAGES, str(QUEUE_MESSAGES), "messages waiting before a peer is not read"),
    (
        "--tls-timeout",
        "TIME",
        duration,
        TLS_HANDSHAKE_TIMEOUT_S,
        format_duration(TLS_HANDSHAKE_TIMEOUT_S),
        "how long a TLS handshake may take",
    ),
)
"""Option, value, its reader, default, the default as shown, and what it bounds; see `wiretalk.limits`."""


def server_limits(arguments: Namespace) -> Limits:
    """Return the limits that the options of `add_server_limits` say."""
    return Limits(
        max_connections=arguments.max_connections,
        max_message_bytes=arguments.max_message,
        send_buffer_bytes=arguments.send_buffer,
        queue_messages=arguments.queue,
        idle_timeout_s=arguments.idle,
        tls_handshake_timeout_s=arguments.tls_timeout,
        max_udp_peers=arguments.max_udp_peers,
        udp_peer_idle_s=arguments.udp_peer_idle,
        drain_s=arguments.drain,
    )


def said_once(arguments: Namespace, end: Address) -> tuple[str | None, str | None]:
    """Return the framing and the codec, from the options or from those of the address.

    Raises:
        UsageError: they are said twice, and differently.
    """
    chosen = []
    for option, own in (("frame", "framing"), ("codec", "codec")):
        here, there = getattr(arguments, option), end.option(own)
        if here is not None and there is not None and here != there:
            raise UsageError(
                "", reason=f"--{option} {here} contradicts {own}={there} in the address", hint="say it once"
            )
        chosen.append(here if here is not None else there)
    return chosen[0], chosen[1]
