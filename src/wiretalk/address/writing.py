"""An address back to its canonical text: what `grammar.parse` reads as an equal address. Nothing is checked here."""

from __future__ import annotations

from wiretalk.address.hosts import write_bracketed
from wiretalk.address.percent import encode
from wiretalk.address.schemes import SCHEMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretalk.address.address import OptionValue


def write(scheme: str, host: str, port: int | None, path: str, options: Mapping[str, OptionValue]) -> str:
    """Return the text of an address made of these parts."""
    known = SCHEMES.get(scheme)
    shape = known.shape if known is not None else "port"
    if shape == "nothing":
        text = "-"
    elif shape in {"path", "command"}:
        text = f"{scheme}:{_path(path)}"
    else:
        text = f"{scheme}://{write_endpoint(host, port)}"
        if shape == "url" and path not in {"", "/"}:
            text += _path(path if path.startswith("/") else f"/{path}")
    if not options:
        return text
    return f"{text}?{'&'.join(_option(name, value) for name, value in options.items())}"


def write_endpoint(host: str, port: int | None) -> str:
    """Return HOST:PORT, or HOST where there is no port; an IPv6 address in brackets."""
    if ":" in host:
        host = f"[{write_bracketed(host)}]"
    elif not host.isalnum():
        host = encode(host, "?/[]@")
    return host if port is None else f"{host}:{port}"


def _path(path: str) -> str:
    text = encode(path, "?")
    # Two slashes after the scheme would begin a host.
    return "/%2F" + text[2:] if text.startswith("//") else text


def _option(name: str, value: OptionValue) -> str:
    from wiretalk.address.options import OPTIONS

    option = OPTIONS.get(name)
    text = option.write(value) if option is not None else str(value)
    return name if text is None else f"{name}={encode(text, '&')}"
