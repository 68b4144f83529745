"""The proxy to go by, as the option `via` names it: socks5://HOST:PORT or http://HOST:PORT, USER:PASSWORD@ or not."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.options import Option

SCHEMES = ("socks5", "http")
MOST_SECRET_BYTES = 255
"""The longest user or password that SOCKS5 carries (RFC 1929, section 2)."""


class Proxy:
    """A proxy, and who we are to it.

    Attributes:
        scheme: "socks5" or "http".
        host: "" is this machine.
        port: its port.
        user: "" where none is to be named.
        password: the user's.
    """

    __slots__ = ("host", "password", "port", "scheme", "user")

    def __init__(self, scheme: str, host: str, port: int, user: str = "", password: str = "") -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.user = user
        self.password = password

    @property
    def name(self) -> str:
        """What it is called where all may read it: without user and password."""
        from wiretalk.address.writing import write_endpoint

        return f"{self.scheme}://{write_endpoint(self.host, self.port)}"


def read(text: str) -> Proxy:
    """Return the proxy that a text names. What it holds before the last @ is USER:PASSWORD, as they are.

    Raises:
        ValueError: it names none; one clause, which never repeats the password.
    """
    from wiretalk.address.values import read_endpoint

    scheme, slashes, rest = text.partition("://")
    scheme = scheme.lower()
    if not slashes or scheme not in SCHEMES:
        raise ValueError("via must be socks5://HOST:PORT or http://HOST:PORT")
    secret, at, endpoint = rest.rpartition("@")
    user, _, password = secret.partition(":")
    if at and not (user and password):
        raise ValueError(f"before the @ comes USER:PASSWORD: via={scheme}://USER:PASSWORD@HOST:PORT")
    try:
        longest = max(len(user.encode()), len(password.encode()))
    except UnicodeEncodeError:
        raise ValueError("user and password must be UTF-8") from None
    if longest > MOST_SECRET_BYTES:
        raise ValueError(f"user and password have at most {MOST_SECRET_BYTES} bytes each")
    host, port = read_endpoint(endpoint.removesuffix("/"))
    if not port:
        raise ValueError(f"via needs the proxy's port, 1 to 65535: {scheme}://HOST:PORT")
    return Proxy(scheme, host, port, user, password)


def read_via(_option: Option, text: str) -> str:
    """Return the proxy as it is written canonically."""
    proxy = read(text)
    if not proxy.user:
        return proxy.name
    scheme, _, endpoint = proxy.name.partition("://")
    return f"{scheme}://{proxy.user}:{proxy.password}@{endpoint}"


def read_networks(option: Option, text: str) -> str:
    """Return networks and IP addresses with commas between them."""
    from wiretalk.address.access import read_network
    from wiretalk.errors import UsageError

    for one in text.split(","):
        try:
            network = read_network(one)
        except UsageError as error:
            raise ValueError(f"{error.reason}; {error.hint}" if error.hint else error.reason) from None
        if network is None:
            raise ValueError(
                f"{option.name} must be networks like 10.0.0.0/8, or IP addresses, with commas between them"
            )
    return text
