"""The blocking face: the same names as `wiretalk`, without `async`. Sockets and threads; no event loop anywhere.

    with wiretalk.blocking.connect("tcp://pi.local:8888", framing="line", codec="text") as connection:
        connection.send("hello")
        for message in connection:
            print(message)

Names only; every name is loaded on first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.blocking.connecting import connect as connect
    from wiretalk.blocking.connecting import reconnect as reconnect
    from wiretalk.blocking.connection import Connection as Connection
    from wiretalk.blocking.server import Server as Server
    from wiretalk.blocking.server import serve as serve

_HOMES = {
    "Connection": "connection",
    "Server": "server",
    "connect": "connecting",
    "reconnect": "connecting",
    "serve": "server",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # importlib would be two modules more to load.
    home = __import__(f"{__name__}.{_HOMES[name]}", fromlist=(name,))
    value = globals()[name] = getattr(home, name)
    return value
