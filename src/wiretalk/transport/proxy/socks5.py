"""SOCKS5, the client's side, without I/O: ask a proxy to connect us somewhere. The proxy looks names up.

Source: RFC 1928; RFC 1929 for user and password.
"""

from __future__ import annotations

from wiretalk.address.hosts import ipv4_number, ipv6_groups
from wiretalk.errors import NotPermittedError, OpenError, RefusedError, UnreachableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.proxies import Proxy

VERSION = 5
NO_AUTHENTICATION, USER_AND_PASSWORD, NONE_ACCEPTABLE = 0, 2, 0xFF
PASSWORD_VERSION = 1
CONNECT = 1
IPV4, NAME, IPV6 = 1, 3, 4

REPLIES: dict[int, tuple[type[OpenError], str]] = {
    1: (RefusedError, "says that it failed"),
    2: (NotPermittedError, "does not allow it by its rules"),
    3: (UnreachableError, "says that there is no route to that network"),
    4: (UnreachableError, "says that it cannot reach that host"),
    5: (RefusedError, "says that nobody listens there"),
    6: (UnreachableError, "says that the way is too long (TTL expired)"),
    7: (RefusedError, "does not connect for others"),
    8: (RefusedError, "does not know this kind of address"),
}
"""What the proxy answers (RFC 1928, section 6)."""


class Socks5:
    """Ask one proxy for one connection.

    Args:
        proxy: who is asked.
        target: the address asked for, as text, for errors.
        host: its host, a name or an IP address.
        port: its port.

    Attributes:
        done: whether the connection is there.
    """

    __slots__ = ("_expect", "_have", "_host", "_need", "_out", "_port", "_proxy", "_target", "done")

    def __init__(self, proxy: Proxy, target: str, host: str, port: int) -> None:
        self._proxy = proxy
        self._target = target
        self._host = host
        self._port = port
        self.done = False
        methods = [NO_AUTHENTICATION, USER_AND_PASSWORD] if proxy.user else [NO_AUTHENTICATION]
        self._out = bytes((VERSION, len(methods), *methods))
        # What has come of the answer that is waited for, how long that is, and who takes it.
        self._have = b""
        self._need = 2
        self._expect = self._method

    def outgoing(self) -> bytes:
        """Return what is to be sent now, once."""
        out, self._out = self._out, b""
        return out

    def feed(self, data: bytes) -> int:
        """See `driving.Preface`."""
        taken = 0
        while not self.done and taken < len(data):
            piece = data[taken : taken + self._need - len(self._have)]
            taken += len(piece)
            self._have += piece
            if len(self._have) == self._need:
                self._expect()
        return taken

    def broken(self) -> OpenError:
        """See `driving.Preface`."""
        return self._error(RefusedError, "broke off before it had answered")

    def _error(self, kind: type[OpenError], what: str) -> OpenError:
        return kind(self._target, f"the proxy {self._proxy.name} {what}")

    def _nonsense(self) -> OpenError:
        return self._error(RefusedError, f"answered 0x{self._have.hex()}, which is no SOCKS5: is it such a proxy?")

    def _method(self) -> None:
        version, method = self._have
        if version != VERSION:
            raise self._nonsense()
        if method == NONE_ACCEPTABLE:
            why = (
                "wants another proof than a user and a password"
                if self._proxy.user
                else "wants a user and a password: write via=socks5://USER:PASSWORD@HOST:PORT"
            )
            raise self._error(NotPermittedError, why)
        if method == USER_AND_PASSWORD and self._proxy.user:
            user, password = self._proxy.user.encode(), self._proxy.password.encode()
            self._out += bytes((PASSWORD_VERSION, len(user))) + user + bytes((len(password),)) + password
            self._await(2, self._password)
        elif method == NO_AUTHENTICATION:
            self._ask()
        else:
            raise self._nonsense()

    def _await(self, length: int, expect: object) -> None:
        self._have = b""
        self._need = length
        self._expect = expect  # type: ignore[assignment]  # one of the methods

    def _password(self) -> None:
        if self._have[0] != PASSWORD_VERSION:
            raise self._nonsense()
        if self._have[1] != 0:
            raise self._error(NotPermittedError, "does not accept this user and password")
        self._ask()

    def _ask(self) -> None:
        self._out += bytes((VERSION, CONNECT, 0)) + _destination(self._host) + self._port.to_bytes(2)
        # As far as the length of the address that follows can be known.
        self._await(5, self._reply)

    def _reply(self) -> None:
        version, reply, _, kind, length = self._have[:5]
        if version != VERSION or kind not in {IPV4, NAME, IPV6}:
            if version == VERSION and reply:
                raise self._error(*REPLIES.get(reply, (RefusedError, f"failed with the number {reply}")))
            raise self._nonsense()
        if reply:
            raise self._error(*REPLIES.get(reply, (RefusedError, f"failed with the number {reply}")))
        # The address that the proxy connects from; nobody here needs it.
        self._need = 4 + {IPV4: 4, IPV6: 16, NAME: 1 + length}[kind] + 2
        self._expect = self._finish

    def _finish(self) -> None:
        self.done = True


def _destination(host: str) -> bytes:
    number = ipv4_number(host)
    if number is not None:
        return bytes((IPV4,)) + number.to_bytes(4)
    groups = ipv6_groups(host.partition("%")[0])
    if groups is not None:
        return bytes((IPV6,)) + b"".join(group.to_bytes(2) for group in groups)
    return bytes((NAME, len(host))) + host.encode("ascii")
