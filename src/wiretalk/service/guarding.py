"""Who may have a service that does more than talk: who is on this machine, knows a secret, or proves who they are.

A service that runs commands or takes files says so before it listens. No socket is looked at here: what an address says
of itself decides, so a name that only happens to mean this machine counts as one that does not.
"""

from __future__ import annotations

from hmac import compare_digest

from wiretalk.errors import UsageError
from wiretalk.limits import TOKEN_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretalk.address import Address

OURS = ("exec", "pty", "stdio", "file")
"""Schemes whose peer is what we have opened ourselves."""


class Token:
    """A secret that peers have to know.

    Args:
        text: the secret.

    Raises:
        UsageError: it is empty, too long, or more than one line.
    """

    __slots__ = ("_secret",)

    def __init__(self, text: str) -> None:
        secret = text.encode("utf-8", "surrogateescape")
        if not secret.strip():
            raise UsageError("", reason="the token is empty", hint="say one that cannot be guessed")
        if len(secret) > TOKEN_BYTES:
            raise UsageError("", reason=f"a token of {len(secret)} bytes is too long: at most {TOKEN_BYTES}")
        if any(byte < 0x20 or byte == 0x7F for byte in secret):
            raise UsageError("", reason="the token holds a line end or another control character", hint="leave it out")
        self._secret = secret

    def matches(self, said: bytes) -> bool:
        """Return whether that is the secret; how long it takes does not tell how much of it is right."""
        return compare_digest(said, self._secret)

    def __repr__(self) -> str:
        return "<Token>"


def is_loopback(address: Address) -> bool:
    """Return whether only programs of this machine can come to an address.

    Where a PROXY header tells who comes (`proxy_protocol`), a proxy lets in others.
    """
    if address.scheme in OURS:
        return True
    if address.option("proxy_protocol"):
        return False
    if address.scheme.startswith("unix"):
        return True
    host = address.host
    if address.scheme == "vsock":
        return host == "local"
    return (
        host == "localhost"
        or host.endswith(".localhost")
        or host == "::1"
        or (address.ip_version == 4 and host.startswith("127."))
    )


def proves_itself(address: Address) -> bool:
    """Return whether TLS lets in nobody without a certificate that is trusted."""
    if not address.secure:
        return False
    return bool(address.option("client_cert", "required" if address.option("ca") else "none") == "required")


def check_guarded(addresses: Iterable[Address], token: Token | None, danger: str) -> None:
    """Refuse addresses where strangers could come, unless all of them are asked for something.

    Browsers connect a web page to a WebSocket of this machine whoever wrote the page, so there the loopback protects
    nobody; `origin` does.

    Args:
        addresses: where it is to listen.
        token: what peers have to know; None: nothing.
        danger: what strangers could do: "have commands run".

    Raises:
        UsageError: one of them is open; it says what to add.
    """
    for address in addresses:
        if token is not None or proves_itself(address):
            continue
        if not is_loopback(address):
            who, instead = f"anybody who reaches {address}", "listen on localhost"
        elif address.kind == "messages" and not address.option("origin"):
            who, instead = f"any web page in a browser of this machine could use {address}: it", "say origin=URL there"
        else:
            continue
        way = f"say --token @FILE, let TLS ask for certificates (tls://…?cert=…&key=…&ca=…), or {instead}"
        raise UsageError("", reason=f"{who} could {danger}", hint=way)
