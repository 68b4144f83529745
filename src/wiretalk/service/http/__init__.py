"""http: a directory over HTTP/1.1.

- `exchange` is HTTP itself, sans-IO; `messages`, what is asked and answered; `session` has them over a connection.
- `target` reads what a request names, `beneath` opens it, and nothing outside the directory.
- `conditions`, `ranges`, `contenttypes` and `gzipped` say what of a file is sent, and how; `listing` shows a directory.
- `getting` and `putting` are what can be done; `permits`, who may.
- `service` is the whole.

Names only; every name is loaded on first use, since others need `exchange` alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.service.http.service import HttpService as HttpService
    from wiretalk.service.http.service import make as make

__all__ = ["HttpService", "make"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from wiretalk.service.http import service

    value = globals()[name] = getattr(service, name)
    return value
