"""Programs in Python: which parts, and what stands for the names in them. The text itself is in `templates/python`."""

from __future__ import annotations

from wiretalk.programs import socketoptions
from wiretalk.programs.header import every_interface, header_lines
from wiretalk.programs.templates import Composer
from wiretalk.programs.wanted import WITHOUT_ENDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.programs.wanted import Wanted

FAMILIES = {0: "socket.AF_UNSPEC", 4: "socket.AF_INET", 6: "socket.AF_INET6"}
"""The address family, by the version of IP that a scheme is bound to."""

SCANNED = ("line", "delimiter", "slip", "cobs")
"""Framings that look for the end of a message, and remember how far they have looked."""


def source(wanted: Wanted) -> str:
    """Return the text of the program."""
    return _plain(wanted) if wanted.plain else _with_library(wanted)


def literal(text: str) -> str:
    """Return a text as Python writes it, between double quotes."""
    made = []
    for character in text:
        if character in '"\\':
            made.append(f"\\{character}")
        elif character.isprintable():
            made.append(character)
        else:
            number = ord(character)
            made.append(f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")
    return f'"{"".join(made)}"'


def _with_library(wanted: Wanted) -> str:
    framing = wanted.framing if wanted.address.option("framing") is None else ""
    kind = "server" if wanted.server else "datagram_client" if wanted.datagrams else "stream_client"
    names = [f"ADDRESS = {literal(wanted.address.text)}"]
    if framing:
        names.append(f"FRAMING = {literal(framing)}")
    composer = Composer("python", {})
    print_bytes = composer.part("print_bytes.py")
    raw = wanted.framing in WITHOUT_ENDS
    return composer.whole(
        f"library/{kind}.py",
        print_bytes=print_bytes,
        header="\n".join(header_lines(wanted)),
        names="\n".join(names),
        framing_given=", framing=FRAMING" if framing else "",
        input_framing="raw" if raw else "line",
        input=composer.part("library/input_raw.py" if raw else "library/input_lines.py"),
        printed="message" if raw else 'message + b"\\n"',
        fingerprints=_fingerprints(wanted),
    )


def _fingerprints(wanted: Wanted) -> str:
    if not wanted.address.option("self_signed"):
        return ""
    return 'for one in server.fingerprints:\n    print(f"clients trust it by fingerprint=sha256:{one}", flush=True)'


def _plain(wanted: Wanted) -> str:
    shape = ("datagram" if wanted.datagrams else "stream") + f"_{wanted.role}"
    composer = Composer("python", {"family": FAMILIES[wanted.address.family]})
    parts = {
        "header": "\n".join(header_lines(wanted)),
        "names": _names(wanted),
        "options": _options(composer, wanted),
        "peer_address": "_" if wanted.address.path else "address",
        "peer_name": '"a client"' if wanted.address.path else 'f"{address[0]} port {address[1]}"',
    }
    if wanted.server:
        parts["listen"] = _listen(composer, wanted)
    else:
        kind = wanted.address.kind.replace("datagram", "udp").replace("stream", "inet")
        part = wanted.address.scheme if wanted.address.path else kind
        parts["connect"] = composer.part(f"plain/connect_{part}.py", set_options=_set_options(wanted))
        parts["print_bytes"] = composer.part("print_bytes.py")
    if not wanted.datagrams:
        raw = wanted.framing in WITHOUT_ENDS
        parts["framing"] = _framing(composer, wanted)
        parts["read_input"] = composer.part("plain/input_raw.py" if raw else "plain/input_lines.py")
        parts["typed"] = "" if raw else 'self.typed = b""  # a line of standard input that is not whole yet'
        parts["printed"] = "message" if raw else 'message + b"\\n"'
    return composer.whole(f"plain/{shape}.py", **parts)


def _framing(composer: Composer, wanted: Wanted) -> str:
    name, _, value = wanted.framing.partition(":")
    seen = "self.seen = 0  # so many bytes of it hold no end of a message" if name in SCANNED else ""
    incoming = composer.part("plain/incoming.py", seen=seen)
    if name == "line":
        refused = 'b"\\n" in message' + ("" if value == "crlf" else ' or message.endswith(b"\\r")')
        end = "\\r\\n" if value == "crlf" else "\\n"
        return composer.part("plain/framing/line.py", incoming=incoming, refused=refused, end=end)
    if name == "delimiter":
        octets = "".join(f"\\x{byte:02x}" for byte in bytes.fromhex(value))
        return composer.part("plain/framing/delimiter.py", incoming=incoming, delimiter=f'b"{octets}"')
    if value == "varint":
        return composer.part("plain/framing/varint.py", incoming=incoming)
    if name == "length":
        order = "little" if value.endswith("le") else "big"
        count_bytes = str(int(value.strip("ubel")) // 8)
        return composer.part("plain/framing/length.py", incoming=incoming, count_bytes=count_bytes, order=order)
    file = wanted.framing.replace(":", "_") if name == "raw" else name
    return composer.part(f"plain/framing/{file}.py", incoming=incoming)


def _names(wanted: Wanted) -> str:
    """Return the names of the program's ends and limits."""
    address = wanted.address
    lines = [f"SERVER = {literal(str(address.but(options={})))}  # for what is told of it"]
    if address.path:
        path = "\0" + address.path[1:] if address.abstract else address.path
        why = "  # an abstract name, which no file shows" if address.abstract else ""
        lines.append(f"SOCKET_PATH = {literal(path)}{why}")
    else:
        everywhere = wanted.server and not address.host
        lines.append(
            f"HOST = None  # {every_interface(wanted)}"
            if everywhere
            else f"HOST = {literal(address.host or 'localhost')}"
        )
        lines.append(f"PORT = {address.port}")
    lines.append(f"MAX_MESSAGE = {wanted.max_message_bytes}  # bytes; what is longer is refused, either way")
    return "\n".join(lines)


def _options(composer: Composer, wanted: Wanted) -> str:
    lines = socketoptions.in_python(wanted)
    if not lines:
        return ""
    arguments = "sock: socket.socket, family: int" if socketoptions.needs_family(wanted) else "sock: socket.socket"
    return composer.part("plain/options.py", body="\n".join(f"    {line}" for line in lines), arguments=arguments)


def _set_options(wanted: Wanted) -> str:
    if not socketoptions.settings(wanted):
        return ""
    return "set_options(sock, family)" if socketoptions.needs_family(wanted) else "set_options(sock)"


def _listen(composer: Composer, wanted: Wanted) -> str:
    address = wanted.address
    socktype = "socket.SOCK_DGRAM" if wanted.datagrams else "socket.SOCK_STREAM"
    listen = "" if wanted.datagrams else f"sock.listen({address.option('backlog', 'socket.SOMAXCONN')})"
    common = {"socktype": socktype, "listen": listen, "set_options": _set_options(wanted)}
    if not address.path:
        reuse = ""
        if address.option("reuseaddr", not wanted.datagrams):
            why = "# Old connections may linger after a restart."
            reuse = f"{why}\nsock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
        return composer.part("plain/listen_inet.py", reuse=reuse, **common)
    bind = "sock.bind(SOCKET_PATH)"
    if address.abstract:
        return composer.part("plain/listen_unix.py", is_stale="", remove_stale="", bind=bind, leave="", **common)
    mode = address.option("mode")
    if mode is not None:
        before = f"before = os.umask(0o{0o777 & ~mode:03o})  # the file's permissions: {mode:03o}"
        bind = f"{before}\n{bind}\nos.umask(before)"
    return composer.part(
        "plain/listen_unix.py",
        is_stale=composer.part("plain/is_stale.py", socktype=socktype),
        remove_stale="if is_stale():\n    os.unlink(SOCKET_PATH)",
        bind=bind,
        leave=composer.part("plain/leave.py"),
        **common,
    )
