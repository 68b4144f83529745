"""Programs in C: which parts, and what stands for the names in them. The text itself is in `templates/c`."""

from __future__ import annotations

import os

from wiretalk.programs import socketoptions
from wiretalk.programs.header import every_interface, header_lines
from wiretalk.programs.templates import Composer, read
from wiretalk.programs.wanted import WITHOUT_ENDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.programs.wanted import Wanted

FAMILIES = {0: "AF_UNSPEC", 4: "AF_INET", 6: "AF_INET6"}
"""The address family, by the version of IP that a scheme is bound to."""

SCANNED = ("line", "delimiter", "slip", "cobs")
"""Framings that look for the end of a message, and remember how far they have looked."""


def source(wanted: Wanted) -> str:
    """Return the text of the program."""
    return _plain(wanted) if wanted.plain else _with_library(wanted)


def makefile() -> str:
    """Return the Makefile, which is the same for all programs in C."""
    return read("c/Makefile")


def literal(text: str) -> str:
    """Return a text as C writes it, between quotes."""
    made: list[str] = []
    for byte in os.fsencode(text):
        character = chr(byte)
        if character in '"\\?':
            # A ? after another could begin a trigraph.
            made.append(f"\\{character}" if character != "?" or made[-1:] == ["?"] else character)
        else:
            made.append(character if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
    return f'"{"".join(made)}"'


def _header(wanted: Wanted) -> str:
    return "\n".join(f" * {line}".rstrip() for line in header_lines(wanted))


def _with_library(wanted: Wanted) -> str:
    framing = wanted.framing if wanted.address.option("framing") is None else ""
    kind = "server" if wanted.server else "datagram_client" if wanted.datagrams else "stream_client"
    composer = Composer("c/library", {})
    return composer.whole(
        f"{kind}.c",
        header=_header(wanted),
        names=f"#define ADDRESS {literal(wanted.address.text)}",
        max_message="WT_MAX_MESSAGE" if wanted.address.option("max_message") is None else str(_input_bytes(wanted)),
        input_framing="raw" if wanted.framing in WITHOUT_ENDS else "line",
        options=f'  const wt_options options = {{.framing = "{framing}"}};' if framing else "",
        options_given="&options" if framing else "NULL",
        print_end=_print_end(wanted),
    )


def _input_bytes(wanted: Wanted) -> int:
    """Return the longest line of input, in bytes: a message, and never so short that it could not be told."""
    return max(wanted.max_message_bytes, 4096)


def _print_end(wanted: Wanted) -> str:
    return "" if wanted.framing in WITHOUT_ENDS else "    putchar('\\n');"


def _plain(wanted: Wanted) -> str:
    shape = ("datagram" if wanted.datagrams else "stream") + f"_{wanted.role}"
    composer = Composer("c/plain", {"spec": wanted.framing, "family": FAMILIES[wanted.address.family]})
    unix = wanted.address.scheme.startswith("unix")
    parts = {
        "header": _header(wanted),
        "names": _names(wanted),
        "options": _options(composer, wanted),
        "listen": "",
        "connect": "",
    }
    if wanted.server:
        parts["listen"] = f"{parts['options']}\n{_listen(composer, wanted)}".lstrip("\n") + "\n"
    else:
        part = (
            wanted.address.scheme if unix else wanted.address.kind.replace("datagram", "udp").replace("stream", "inet")
        )
        parts["connect"] = composer.part(f"connect_{part}.c", or_options=_or_options(wanted, "one->ai_family")) + "\n"
    if not wanted.datagrams:
        parts |= _stream_parts(composer, wanted)
    return composer.whole(f"{shape}.c", **parts)


def _stream_parts(composer: Composer, wanted: Wanted) -> dict[str, str]:
    name = wanted.framing.partition(":")[0]
    scanned = name in SCANNED
    own_lines = name not in {"line", "raw"} and not wanted.server
    raw = wanted.framing in WITHOUT_ENDS
    seen = "  size_t seen; /* so many of them hold no end of a message: none is looked at twice */"
    parts = {
        "buffer": composer.part("buffer.c", seen=seen if scanned or own_lines else "") + "\n",
        "framing": _framing(composer, wanted) + "\n",
    }
    if wanted.server:
        family = "unix" if wanted.address.scheme == "unix" else "inet"
        parts["name_peer"] = composer.part(f"name_{family}.c") + "\n"
        parts["seen_begins"] = "  peer->heard.seen = 0;" if scanned else ""
    else:
        if own_lines or wanted.framing == "raw:utf8":
            parts["take_line"] = composer.part("take_block.c" if raw else "take_line.c") + "\n"
            parts["take_input"] = "take_block" if raw else "take_line"
        else:
            parts |= {"take_line": "", "take_input": "take"}
        parts["input_end"] = "" if raw else composer.part("input_end.c")
        parts["print_end"] = _print_end(wanted)
    return parts


def _framing(composer: Composer, wanted: Wanted) -> str:
    name, _, value = wanted.framing.partition(":")
    if name == "line":
        refused = ["if (memchr(message, '\\n', size) != NULL) {"]
        if value != "crlf":
            refused = ["if (memchr(message, '\\n', size) != NULL || (size > 0 && message[size - 1] == '\\r')) {"]
        end = "\\r\\n" if value == "crlf" else "\\n"
        return composer.part("framing/line.c", refused=refused[0], end=end, end_size=str(len(end) // 2))
    if name == "delimiter":
        octets = ", ".join(f"0x{byte:02x}" for byte in bytes.fromhex(value))
        return composer.part("framing/delimiter.c", delimiter=octets)
    if value == "varint":
        return composer.part("framing/varint.c")
    if name == "length":
        big = value.endswith("be")
        return composer.part(
            "framing/length.c",
            count_bytes=str(int(value.strip("ubel")) // 8),
            shift="8 * (COUNT_BYTES - 1 - i)" if big else "8 * i",
            order="high byte first" if big else "low byte first",
        )
    return composer.part(f"framing/{wanted.framing.replace(':', '_') if name == 'raw' else name}.c")


def _names(wanted: Wanted) -> str:
    """Return the names of the program's ends and limits."""
    address = wanted.address
    rows = [("SERVER", literal(str(address.but(options={}))), "for what is told of it")]
    if address.path:
        path = "\0" + address.path[1:] if address.abstract else address.path
        size = "(offsetof(struct sockaddr_un, sun_path) + sizeof SOCKET_PATH - 1)"
        rows += [
            ("SOCKET_PATH", literal(path), "an abstract name, which no file shows" if address.abstract else ""),
            ("SOCKET_SIZE", f"((socklen_t){size if address.abstract else 'sizeof(struct sockaddr_un)'})", ""),
        ]
    else:
        everywhere = wanted.server and not address.host
        host = "NULL" if everywhere else literal(address.host or "localhost")
        rows += [("HOST", host, every_interface(wanted) if everywhere else ""), ("PORT", f'"{address.port}"', "")]
    why = "bytes; what is longer is refused, either way"
    rows.append(("MAX_MESSAGE", str(wanted.max_message_bytes), why))
    if not wanted.datagrams:
        double = "2 * " if wanted.framing == "slip" else ""
        cobs = " + MAX_MESSAGE / 254" if wanted.framing == "cobs" else ""
        size = f"({double}MAX_MESSAGE{cobs} + 4096)"
        rows.append(("ROOM", size, "bytes held: a message as it is on the wire, and more"))
    return "\n".join(f"#define {name} {value}{f' /* {why} */' if why else ''}" for name, value, why in rows)


def _options(composer: Composer, wanted: Wanted) -> str:
    lines = socketoptions.in_c(wanted)
    if not lines:
        return ""
    body = "\n".join(line if line.startswith("#") else f"  {line}" for line in lines)
    return composer.part("options.c", body=body, arguments=_arguments(wanted, "int sock", "int family")) + "\n"


def _arguments(wanted: Wanted, sock: str, family: str) -> str:
    return f"{sock}, {family}" if socketoptions.needs_family(wanted) else sock


def _or_options(wanted: Wanted, family: str) -> str:
    """Return the condition that setting the options has failed, to stand behind others."""
    if not socketoptions.settings(wanted):
        return ""
    return f" || set_options({_arguments(wanted, 'sock', family)}) < 0"


def _listen(composer: Composer, wanted: Wanted) -> str:
    address = wanted.address
    socktype = "SOCK_DGRAM" if wanted.datagrams else "SOCK_STREAM"
    backlog = address.option("backlog", "SOMAXCONN")
    common = {"socktype": socktype, "or_listen": "" if wanted.datagrams else f" || listen(sock, {backlog}) < 0"}
    if not address.scheme.startswith("unix"):
        reuse = ""
        if address.option("reuseaddr", not wanted.datagrams):
            why = "/* Old connections may linger after a restart. */"
            reuse = f"  {why}\n  failed |= setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &(int){{1}}, sizeof(int));"
        return composer.part("listen_inet.c", reuse=reuse, or_options=_or_options(wanted, "at->ai_family"), **common)
    mode = address.option("mode")
    file = not address.abstract
    return composer.part(
        "listen_unix.c",
        or_options=_or_options(wanted, ""),
        mode=f"  mode_t before = umask(0{0o777 & ~mode:03o}); /* the file's permissions: {mode:03o} */"
        if mode is not None and file
        else "",
        mode_after="  umask(before);" if mode is not None and file else "",
        is_stale=composer.part("unix_stale.c", socktype=socktype) + "\n" if file else "",
        replace_stale=composer.part("unix_replace.c") if file else "",
        leave=composer.part("unix_leave.c") + "\n" if file else "",
        leave_on_signals="  signal(SIGINT, leave);\n  signal(SIGTERM, leave);" if file else "",
        **common,
    )
