"""discard: everything is taken, nothing is answered.

Source: RFC 863.
"""

from __future__ import annotations

from wiretalk.service.base import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def discard(message: Any) -> None:
    """Return nothing."""


def make() -> Service:
    """Make the service."""
    return Service("discard", reply=discard)
