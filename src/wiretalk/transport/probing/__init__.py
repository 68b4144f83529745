"""Probes: questions whose answers are timed, over ICMP, UDP and TCP. Names only; every name is loaded on first use.

Nothing here waits: who sends and reads, and when, is above this room.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.probing.news import News as News
    from wiretalk.transport.probing.news import Prober as Prober
    from wiretalk.transport.probing.opening import choose as choose
    from wiretalk.transport.probing.opening import open_prober as open_prober
    from wiretalk.transport.probing.reverse import name_of as name_of

_HOMES = {
    "News": "news",
    "Prober": "news",
    "choose": "opening",
    "name_of": "reverse",
    "open_prober": "opening",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
