"""The door of the only room that touches the operating system's endpoints.

Every name is loaded on first use: `import wiretalk.transport` imports no socket.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.candidate import Candidate as Candidate
    from wiretalk.transport.connecting import finish_connect as finish_connect
    from wiretalk.transport.connecting import open_socket as open_socket
    from wiretalk.transport.connecting import start_connect as start_connect
    from wiretalk.transport.gate import Gate as Gate
    from wiretalk.transport.gate import reset as reset
    from wiretalk.transport.listener import Listener as Listener
    from wiretalk.transport.listening import listen as listen
    from wiretalk.transport.names import accepted_name as accepted_name
    from wiretalk.transport.names import local_name as local_name
    from wiretalk.transport.names import name as name
    from wiretalk.transport.names import peer_name as peer_name
    from wiretalk.transport.names import shown as shown
    from wiretalk.transport.names import told as told
    from wiretalk.transport.oserrors import explain as explain
    from wiretalk.transport.reasons import note as note
    from wiretalk.transport.resolving import check as check
    from wiretalk.transport.resolving import may_block as may_block
    from wiretalk.transport.resolving import resolve as resolve
    from wiretalk.transport.stdio import flushed as flushed
    from wiretalk.transport.stdio import open_stdio as open_stdio

_HOMES = {
    "Candidate": "candidate",
    "Gate": "gate",
    "Listener": "listener",
    "accepted_name": "names",
    "check": "resolving",
    "explain": "oserrors",
    "finish_connect": "connecting",
    "flushed": "stdio",
    "listen": "listening",
    "local_name": "names",
    "may_block": "resolving",
    "name": "names",
    "note": "reasons",
    "open_socket": "connecting",
    "open_stdio": "stdio",
    "peer_name": "names",
    "reset": "gate",
    "resolve": "resolving",
    "shown": "names",
    "start_connect": "connecting",
    "told": "names",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
