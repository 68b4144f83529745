"""echo: each message goes back to who sent it. On a byte stream that is every byte; on datagrams, every datagram.

Source: RFC 862.
"""

from __future__ import annotations

from wiretalk.service.base import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def echo(message: Any) -> Any:
    """Return the message."""
    return message


def make() -> Service:
    """Make the service."""
    return Service("echo", reply=echo)
