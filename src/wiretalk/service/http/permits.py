"""Who may ask: with the token, or from this machine, or everybody.

A token comes as `Authorization: Bearer TOKEN`, or as the password of HTTP Basic, under any name, so that a browser can
ask its user for it. Without a token, what listens on loopback answers only to names of this machine: else a web page
could have its own name point here, and read through its visitor's browser what is not public (DNS rebinding).
"""

from __future__ import annotations

import binascii
from base64 import b64decode

from wiretalk.service.guarding import is_loopback, proves_itself
from wiretalk.service.http.messages import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.service.guarding import Token
    from wiretalk.service.http.messages import Request
    from wiretalk.service.http.target import Target

CHALLENGES = (
    ("WWW-Authenticate", 'Basic realm="wiretalk", charset="UTF-8"'),
    ("WWW-Authenticate", 'Bearer realm="wiretalk"'),
)
DIGITS = frozenset("0123456789.")


class Permits:
    """Lets a request in, or refuses it.

    Args:
        token: what must be known; None: nothing.
        public: whether reading asks for nothing.
    """

    __slots__ = ("_public", "_token")

    def __init__(self, token: Token | None, *, public: bool) -> None:
        self._token = token
        self._public = public

    def check(self, request: Request, target: Target, address: Address, *, writing: bool) -> None:
        """Let a request in that has come to an address.

        Raises:
            Refusal: it may not.
        """
        if self._public and not writing:
            return
        if self._token is not None:
            if not self._token.matches(_said(request.headers.get("authorization", ""))):
                raise Refusal(401, "that asks for the token: as the password of any user, or as a bearer", CHALLENGES)
        elif address.port is not None and is_loopback(address) and not proves_itself(address):
            for host in (request.headers.get("host", ""), target.authority):
                if not is_local_name(host):
                    raise Refusal(
                        421, "this server is for this machine alone: call it localhost, or start it with --public"
                    )


def is_local_name(authority: str) -> bool:
    """Return whether a host, with a port or without, can be none that somebody else has given to this machine.

    That is none at all, an address of numbers, localhost, or what is below it (RFC 6761).

    >>> is_local_name("localhost:80"), is_local_name("[::1]"), is_local_name("10.0.0.1:8"), is_local_name("a.example")
    (True, True, True, False)
    """
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return True
    host = host.partition(":")[0].rstrip(".").lower()
    return host == "localhost" or host.endswith(".localhost") or DIGITS.issuperset(host)


def _said(authorization: str) -> bytes:
    """Return the token that a header brings; b"": none."""
    scheme, _, credentials = authorization.strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials.encode("latin-1")
    if scheme.lower() == "basic":
        try:
            return b64decode(credentials, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""
