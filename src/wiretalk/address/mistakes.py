"""What a text that is no address was probably meant for. Loaded when there is a fault to tell, and only then.

Each function returns (or raises) the AddressError for one sort of mistake; none parses anything that is right.
"""

from __future__ import annotations

from wiretalk.address.hosts import DIGITS, ipv6_groups
from wiretalk.address.schemes import SCHEMES
from wiretalk.errors import AddressError
from wiretalk.limits import MAX_ADDRESS_BYTES
from wiretalk.spelling import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.schemes import Scheme

ELSEWHERE = {
    "http": "HTTP over TCP is tcp://HOST:80",
    "https": "HTTP over TLS is tls://HOST:443",
    "ssl": 'that is "tls" here',
    "dtls": "TLS over datagrams is not spoken here",
    "local": 'that is "unix" here',
    "uds": 'that is "unix" here',
    "ipc": 'that is "unix" here',
    "dgram": 'that is "udp" or "unixgram" here',
    "seqpacket": 'that is "unixpacket" here',
    "multicast": 'a multicast group is written "udp://GROUP:PORT"',
    "stdin": 'that is "-" here',
    "stdout": 'that is "-" here',
    "tty": 'that is "serial" here',
    "com": 'that is "serial" here',
    "ping": 'that is "icmp" here',
}
"""What other programs call things, and what they are called here."""

SHOWN_CHARACTERS = 40
"""How much of a text that is too long is shown."""


def refuse_characters(text: str) -> None:
    """Refuse a text that is empty, too long, or holds what nobody could see.

    Raises:
        AddressError: it does.
    """
    if not text:
        raise AddressError("", 0, "the address is empty", "write HOST:PORT, :PORT, or one like unix:/run/x.sock")
    if len(text) > MAX_ADDRESS_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_ADDRESS_BYTES:
        reason = f"the address is longer than {MAX_ADDRESS_BYTES} bytes"
        raise AddressError(text[:SHOWN_CHARACTERS] + "…", SHOWN_CHARACTERS, reason)
    for at, character in enumerate(text):
        number = ord(character)
        if number < 0x20 or 0x7F <= number < 0xA0 or number in {0x2028, 0x2029}:
            reason = f"there is a control character, U+{number:04X}"
            encoded = "".join(f"%{byte:02X}" for byte in character.encode())
            raise AddressError(text, at, reason, f"if it is meant, write it {encoded}")
        # Surrogates of U+DC80 to U+DCFF are bytes that are no UTF-8, as the system hands them to us.
        if 0xD800 <= number <= 0xDFFF and not 0xDC80 <= number <= 0xDCFF:
            raise AddressError(text, at, f"there is half of a character, U+{number:04X}")
    for at, side in ((0, "begins"), (len(text) - 1, "ends")):
        if text[at] == " ":
            raise AddressError(text, at, f"the address {side} with a space", "remove it")


def no_scheme(text: str, end: int) -> AddressError:
    """Return the error for a text that begins with no known scheme and is no HOST:PORT."""
    colon = text.find(":", 0, end)
    if colon < 0:
        return _no_colon(text, end)
    head, rest = text[:colon], text[colon + 1 : end]
    if not head and rest.startswith("//"):
        return AddressError(text, 0, "the scheme is missing", f"write tcp{text[:end]}")
    if rest.startswith("//") or (_like_a_scheme(head) and (rest.startswith("/") or _hint(head))):
        return _unknown_scheme(text, head)
    if ":" in rest:
        return colons(text, 0, end, SCHEMES["tcp"])
    port, slash, _ = rest.partition("/")
    if slash and not port.strip(DIGITS):
        return path(text, text.index("/"), 0, end, SCHEMES["tcp"])
    reason = f'port must be a number, 0 to 65535: names of services such as "{rest}" are not looked up'
    return AddressError(text, colon + 1, reason, length=len(rest))


def _like_a_scheme(head: str) -> bool:
    """Return whether a text looks like the name of a scheme, in whatever script."""
    plain = all(character.isalnum() or character in "-_" or not character.isascii() for character in head)
    return plain and head != "" and head[0] not in DIGITS


def _no_colon(text: str, end: int) -> AddressError:
    word = text[:end]
    if not word:
        return AddressError(text, 0, "what the options are for is missing", f"write HOST:PORT{text}")
    if not word.strip(DIGITS):
        return AddressError(text, 0, "a port alone is written with a colon", f"write :{word}", end)
    if "/" in word or word.startswith((".", "@")) or word.endswith(".sock"):
        return AddressError(text, 0, "the scheme is missing", f'a Unix socket is written "unix:{word}"', end)
    scheme = SCHEMES.get(word.lower())
    if scheme is not None:
        return AddressError(
            text, end, f"{scheme.name} is a scheme, and what it names is missing", f"write {scheme.form}"
        )
    return no_port(text, 0, end, SCHEMES["tcp"])


def _unknown_scheme(text: str, head: str) -> AddressError:
    hint = _hint(head) or f"there are {', '.join(SCHEMES)}"
    return AddressError(text, 0, f'there is no scheme "{head}"', hint, len(head))


def _hint(head: str) -> str:
    """Return what an unknown scheme is called here, or ""."""
    word = head.lower()
    first = word.replace("_", "-").partition("-")[0]
    if first in SCHEMES:
        # socat's TCP-LISTEN and UNIX-CONNECT: which of the two it is, the command says here.
        return f'did you mean "{first}"?'
    return ELSEWHERE.get(word) or did_you_mean(word, SCHEMES)


def no_slashes(text: str, start: int, end: int, scheme: Scheme) -> AddressError:
    """Return the error for `tcp:host:80`, `tcp:/host:80` and `tcp:80`."""
    rest = text[start:end].lstrip("/")
    hint = f"write {scheme.form}"
    if rest:
        colon = ":" if not rest.strip(DIGITS) and scheme.shape in {"port", "url"} else ""
        hint = f"write {scheme.name}://{colon}{rest}"
    length = max(1, end - start - len(rest))
    return AddressError(text, start, f'after "{scheme.name}:" come two slashes', hint, length)


def path(text: str, slash: int, start: int, end: int, scheme: Scheme) -> AddressError:
    """Return the error for a path where the scheme has none."""
    rest = text[slash:end].lstrip("/")
    right = text[:slash]
    if slash == start:
        right = text[:slash] + rest if rest else scheme.form
    elif scheme.shape == "port" and ":" not in text[start:slash].rpartition("]")[2]:
        right += ":PORT"
    hint = f"write {right}"
    return AddressError(text, slash, f"{scheme.name} has no path", hint, end - slash)


def colons(text: str, start: int, end: int, scheme: Scheme) -> AddressError:
    """Return the error for more than one colon without brackets: mostly an IPv6 address."""
    whole = text[start:end]
    front, _, port = whole.rpartition(":")
    front = "::" if front == ":" else front
    form = "" if scheme.shape == "host" else ":PORT"
    if form and port and not port.strip(DIGITS) and ipv6_groups(front.partition("%")[0]) is not None:
        hint = f"write {text[:start]}[{front}]:{port}"
    elif ipv6_groups(whole.partition("%")[0]) is not None:
        hint = f"write {text[:start]}[{whole}]{form}"
    elif not start and _hint(whole.partition(":")[0]):
        return _unknown_scheme(text, whole.partition(":")[0])
    else:
        second = text.index(":", text.index(":", start) + 1)
        return AddressError(text, second, 'there is more than one ":"', f"write {scheme.form}")
    return AddressError(text, start, "an IPv6 address goes in brackets", hint, end - start)


def host(text: str, start: int, end: int, scheme: Scheme, reason: str) -> AddressError:
    """Return the error for a host that is none."""
    word = text[start:end]
    rest = text[end:].partition("?")[0]
    hint = ""
    if not word.strip(DIGITS) and not rest.startswith(":"):
        return no_port(text, start, end, scheme)
    if word == "*":
        reason, hint = "every interface is an empty host", f"write {text[:start]}{rest}"
    elif "@" in word and scheme.shape != "cid":
        reason, hint = "an address has no user", f"write {text[:start]}{word.rpartition('@')[2]}{rest}"
    return AddressError(text, start, reason, hint, end - start)


def no_port(text: str, start: int, end: int, scheme: Scheme) -> AddressError:
    """Return the error for a host without a port."""
    word = text[start:end].removesuffix(":")
    hint = f"write {text[:start]}{word}:PORT"
    if word and not word.strip(DIGITS) and scheme.shape != "cid":
        hint = f"write {text[:start]}:{word} if {word} is the port"
    return AddressError(text, end, "the port is missing", hint)


def option(text: str, at: int, name: str, scheme: Scheme) -> AddressError:
    """Return the error for an option that the scheme does not have."""
    from wiretalk.address.options import OPTIONS, of_scheme

    if not name:
        return AddressError(text, at, "an option's name is missing", "write ?OPTION=VALUE, with & between several")
    known = OPTIONS.get(name)
    if name == "framing":
        what = "message" if scheme.kind == "messages" else "datagram"
        reason = f"{scheme.name} has no framing: each {what} is a message already"
        return AddressError(text, at, reason, "leave framing out", len(name))
    if known is not None:
        hint = f"it is for {', '.join(known.schemes)}"
        return AddressError(text, at, f"{scheme.name} has no option {name}", hint, len(name))
    hint = did_you_mean(name, of_scheme(scheme.name))
    if not hint and scheme.shape in {"path", "command", "url"}:
        hint = f"a question mark of the {scheme.shape.replace('url', 'path')} itself is written %3F"
    hint = hint or f"it has {', '.join(of_scheme(scheme.name))}"
    return AddressError(text, at, f'{scheme.name} has no option "{name}"', hint, len(name))
