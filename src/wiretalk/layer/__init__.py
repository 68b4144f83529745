"""Layers: what stands between a transport and its conversation, and watches or changes bytes on their way.

One a file. A layer is a sink to what is below it and a transport to what is above it; nothing here knows a socket.
Names only; every name is loaded on first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.layer.base import Layer as Layer
    from wiretalk.layer.base import Layering as Layering
    from wiretalk.layer.base import stack as stack

_HOMES = {"Layer": "base", "Layering": "base", "stack": "base"}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
