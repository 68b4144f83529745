"""Small pieces from one stream socket to another: one `recv` and one `send` a wake-up.

A relay's pings and answers come this way, so what it calls is written out, and its twin in C (src/speedups/passing.c)
serves where the accelerator does. What is to be done where it goes otherwise is decided in `splicing`.
"""

from __future__ import annotations

from errno import EAGAIN, EINTR, EWOULDBLOCK
from socket import SO_ERROR, SOL_SOCKET

from wiretalk.limits import READ_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

WOULD_WAIT = frozenset({EAGAIN, EINTR, EWOULDBLOCK})


def pass_on(source: socket.socket, target: socket.socket, /) -> int | tuple[bytes, int, int, int, int]:
    """Read once from a socket, and send what came to another.

    Args:
        source, target: connected, non-blocking stream sockets.

    Returns:
        How many bytes were passed on, with nothing left to do; 0 where there was nothing to read. Else a tuple of
        what was read (empty at the end of input), how many bytes of it were sent, and three error numbers or 0: why
        nothing could be read, why nothing can be sent, and what waits behind what was read (see
        `Crossing._look_behind`).
    """
    try:
        data = source.recv(READ_BYTES)
    except OSError as error:
        return 0 if error.errno in WOULD_WAIT else (b"", 0, error.errno or 0, 0, 0)
    if not data:
        return (b"", 0, 0, 0, 0)
    sent = failed = 0
    try:
        sent = target.send(data)
    except OSError as error:
        failed = 0 if error.errno in WOULD_WAIT else error.errno or 0
    behind = source.getsockopt(SOL_SOCKET, SO_ERROR)
    if sent == len(data) and not behind:
        return sent
    return (data, sent, 0, failed, behind)
