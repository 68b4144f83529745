"""What somebody asks for: a language, a role, an address. Everything that cannot be had is refused here, in words."""

from __future__ import annotations

import os

from wiretalk.address import SCHEMES
from wiretalk.errors import AddressError, UsageError
from wiretalk.limits import MAX_MESSAGE_BYTES
from wiretalk.units import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address

LANGUAGES = {
    "c": "C99, with libwiretalk's two files beside it, or with nothing but POSIX",
    "python": "Python, with wiretalk, or with nothing but the standard library",
}
"""What programs can be written in."""

ROLES = {
    "client": "sends each line of its input, and prints the answers",
    "server": "answers each message of any number of clients",
}
"""What a program can do."""

SOCKETS = ("tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "unixgram")
"""The schemes of libwiretalk, and of programs without any library."""

ALONE = ("exec", "pty", "file", "icmp", "raw")
"""Schemes whose other side is no program that one would write here."""

PLAIN_OPTIONS = frozenset(
    {"framing", "max_message", "nodelay", "keepalive", "reuseaddr", "backlog", "sndbuf", "rcvbuf"}
    | {"ttl", "tos", "dscp", "broadcast", "mode"}
)
"""The options of an address that a program without a library has too: each is one call of the system."""

PLAIN_MOST_BYTES = 16 << 20
"""A plain program keeps room for the largest message, for every peer; past so much that is no way to do it."""

LONGEST_PATH_BYTES = 107
"""The path of a Unix socket, in bytes; Linux has room for so many."""

LONGEST_DATAGRAM_BYTES = 65507
"""What UDP over IPv4 can carry (RFC 768, RFC 791); IPv6 carries a few bytes more."""

MOST_COUNTED = {"length:u8": 0xFF, "length:u16be": 0xFFFF, "length:u16le": 0xFFFF}
"""The largest message, in bytes, for the counts that cannot say more than any limit."""

WITHOUT_ENDS = ("raw", "raw:utf8")
"""Framings whose messages are pieces of a stream: they are passed on as they are, and no line's end is added."""


class Wanted:
    """One program, as it is asked for.

    Args:
        language: a key of LANGUAGES.
        role: a key of ROLES.
        address: where it connects to, or listens.
        frame: the framing, where the address does not say one; None: lines, on a byte stream.
        plain: without a library.

    Attributes:
        language, role, address, plain: as given.
        framing: the framing's specification; "" on datagrams and packets.
        max_message_bytes: the largest message, either way.

    Raises:
        UsageError: such a program cannot be had; it says why, and what can.
    """

    __slots__ = ("address", "framing", "language", "max_message_bytes", "plain", "role")

    def __init__(
        self, language: str, role: str, address: Address, *, frame: str | None = None, plain: bool = False
    ) -> None:
        self.language = language
        self.role = role
        self.address = address
        self.plain = plain
        self._check_scheme()
        self.framing = self._framing(frame)
        self._check_options()
        self.max_message_bytes = self._max_message_bytes()
        if plain:
            self._check_plain()

    @property
    def server(self) -> bool:
        """Whether it is to listen."""
        return self.role == "server"

    @property
    def datagrams(self) -> bool:
        """Whether it talks in datagrams: there is no connection then, and no end."""
        return self.address.kind == "datagram"

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.role + (".c" if self.language == "c" else ".py")

    def _check_scheme(self) -> None:
        scheme = self.address.scheme
        if scheme == "stdio":
            raise UsageError("", reason='"-" is our own standard input and output', hint="name the other side")
        if scheme in ALONE:
            hint = f"it can be {', '.join(name for name in SCHEMES if name not in {*ALONE, 'stdio'})}"
            raise self._address_error(0, len(scheme), f"nobody at the other end of {scheme} runs such a program", hint)
        if scheme not in SOCKETS and (self.plain or self.language == "c"):
            what = "a program without a library" if self.plain else "libwiretalk"
            hint = f"it has {', '.join(SOCKETS)}; Python with wiretalk has {scheme}"
            raise self._address_error(0, len(scheme), f"{what} has no {scheme}", hint)
        if self.address.port == 0 and (self.plain or not self.server):
            reason = "port 0 lets the system pick one"
            hint = "name one here" if self.server else "name the server's"
            raise self._address_error(self.address.text.rfind("0"), 1, reason, hint)

    def _framing(self, frame: str | None) -> str:
        from wiretalk.framing import make

        own = self.address.option("framing")
        if self.address.kind != "stream":
            if frame is not None:
                what = f"over {self.address.scheme}, a message needs no framing: it arrives whole, or not at all"
                raise UsageError("", reason=what, hint="leave --frame out")
            return ""
        if frame is not None and own is not None and frame != own:
            raise UsageError("", reason=f"--frame {frame} contradicts framing={own} in the address", hint="say it once")
        spec: str = frame or own or "line"
        make(spec, self.address.option("max_message") or MAX_MESSAGE_BYTES)
        return spec

    def _check_options(self) -> None:
        if "codec" in self.address.options:
            what = "a message is bytes in the program that is written"
            raise self._option_error("codec", what, "leave codec out, and decode where the program answers or prints")
        if self.plain:
            for name in self.address.options:
                if name not in PLAIN_OPTIONS:
                    hint = "leave it out, or --plain: the library has it"
                    raise self._option_error(name, f"{name} needs more than a call of the system", hint)

    def _max_message_bytes(self) -> int:
        most: int = self.address.option("max_message") or MAX_MESSAGE_BYTES
        if self.framing.startswith("fixed:"):
            return int(self.framing[6:])
        if self.address.scheme.startswith("udp"):
            return min(most, LONGEST_DATAGRAM_BYTES)
        return min(most, MOST_COUNTED.get(self.framing, most))

    def _check_plain(self) -> None:
        if self.max_message_bytes > PLAIN_MOST_BYTES:
            reason = f"a plain program holds messages of {format_size(PLAIN_MOST_BYTES)} at most"
            raise UsageError("", reason=reason, hint="leave --plain out: the library takes room as it needs it")
        path = os.fsencode(self.address.path)
        if len(path) > LONGEST_PATH_BYTES:
            reason = f"the path of a Unix socket can have {LONGEST_PATH_BYTES} bytes, this one has {len(path)}"
            raise UsageError("", reason=reason, hint="use a shorter one, or a relative one")
        if b"\0" in path:
            raise UsageError("", reason="a plain program has no zero byte in a name", hint="leave --plain out")
        if self.address.multicast:
            raise UsageError("", reason="a plain program joins no multicast group", hint="leave --plain out")

    def _option_error(self, name: str, reason: str, hint: str) -> AddressError:
        text = self.address.text
        at = max(text.find(name, text.find("?") + 1), 0)
        return self._address_error(at, len(name), reason, hint)

    def _address_error(self, at: int, length: int, reason: str, hint: str) -> AddressError:
        return AddressError(self.address.text, max(at, 0), reason, hint, length)
