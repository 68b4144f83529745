"""Addresses: one text that names any end of any conversation, and the record it becomes.

`parse` reads the text, `str` writes it back, `SCHEMES` and `OPTIONS` are the tables. Pure: nothing here looks
up a name, opens anything, or knows how a scheme is opened.
"""

from __future__ import annotations

from wiretalk.address.address import Address
from wiretalk.address.grammar import parse
from wiretalk.address.schemes import SCHEMES, Scheme

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.options import OPTIONS, Option

__all__ = ["OPTIONS", "SCHEMES", "Address", "Option", "Scheme", "parse"]


def __getattr__(name: str) -> object:
    # The table of options is large, and most addresses have none.
    if name in {"OPTIONS", "Option"}:
        from wiretalk.address import options

        return getattr(options, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
