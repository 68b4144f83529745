"""The values of options: text to a typed value, and back, one pair of functions for each kind of value.

A fault is a ValueError with one clause, which the grammar shows under the value. Which option has which kind is in
`options`.
"""

from __future__ import annotations

from wiretalk.address.hosts import DIGITS, HEX, read_bracketed, read_name, read_port
from wiretalk.units import format_duration, format_size, parse_duration, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.address.address import OptionValue
    from wiretalk.address.options import Option

TRUE = ("1", "yes", "true", "on")
FALSE = ("0", "no", "false", "off")


def read_flag(option: Option, text: str) -> bool:
    """Return True or False."""
    word = text.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError(f"{option.name} is a flag: 1, yes, true or on; 0, no, false or off")


def read_integer(option: Option, text: str) -> int:
    """Return a number written in decimal, or in hexadecimal after 0x, within the option's range."""
    if text and not text.strip(DIGITS):
        number = int(text)
    elif text[:2].lower() == "0x" and text[2:] and not text[2:].strip(HEX):
        number = int(text, 16)
    else:
        number = -1
    if not option.low <= number <= option.high:
        raise ValueError(f"{option.name} must be {option.range}")
    return number


def read_octal(option: Option, text: str) -> int:
    """Return the permissions of a file, written in octal."""
    if not text or text.strip("01234567") or not option.low <= int(text, 8) <= option.high:
        raise ValueError(f"{option.name} must be {option.range}")
    return int(text, 8)


def read_size(option: Option, text: str) -> int:
    """Return a number of bytes within the option's range."""
    size = parse_size(text)
    if not option.low <= size <= option.high:
        raise ValueError(f"{option.name} must be {option.range}")
    return size


def read_duration(option: Option, text: str) -> float:
    """Return seconds within the option's range."""
    seconds = parse_duration(text)
    if not option.low <= seconds <= option.high:
        raise ValueError(f"{option.name} must be {option.range}")
    return seconds


def read_flag_or_duration(option: Option, text: str) -> bool | float:
    """Return True, False, or seconds; 0 and 1 are flags."""
    word = text.lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    return read_duration(option, text)


def read_choice(option: Option, text: str) -> str:
    """Return one of the option's words, in small letters."""
    word = text.lower()
    if word not in option.choices:
        raise ValueError(f"{option.name} must be {option.range}")
    return word


def read_text(option: Option, text: str) -> str:
    """Return text that is not empty."""
    if not text:
        raise ValueError(f"{option.name} must not be empty")
    return text


def read_interface(option: Option, text: str) -> str:
    """Return the name of a network interface, or an address of it."""
    if not text or "/" in text or not text.isprintable() or " " in text:
        raise ValueError(f"{option.name} must be the name of a network interface, or an address of it")
    return text


def read_server_name(option: Option, text: str) -> str:
    """Return a host's name."""
    if not text:
        raise ValueError(f"{option.name} must be the name of a host")
    return read_name(text)


def read_list(option: Option, text: str) -> str:
    """Return words separated by commas, each of 1 to 255 bytes, as ALPN has them (RFC 7301, section 3.1)."""
    if not all(1 <= len(word.encode("utf-8", "surrogateescape")) <= 255 for word in text.split(",")):
        raise ValueError(f"{option.name} must be names of 1 to 255 bytes with commas between them")
    return text


def read_fingerprint(option: Option, text: str) -> str:
    """Return `sha256:` and the 64 digits in small letters; colons between pairs may be there."""
    digits = text.lower().removeprefix("sha256:").replace(":", "")
    if len(digits) != 64 or digits.strip(HEX):
        raise ValueError(f"{option.name} must be sha256: and 64 hexadecimal digits")
    return f"sha256:{digits}"


def read_bind(_option: Option, text: str) -> str:
    """Return HOST, HOST:PORT or :PORT as it is written canonically."""
    from wiretalk.address.writing import write_endpoint

    host, port = read_endpoint(text)
    return write_endpoint(host, None if host and not port else port)


def read_endpoint(text: str) -> tuple[str, int]:
    """Return the host ("" where none is written) and the port (0 where none is written) of HOST, HOST:PORT or :PORT.

    Raises:
        ValueError: it is none of them.
    """
    if text.startswith("["):
        inner, closing, rest = text[1:].partition("]")
        if not closing or (rest and not rest.startswith(":")):
            raise ValueError("an IPv6 address goes in brackets: [::1] or [::1]:PORT")
        host, port = read_bracketed(inner), rest[1:]
    else:
        host, rest, port = text.partition(":")
        if ":" in port:
            raise ValueError("an IPv6 address goes in brackets: [::1] or [::1]:PORT")
        host = read_name(host) if host else ""
    if not port and (rest or not host):
        raise ValueError("write HOST, HOST:PORT or :PORT")
    return host, read_port(port) if port else 0


def read_via(option: Option, text: str) -> str:
    """Return the proxy to go by; see `proxies`."""
    from wiretalk.address import proxies

    return proxies.read_via(option, text)


def read_networks(option: Option, text: str) -> str:
    """Return networks with commas between them; see `proxies`."""
    from wiretalk.address import proxies

    return proxies.read_networks(option, text)


READERS: dict[str, Callable[[Option, str], OptionValue]] = {
    "flag": read_flag,
    "integer": read_integer,
    "octal": read_octal,
    "size": read_size,
    "duration": read_duration,
    "flag or duration": read_flag_or_duration,
    "choice": read_choice,
    "text": read_text,
    "interface": read_interface,
    "server name": read_server_name,
    "list": read_list,
    "fingerprint": read_fingerprint,
    "bind": read_bind,
    "proxy": read_via,
    "networks": read_networks,
}
"""From the text after the equals sign to a value, by kind."""


def write(kind: str, value: OptionValue) -> str | None:
    """Return the text after the equals sign, or None where the name alone says it."""
    if value is True:
        return None
    if value is False:
        return "0"
    if kind == "size" and isinstance(value, int):
        return format_size(value)
    if kind == "octal" and isinstance(value, int):
        return f"{value:04o}"
    if kind in {"duration", "flag or duration"} and isinstance(value, int | float):
        return format_duration(value)
    return str(value)
