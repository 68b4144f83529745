"""The table of schemes: what each needs after its name, and what kind of conversation it makes.

A table and its record. No text is parsed here, and nothing here knows how a scheme is opened.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Kind = Literal["stream", "datagram", "packet", "messages"]
    Shape = Literal["port", "host", "url", "cid", "path", "command", "nothing"]


class Scheme:
    """One scheme.

    Args:
        name: what stands before the colon.
        shape: what comes after it: "port" (//host:port), "host" (//host), "url" (//host:port/path), "cid" (//cid:port),
            "path", "command" or "nothing".
        kind: "stream" (bytes), "datagram", "packet" (connected and ordered datagrams) or "messages".
        example: an address of this scheme.
        summary: what it is, in a few words.
        family: 4 or 6 where it is bound to one version of IP, else 0.
        default_port: the port where none is written, or None: one must be written.
        listens: False where nobody can come, because there is one conversation and it is there from the beginning.
    """

    __slots__ = ("default_port", "example", "family", "kind", "listens", "name", "shape", "summary")

    def __init__(
        self,
        name: str,
        shape: Shape,
        kind: Kind,
        example: str,
        summary: str,
        *,
        family: int = 0,
        default_port: int | None = None,
        listens: bool = True,
    ) -> None:
        self.name = name
        self.shape = shape
        self.kind = kind
        self.example = example
        self.summary = summary
        self.family = family
        self.default_port = default_port
        self.listens = listens

    @property
    def form(self) -> str:
        """How an address of this scheme is written: "tcp://HOST:PORT", "unix:PATH"."""
        return self.name + FORMS[self.shape] if self.shape != "nothing" else "-"

    def __repr__(self) -> str:
        return f"Scheme({self.name!r})"


FORMS: dict[str, str] = {
    "port": "://HOST:PORT",
    "host": "://HOST",
    "url": "://HOST:PORT/PATH",
    "cid": "://CID:PORT",
    "path": ":PATH",
    "command": ":COMMAND",
    "nothing": ":",
}
"""What follows the name of a scheme, by its shape."""

SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("tcp", "port", "stream", "tcp://pi.local:8888", "TCP over IPv4 and IPv6"),
        Scheme("tcp4", "port", "stream", "tcp4://:8888", "TCP over IPv4 alone", family=4),
        Scheme("tcp6", "port", "stream", "tcp6://[::1]:8888", "TCP over IPv6 alone", family=6),
        Scheme("unix", "path", "stream", "unix:/run/x.sock", "Unix stream socket; unix:@name is abstract"),
        Scheme("tls", "port", "stream", "tls://example.org:443", "TLS over TCP"),
        Scheme("ws", "url", "messages", "ws://pi.local:8080/chat", "WebSocket over TCP", default_port=80),
        Scheme("wss", "url", "messages", "wss://example.org/chat", "WebSocket over TLS", default_port=443),
        Scheme("udp", "port", "datagram", "udp://239.1.2.3:5000", "UDP over IPv4 and IPv6; a group is joined"),
        Scheme("udp4", "port", "datagram", "udp4://:5000", "UDP over IPv4 alone", family=4),
        Scheme("udp6", "port", "datagram", "udp6://[ff02::1%eth0]:5000", "UDP over IPv6 alone", family=6),
        Scheme("unixgram", "path", "datagram", "unixgram:/run/log.sock", "Unix datagram socket"),
        Scheme("unixpacket", "path", "packet", "unixpacket:/run/x.sock", "Unix sequenced-packet socket"),
        Scheme("vsock", "cid", "stream", "vsock://host:1024", "between a virtual machine and its host"),
        Scheme("serial", "path", "stream", "serial:/dev/ttyUSB0?baud=115200", "serial port", listens=False),
        Scheme(
            "exec",
            "command",
            "stream",
            "exec:sort -u",
            "a program's standard input and output",
            listens=False,
        ),
        Scheme("pty", "command", "stream", "pty:bash", "a program on a terminal of its own", listens=False),
        Scheme("stdio", "nothing", "stream", "-", "our own standard input and output", listens=False),
        Scheme("file", "path", "stream", "file:capture.bin?append", "a file", listens=False),
        Scheme("icmp", "host", "datagram", "icmp://192.0.2.1", "ICMP echo: the payloads of pings"),
        Scheme("raw", "host", "datagram", "raw://192.0.2.1?protocol=89", "a protocol over IP, by its number"),
    )
}
"""Every scheme, by name, in the order in which help shows them."""
