"""Which module opens which scheme: the room's one table, and the loading on first use. No socket is touched here.

Each module of the table has the functions that `Family` lists.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Protocol

    from wiretalk.address import Address
    from wiretalk.transport.candidate import Candidate
    from wiretalk.transport.listener import Listener

    class Family(Protocol):
        """What a module of the table offers."""

        def candidates(self, address: Address, *, passive: bool) -> list[Candidate]:
            """Return what the address stands for, in the order to try."""
            ...

        def open_socket(self, candidate: Candidate) -> socket.socket:
            """Return a socket that can be connected: options set, bound where the address says so."""
            ...

        def listen(self, address: Address) -> list[Listener]:
            """Bind, and listen where the scheme has connections."""
            ...


FAMILIES = {
    "tcp": "tcp",
    "tcp4": "tcp",
    "tcp6": "tcp",
    "tls": "tcp",
    "ws": "tcp",
    "wss": "tcp",
    "udp": "udp",
    "udp4": "udp",
    "udp6": "udp",
    "icmp": "icmp",
    "raw": "raw",
    "unix": "unix",
    "unixgram": "unix",
    "unixpacket": "unix",
    "vsock": "vsock",
    "serial": "serial",
    "exec": "exec",
    "pty": "pty",
    "stdio": "stdio",
    "file": "file",
}
"""Scheme to the module, in this room, that opens it."""


def family_of(address: Address) -> Family:
    """Load and return the module that opens this address."""
    from importlib import import_module

    family: Family = import_module(f"wiretalk.transport.{FAMILIES[address.scheme]}")
    return family
