"""The table of options: what may follow the ? of an address, for which schemes, and which values are right.

A table and its record. How a value is read is in `values`; what an option does is for the rooms that open an address.
"""

from __future__ import annotations

from wiretalk.address.schemes import SCHEMES
from wiretalk.units import format_duration, format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.address import OptionValue


class Option:
    """One option.

    Args:
        name: what stands before the equals sign.
        kind: what its value is, a key of `values.READERS`.
        schemes: the schemes that have it, with spaces between.
        summary: what it does, in a few words.
        low: the least value.
        high: the greatest value.
        choices: the words it may be.
        value: what stands for the value in help, where the kind does not tell.
    """

    __slots__ = ("choices", "high", "kind", "low", "name", "schemes", "summary", "value")

    def __init__(
        self,
        name: str,
        kind: str,
        schemes: str,
        summary: str,
        *,
        low: float = 0,
        high: float = 0,
        choices: tuple[str, ...] = (),
        value: str = "",
    ) -> None:
        self.name = name
        self.kind = kind
        self.schemes = tuple(schemes.split())
        self.summary = summary
        self.low = low
        self.high = high
        self.choices = choices
        self.value = value or "|".join(choices) or VALUES.get(kind, "")

    @property
    def range(self) -> str:
        """The values that are right, in words: "1 to 255"."""
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        if self.kind == "size":
            return f"{format_size(int(self.low))} to {format_size(int(self.high))}"
        if "duration" in self.kind:
            return f"{format_duration(self.low)} to {format_duration(self.high)}"
        if self.kind == "octal":
            return f"{int(self.low):03o} to {int(self.high):03o}, in octal"
        return f"{self.low:g} to {self.high:.15g}"

    @property
    def form(self) -> str:
        """How it is written: "nodelay", "ttl=N", "cert=FILE", "keepalive[=TIME]"."""
        if self.kind == "flag or duration":
            return f"{self.name}[={self.value}]"
        return f"{self.name}={self.value}" if self.value else self.name

    def read(self, text: str | None) -> OptionValue:
        """Return the value that a text says; None is an option's name without an equals sign.

        Raises:
            ValueError: it is not such a value; one clause.
        """
        from wiretalk.address.values import READERS

        if text is None:
            if self.kind in {"flag", "flag or duration"}:
                return True
            raise ValueError(f"{self.name} needs a value")
        return READERS[self.kind](self, text)

    def write(self, value: OptionValue) -> str | None:
        """Return the text that `read` reads as this value."""
        from wiretalk.address.values import write

        return write(self.kind, value)

    def __repr__(self) -> str:
        return f"Option({self.name!r})"


VALUES = {
    "integer": "N",
    "octal": "OCTAL",
    "size": "SIZE",
    "duration": "TIME",
    "flag or duration": "TIME",
    "interface": "NAME",
    "server name": "NAME",
    "list": "NAME,…",
    "bind": "HOST:PORT",
    "fingerprint": "sha256:HEX",
    "proxy": "socks5|http://USER:PASSWORD@HOST:PORT",
    "networks": "NETWORK,…",
}
"""What stands for a value in help, by kind."""

ALL = " ".join(SCHEMES)
STREAMS = " ".join(name for name, scheme in SCHEMES.items() if scheme.kind == "stream")
TCP = "tcp tcp4 tcp6 tls ws wss"
UDP = "udp udp4 udp6"
PORTS = f"{TCP} {UDP}"
IP = f"{PORTS} icmp raw"
UNIX = "unix unixgram unixpacket"
TLS = "tls wss"
WS = "ws wss"
PROXIED = f"{TCP} unix"
OPCODES = ("auto", "text", "binary")
PROGRAMS = "exec pty"
SOCKETS = f"{IP} {UNIX} vsock"
TLS_VERSIONS = ("1.2", "1.3")

OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        Option("framing", "text", STREAMS, "what makes messages of the bytes: line, length:u32be, …", value="FRAMING"),
        Option("codec", "text", ALL, "what makes values of the messages: text, json, …", value="CODEC"),
        Option("max_message", "size", ALL, "largest message either way", low=1, high=2**32),
        Option("listen", "flag", ALL, "relay: wait here for peers, though it would connect"),
        Option("connect", "flag", ALL, "relay: connect here, though it would listen"),
        Option("nodelay", "flag", TCP, "send small writes at once (TCP_NODELAY)"),
        Option("keepalive", "flag or duration", TCP, "probe a silent peer, after so long", low=1, high=32767),
        Option("user_timeout", "duration", TCP, "unacknowledged for so long: dead", low=0.001, high=4294967),
        Option("bind", "bind", IP, "connect from this HOST, HOST:PORT or :PORT"),
        Option("interface", "interface", IP, "use this network interface, by name (for a group, or by its address)"),
        Option("via", "proxy", TCP, "go by this proxy, which looks the name up"),
        Option("send_proxy", "choice", PROXIED, "begin with a PROXY header: who comes", choices=("v1", "v2")),
        Option("proxy_protocol", "flag", PROXIED, "listening: await a PROXY header: who comes"),
        Option("proxy_from", "networks", PROXIED, "whose PROXY header counts; unless told, this machine's own"),
        Option("reuseaddr", "flag", PORTS, "listen though old connections linger (SO_REUSEADDR)"),
        Option("reuseport", "flag", PORTS, "share the port with other processes (SO_REUSEPORT)"),
        Option("v6only", "flag", "tcp tcp6 tls ws wss udp udp6", "an IPv6 socket takes no IPv4"),
        Option("freebind", "flag", IP, "bind an address the machine does not have yet (IP_FREEBIND)"),
        Option("backlog", "integer", f"{TCP} unix unixpacket vsock", "connections held ready", low=1, high=65535),
        Option("sndbuf", "size", SOCKETS, "the kernel's send buffer (SO_SNDBUF)", low=1, high=2**30),
        Option("rcvbuf", "size", SOCKETS, "the kernel's receive buffer (SO_RCVBUF)", low=1, high=2**30),
        Option("ttl", "integer", IP, "hops a packet may go; for a group too", low=1, high=255),
        Option("tos", "integer", IP, "the type-of-service byte", low=0, high=255),
        Option("dscp", "integer", IP, "the upper six bits of the type of service", low=0, high=63),
        Option("mark", "integer", IP, "the packets' firewall mark (SO_MARK)", low=0, high=2**32 - 1),
        Option("broadcast", "flag", "udp udp4", "may send to a broadcast address"),
        Option("loop", "flag", UDP, "our own messages to a group come back to this machine"),
        Option("mode", "octal", UNIX, "permissions of the socket's file", low=0, high=0o777),
        Option("cert", "text", TLS, "our certificate: a PEM file, which may hold the key too", value="FILE"),
        Option("key", "text", TLS, "the certificate's private key: a PEM file", value="FILE"),
        Option("ca", "text", TLS, "trust these authorities: a PEM file, or a directory", value="FILE"),
        Option("fingerprint", "fingerprint", TLS, "trust the certificate with this SHA-256, and no other"),
        Option("insecure", "flag", TLS, "trust any certificate"),
        Option("sni", "server name", TLS, "the name to ask for and to expect in the certificate"),
        Option("alpn", "list", TLS, "protocols to offer, with commas between: h2,http/1.1"),
        Option("tls_min", "choice", TLS, "the oldest version of TLS", choices=TLS_VERSIONS),
        Option("tls_max", "choice", TLS, "the newest version of TLS", choices=TLS_VERSIONS),
        Option(
            "client_cert", "choice", TLS, "ask clients to prove who they are", choices=("none", "optional", "required")
        ),
        Option("self_signed", "flag", TLS, "make a certificate on the spot, and print its fingerprint"),
        Option("subprotocol", "list", WS, "WebSocket subprotocols to offer, or to choose from"),
        Option("origin", "list", WS, "say to come from this web page; listening: let those in alone", value="URL"),
        Option("compress", "flag", WS, "messages may be compressed (RFC 7692); compress=0: never"),
        Option("ping", "duration", WS, "ping a silent peer, after so long; so long again: dead", low=0.01, high=86400),
        Option("opcode", "choice", WS, "what messages are sent as (auto: text if UTF-8)", choices=OPCODES),
        Option("baud", "integer", "serial", "speed in bits a second", low=50, high=4_000_000),
        Option("bits", "integer", "serial", "data bits", low=5, high=8),
        Option("parity", "choice", "serial", "parity bit", choices=("none", "even", "odd", "mark", "space")),
        Option("stop", "choice", "serial", "stop bits", choices=("1", "1.5", "2")),
        Option("flow", "choice", "serial", "flow control", choices=("none", "rtscts", "xonxoff")),
        Option("shell", "flag", PROGRAMS, "the command is a shell's, with its pipes and variables"),
        Option("directory", "text", PROGRAMS, "where the program runs", value="DIR"),
        Option("env", "text", PROGRAMS, "more for its environment, with commas between", value="NAME=VALUE,…"),
        Option("raw", "flag", "pty", "the terminal echoes and changes nothing"),
        Option("write", "flag", "file", "write it anew"),
        Option("append", "flag", "file", "write after what is there"),
        Option("follow", "flag", "file", "read what is appended later too, for ever"),
        Option("protocol", "integer", "raw", "the number of the protocol over IP", low=0, high=255),
        Option("hdrincl", "flag", "raw", "IPv4: messages are whole packets, header included (IP_HDRINCL)"),
        Option("checksum", "integer", "raw", "IPv6: the system fills and checks a checksum at this offset", high=65534),
    )
}
"""Every option, by name, in the order in which help shows them."""

NEVER_TOGETHER = (
    ("listen", "connect", "the one waits, the other goes"),
    ("write", "append", "the one begins anew, the other goes on"),
    ("follow", "write", "the one reads, the other writes"),
    ("follow", "append", "the one reads, the other writes"),
    ("hdrincl", "checksum", "the one is for IPv4, the other for IPv6"),
    ("tos", "dscp", "they set the same byte"),
    ("self_signed", "cert", "the one makes what the other names"),
    ("self_signed", "key", "the one makes what the other names"),
    ("insecure", "ca", "the one trusts anybody, the other these alone"),
    ("insecure", "fingerprint", "the one trusts anybody, the other one certificate alone"),
)
"""Pairs of options that contradict each other, and why."""


def of_scheme(scheme: str) -> list[str]:
    """Return the names of a scheme's options."""
    return [name for name, option in OPTIONS.items() if scheme in option.schemes]
