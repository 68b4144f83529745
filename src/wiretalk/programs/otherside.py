"""The other side of a conversation: the commands that a program's first comment names, to try it with. Text alone."""

from __future__ import annotations

from wiretalk.programs.wanted import SOCKETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.programs.wanted import Wanted

SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")
"""What a shell takes as it is."""

EVERYWHERE = ("", "0.0.0.0", "::")
"""Hosts that mean every interface of a machine."""


def commands(wanted: Wanted) -> tuple[str, str]:
    """Return two command lines: one that talks to the program at once, and one that writes a program which does."""
    end = quoted(shown(_other_end(wanted)))
    options = _options(wanted)
    language = "python" if wanted.language == "c" or wanted.address.scheme not in SOCKETS else "c"
    if wanted.server:
        return f"wiretalk connect {end}{options}", f"wiretalk new {language} client {end}{_framing(wanted)}"
    return f"wiretalk serve echo {end}{options}", f"wiretalk new {language} server {end}{_framing(wanted)}"


def _other_end(wanted: Wanted) -> str:
    """Return the address of the other side, without the options that are this side's own."""
    address = wanted.address
    if address.port is None:
        return str(address.but(options={}))
    secret = {}
    if address.scheme == "tls":
        # Who does not know the certificate yet can try it all the same.
        secret = {"insecure": True} if wanted.server else {"self_signed": True}
    host = "" if not wanted.server else "localhost" if address.host in EVERYWHERE else address.host
    if address.scheme == "vsock":
        host = "" if not wanted.server else address.host
    if wanted.address.multicast:
        host = address.host
    text = str(address.but(host=host, options=secret))
    if address.port == 0:
        # The system picks the port, and the server tells it.
        before, _, after = text.rpartition(":0")
        return f"{before}:PORT{after}"
    return text


def _framing(wanted: Wanted) -> str:
    return f" --frame {wanted.framing}" if wanted.framing not in {"", "raw"} else ""


def _options(wanted: Wanted) -> str:
    most = wanted.address.option("max_message")
    return _framing(wanted) + (f" --max-message {most}" if most else "")


def shown(text: str) -> str:
    """Return an address as it can stand in a comment of either language: what would end that is written as %XX."""
    return "".join(f"%{ord(character):02X}" if character in '*"\\' else character for character in text)


def quoted(text: str) -> str:
    """Return a text as one word for a shell."""
    return text if SAFE.issuperset(text) else "'" + text.replace("'", "'\\''") + "'"
