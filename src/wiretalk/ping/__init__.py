"""Asking a host again and again whether it answers, and how fast; and which way leads there. Nothing here prints.

Names only; every name is loaded on first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.ping.histogram import Histogram as Histogram
    from wiretalk.ping.hops import Hop as Hop
    from wiretalk.ping.ledger import Ledger as Ledger
    from wiretalk.ping.ledger import Outcome as Outcome
    from wiretalk.ping.pinging import Pinging as Pinging
    from wiretalk.ping.plan import Plan as Plan
    from wiretalk.ping.plan import TracePlan as TracePlan
    from wiretalk.ping.tracing import Tracing as Tracing
    from wiretalk.ping.waiting import Stop as Stop

_HOMES = {
    "Histogram": "histogram",
    "Hop": "hops",
    "Ledger": "ledger",
    "Outcome": "ledger",
    "Pinging": "pinging",
    "Plan": "plan",
    "Stop": "waiting",
    "TracePlan": "plan",
    "Tracing": "tracing",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
