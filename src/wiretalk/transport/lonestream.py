"""A stream transport over what is more than a socket, or less: programs, terminals, serial lines, files.

Their own `recv` and `send` know things that the system does not tell by the descriptor alone (how a program ended), so
they are called as methods, not as system calls on the descriptor, as the accelerator does.
"""

from __future__ import annotations

from wiretalk.transport import crossing
from wiretalk.transport.stream import StreamTransport


class LoneTransport(StreamTransport):
    """Carry the bytes of one connected thing that has a socket's methods."""

    __slots__ = ()

    _readable = crossing.Crossing._readable  # the accelerator's twin, in Python
    _look_behind = crossing.Crossing._look_behind  # as above
    write = crossing.Crossing.write
