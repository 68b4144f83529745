"""HTTP CONNECT, the client's side, without I/O: ask an HTTP proxy to connect us somewhere.

Source: RFC 9110, section 9.3.6; RFC 9112 for the lines; RFC 7617 for user and password.
"""

from __future__ import annotations

from binascii import b2a_base64

from wiretalk.errors import NotPermittedError, OpenError, RefusedError, UnreachableError
from wiretalk.limits import PROXY_ANSWER_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.proxies import Proxy

END = b"\r\n\r\n"
MOST_REASON = 80
"""Characters of the proxy's own words that an error repeats."""


class HttpConnect:
    """Ask one proxy for one connection.

    Args:
        proxy: who is asked.
        target: the address asked for, as text, for errors.
        host: its host, a name or an IP address.
        port: its port.

    Attributes:
        done: whether the connection is there.
    """

    __slots__ = ("_have", "_out", "_proxy", "_target", "done")

    def __init__(self, proxy: Proxy, target: str, host: str, port: int) -> None:
        self._proxy = proxy
        self._target = target
        self.done = False
        self._have = b""
        whom = f"[{host.partition('%')[0]}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {whom} HTTP/1.1", f"Host: {whom}"]
        if proxy.user:
            secret = b2a_base64(f"{proxy.user}:{proxy.password}".encode(), newline=False).decode("ascii")
            lines.append(f"Proxy-Authorization: Basic {secret}")
        self._out = "\r\n".join([*lines, "", ""]).encode("ascii")

    def outgoing(self) -> bytes:
        """Return what is to be sent now, once."""
        out, self._out = self._out, b""
        return out

    def broken(self) -> OpenError:
        """See `driving.Preface`."""
        return self._error(RefusedError, "broke off before it had answered")

    def _error(self, kind: type[OpenError], what: str) -> OpenError:
        return kind(self._target, f"the proxy {self._proxy.name} {what}")

    def feed(self, data: bytes) -> int:
        """See `driving.Preface`."""
        before = len(self._have)
        have = self._have + data
        end = have.find(END, max(0, before - len(END) + 1))
        self._have = have if end < 0 else have[: end + len(END)]
        if not self._have.startswith(b"HTTP/1."[: len(self._have)]):
            raise self._error(RefusedError, f"answered {_shown(self._have)}, which is no HTTP: is it such a proxy?")
        taken = len(self._have) - before
        if end >= 0:
            self._answered(self._have)
        elif len(self._have) > PROXY_ANSWER_BYTES:
            raise self._error(RefusedError, f"answered with more than {PROXY_ANSWER_BYTES} bytes of header")
        return taken

    def _answered(self, head: bytes) -> None:
        line = head.partition(b"\r\n")[0]
        status = line[9:12]
        if not (len(line) >= 12 and line[8:9] == b" " and status.isdigit() and line[12:13] in {b"", b" "}):
            raise self._error(RefusedError, f"answered {_shown(line)}, which is no HTTP: is it such a proxy?")
        code = int(status)
        if 200 <= code < 300:
            # What the lines after it say of a body counts for nothing: after them comes what we asked for.
            self.done = True
        elif 100 <= code < 200:
            # On its way (RFC 9110, section 15.2); the answer follows.
            self._have = b""
        elif code == 407:
            what = (
                "does not accept this user and password"
                if self._proxy.user
                else "wants a user and a password: write via=http://USER:PASSWORD@HOST:PORT"
            )
            raise self._error(NotPermittedError, what)
        else:
            kind = (
                NotPermittedError
                if code in {401, 403}
                else UnreachableError
                if code in {502, 503, 504}
                else RefusedError
            )
            raise self._error(kind, f"answered {_shown(line[9:])}")


def _shown(data: bytes) -> str:
    """Return the first of the proxy's words, harmless to a terminal."""
    text = data[:MOST_REASON].decode("latin-1")
    return '"' + "".join(one if one.isprintable() else "\ufffd" for one in text) + '"'
