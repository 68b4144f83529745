"""From text to address: `scheme:` then what the scheme needs, then `?option=value&…`; HOST:PORT alone is TCP.

Every fault is an AddressError whose caret stands under it. What a text might have been meant for is worked out in
`mistakes`, which only a fault loads.
"""

from __future__ import annotations

from wiretalk.address import hosts
from wiretalk.address.address import Address
from wiretalk.address.percent import decode
from wiretalk.address.schemes import SCHEMES
from wiretalk.errors import AddressError
from wiretalk.limits import MAX_ADDRESS_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.address import OptionValue
    from wiretalk.address.schemes import Scheme


def parse(text: str | Address) -> Address:
    """Return the address that a text names.

    Args:
        text: an address, at most limits.MAX_ADDRESS_BYTES bytes of UTF-8. An Address is returned as it is.

    Raises:
        AddressError: the text is no address; it says where, why, and what would be right.
        TypeError: it is no text.

    >>> parse(":8888").scheme, parse("tcp://[::1]:80?nodelay").options["nodelay"]
    ('tcp', True)
    """
    if not isinstance(text, str):
        if isinstance(text, Address):
            return text
        raise TypeError(f"an address is text, not {type(text).__name__}")
    if len(text) * 4 > MAX_ADDRESS_BYTES or not text.isprintable() or text[:1] in {"", " "} or text[-1] == " ":
        from wiretalk.address import mistakes

        mistakes.refuse_characters(text)
    mark = text.find("?")
    end = len(text) if mark < 0 else mark
    scheme, start = _scheme(text, end)
    host, port, path = "", None, ""
    shape = scheme.shape
    if shape in {"path", "command"}:
        path = _path(text, start, end, scheme)
    elif shape != "nothing":
        host, port, path = _authority(text, start, end, scheme)
    elif start < end:
        raise AddressError(text, start, f"nothing comes after {text[:start]}", f'write "{scheme.form}"', end - start)
    options: dict[str, OptionValue] = {}
    if mark >= 0:
        options = _options(text, mark + 1, scheme)
    address = Address(scheme.name, host, port, path, options, text)
    if options or scheme.name == "raw" or (scheme.kind != "datagram" and address.multicast):
        from wiretalk.address import together

        together.check(address)
    if shape == "command":
        from wiretalk.address import commands

        commands.check(address, start, end)
    return address


def _scheme(text: str, end: int) -> tuple[Scheme, int]:
    """Return the scheme and the index at which what it needs begins; for HOST:PORT alone, 0."""
    colon = text.find(":", 0, end)
    if colon > 0:
        name = text[:colon]
        scheme = SCHEMES.get(name) or SCHEMES.get(name.lower())
        if scheme is not None:
            return scheme, colon + 1
    if text[:end] == "-":
        return SCHEMES["stdio"], end
    # The rest is HOST:PORT, or a mistake.
    if text[0] == "[":
        return SCHEMES["tcp"], 0
    port = text.rfind(":", 0, end) + 1
    if not port or text[port:end].strip(hosts.DIGITS) or text.startswith("://", colon):
        from wiretalk.address import mistakes

        raise mistakes.no_scheme(text, end)
    return SCHEMES["tcp"], 0


def _authority(text: str, start: int, end: int, scheme: Scheme) -> tuple[str, int | None, str]:
    """Return host, port and path of `//host:port/path`, or of `host:port` at the very beginning."""
    if start:
        if not text.startswith("//", start, end):
            from wiretalk.address import mistakes

            raise mistakes.no_slashes(text, start, end, scheme)
        start += 2
    slash = text.find("/", start, end)
    path = ""
    if slash >= 0 or scheme.shape == "url":
        slash = end if slash < 0 else slash
        if scheme.shape != "url":
            from wiretalk.address import mistakes

            raise mistakes.path(text, slash, start, end, scheme)
        path = decode(text, slash, end) or "/"
        _refuse_zero(text, slash, end, path)
    else:
        slash = end
    if text.startswith("[", start, slash) and scheme.shape != "cid":
        host, colon = _bracketed(text, start, slash, scheme)
    else:
        colon = text.find(":", start, slash)
        if colon >= 0 and text.find(":", colon + 1, slash) >= 0:
            from wiretalk.address import mistakes

            raise mistakes.colons(text, start, slash, scheme)
        colon = slash if colon < 0 else colon
        host = _named(text, start, colon, scheme)
    return host, _port(text, start, colon, slash, scheme), path


def _bracketed(text: str, start: int, end: int, scheme: Scheme) -> tuple[str, int]:
    """Return the IPv6 host in brackets, and the index of the colon after it (the end where there is none)."""
    closing = text.find("]", start, end)
    if closing < 0:
        raise AddressError(text, start, "the bracket is never closed", "write [::1]:PORT")
    try:
        host = hosts.read_bracketed(text[start + 1 : closing])
    except ValueError as error:
        raise AddressError(text, start + 1, str(error), length=closing - start - 1) from None
    if scheme.family == 4:
        reason, hint = f"{scheme.name} is IPv4 alone", f"write {scheme.name[:-1]}:// or {scheme.name[:-1]}6://"
        raise AddressError(text, start, reason, hint, closing + 1 - start)
    colon = closing + 1
    if colon < end and text[colon] != ":":
        raise AddressError(text, colon, "after the bracket comes :PORT", length=end - colon)
    return host, colon


def _named(text: str, start: int, end: int, scheme: Scheme) -> str:
    """Return the host that is a name, an IPv4 address, a CID, or empty."""
    if start == end:
        return ""
    host = decode(text, start, end)
    try:
        host = hosts.read_cid(host) if scheme.shape == "cid" else hosts.read_name(host)
    except ValueError as error:
        from wiretalk.address import mistakes

        raise mistakes.host(text, start, end, scheme, str(error)) from None
    if scheme.family == 6 and hosts.ipv4_number(host) is not None:
        reason, hint = f"{scheme.name} is IPv6 alone", f"write {scheme.name[:-1]}:// or {scheme.name[:-1]}4://"
        raise AddressError(text, start, reason, hint, end - start)
    return host


def _port(text: str, start: int, colon: int, end: int, scheme: Scheme) -> int | None:
    """Return the port after the colon, or the scheme's own where none is written."""
    if scheme.shape == "host":
        if colon < end:
            raise AddressError(text, colon, f"{scheme.name} has no port", f"write {scheme.form}", end - colon)
        return None
    if colon + 1 >= end:
        if colon >= end and scheme.default_port is not None:
            return scheme.default_port
        from wiretalk.address import mistakes

        raise mistakes.no_port(text, start, end, scheme)
    try:
        return hosts.read_port(text[colon + 1 : end], 0xFFFFFFFF if scheme.shape == "cid" else 65535)
    except ValueError as error:
        raise AddressError(text, colon + 1, str(error), length=end - colon - 1) from None


def _path(text: str, start: int, end: int, scheme: Scheme) -> str:
    """Return the path or command after the colon."""
    what = "command" if scheme.shape == "command" else "path"
    missing = f"the {what} is missing"
    if start == end:
        raise AddressError(text, start, missing, f"write {scheme.form}, like {scheme.example}")
    if what == "path" and text.startswith("//", start, end):
        # unix:///run/x is how URLs say it; what unix://run/x means, programs disagree on.
        start += 2
        if start == end:
            raise AddressError(text, start, missing, f"write {scheme.form}, like {scheme.example}")
        if text[start] != "/":
            name = text[start:end]
            hint = f"write {scheme.name}:/{name} from the root, or {scheme.name}:{name} from here"
            raise AddressError(text, start - 2, f"{scheme.name} has no host", hint, 2)
    for at in (start, end - 1):
        if text[at] == " ":
            side = "begins" if at == start else "ends"
            raise AddressError(text, at, f"the {what} {side} with a space", "if it is meant, write it %20")
    path = decode(text, start, end)
    if path == "@" and scheme.name.startswith("unix"):
        raise AddressError(text, start, "the abstract name is missing", f"write {scheme.name}:@NAME")
    if not (path.startswith("@") and scheme.name.startswith("unix")):
        _refuse_zero(text, start, end, path)
    return path


def _refuse_zero(text: str, start: int, end: int, decoded: str) -> None:
    if "\0" in decoded:
        at = text.find("%00", start, end)
        raise AddressError(text, at, "a zero byte cannot stand here", length=3)


def _options(text: str, start: int, scheme: Scheme) -> dict[str, OptionValue]:
    """Return the options after the question mark."""
    from wiretalk.address.options import OPTIONS

    options: dict[str, OptionValue] = {}
    at = start
    for piece in text[start:].split("&"):
        name, equals, _ = piece.partition("=")
        option = OPTIONS.get(name)
        if option is None or scheme.name not in option.schemes:
            from wiretalk.address import mistakes

            raise mistakes.option(text, at, name, scheme)
        if name in options:
            raise AddressError(text, at, f"{name} is given twice", length=len(name))
        value_at = at + len(name) + 1
        at += len(piece) + 1
        value = decode(text, value_at, at - 1) if equals else None
        if value is not None:
            _refuse_zero(text, value_at, at - 1, value)
        try:
            options[name] = option.read(value)
        except ValueError as error:
            if equals:
                raise AddressError(text, value_at, str(error), length=at - 1 - value_at) from None
            where = value_at - 1 - len(name)
            raise AddressError(text, where, str(error), f"write {option.form}", len(name)) from None
    return options
