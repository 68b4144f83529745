"""The asyncio face: `connect`, `serve`, and what they give. Names only; every name is loaded on first use."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.runtime.connecting import Connector as Connector
    from wiretalk.runtime.connecting import connect as connect
    from wiretalk.runtime.connection import Connection as Connection
    from wiretalk.runtime.conversation import Conversation as Conversation
    from wiretalk.runtime.running import run as run
    from wiretalk.runtime.server import Server as Server
    from wiretalk.runtime.server import serve as serve

_HOMES = {
    "Connection": "connection",
    "Connector": "connecting",
    "Conversation": "conversation",
    "Server": "server",
    "connect": "connecting",
    "run": "running",
    "serve": "server",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
