"""Control: relays and their faults are looked at and changed while they run, by HTTP, in the API of toxiproxy.

- `exchange` is HTTP itself, sans-IO; `session` has it over a connection, within limits of time.
- `routes` is the table of what can be asked for; `messages`, what is asked and answered.
- `proxies` are all that is controlled, by name: relays (`relayed`) and whatever else has faults (`faulty`).
- `toxics` are faults in toxiproxy's words, and `places` addresses.
- `control` is the whole, and who may come to it; `client` is the other side.

Names only; every name is loaded on first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.control.client import Client as Client
    from wiretalk.control.control import Control as Control
    from wiretalk.control.faulty import Faulty as Faulty
    from wiretalk.control.proxies import Proxies as Proxies
    from wiretalk.control.relayed import RelayProxy as RelayProxy

_HOMES = {
    "Client": "client",
    "Control": "control",
    "Faulty": "faulty",
    "Proxies": "proxies",
    "RelayProxy": "relayed",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
